#include "commands/receipt.h"

#include <algorithm>
#include <utility>

#include "commands/authority.h"
#include "commands/store.h"

namespace till {
namespace {

constexpr EntityKind kTerminalChain = kind_of(schema::TERMINAL_CHAIN);

// How far a till's clock may run ahead of the server's.
constexpr std::int64_t kAheadMostUs = 24LL * 3'600 * 1'000'000;

// Numbers that an offline receipt may leave open before its own.
constexpr std::uint64_t kNumbersOpenMost = 10'000;

}  // namespace

const schema::TerminalChain* terminal_chain(BooksReader& books, const std::string& terminal_id) {
  return books.get<schema::TerminalChain>(kTerminalChain, terminal_id);
}

std::uint64_t last_sequence(const schema::TerminalChain* chain) {
  return chain == nullptr ? 0 : chain->seq();
}

Rejection reject_fork(const std::string& terminal_id, std::uint64_t last) {
  return reject(schema::TERMINAL_SEQUENCE_FORK,
                "Terminal " + terminal_id + " has used its sequence up to " + std::to_string(last), "/terminal_seq");
}

Refusal check_sequence(const ReceiptHead& head, const schema::TerminalChain* chain, const Deciding& deciding) {
  const std::uint64_t last = last_sequence(chain);
  if (head.terminal_seq <= last) return reject_fork(head.terminal_id, last);
  if (head.terminal_seq == last + 1) return std::nullopt;
  Rejection gap =
      reject(schema::TERMINAL_SEQUENCE_GAP,
             "Terminal " + head.terminal_id + " continues with " + std::to_string(last + 1), "/terminal_seq");
  gap.expected = last + 1;
  // So many open at once are a fault.
  if (head.terminal_seq - last > kNumbersOpenMost) return gap;
  return or_note(deciding, std::move(gap));
}

Refusal check_occurred_at(std::int64_t occurred_at_us, const Deciding& deciding) {
  if (occurred_at_us < 0) {
    return reject(schema::VALIDATION_FAILED, "A receipt lies after 1970", "/occurred_at");
  }
  if (occurred_at_us <= deciding.context.recorded_at.value() + kAheadMostUs) return std::nullopt;
  return reject(schema::OCCURRED_IN_FUTURE, "A receipt lies at most 24 hours ahead of the server", "/occurred_at");
}

Micros moment_of(std::int64_t occurred_at_us, const Deciding& deciding) {
  return deciding.offline() && occurred_at_us != 0 ? Micros(occurred_at_us) : deciding.context.recorded_at;
}

Refusal check_staff(const ReceiptHead& head, const schema::StorePolicy& policy, const Deciding& deciding) {
  if (head.shift_id.empty() && policy.require_shift()) {
    return reject(schema::SHIFT_REQUIRED, "Store " + head.store_id + " sells within a shift", "/shift_id");
  }
  if (head.session_id.empty()) {
    if (!policy.require_session()) return std::nullopt;
    return reject(schema::SESSION_REQUIRED, "Store " + head.store_id + " sells within a session", "/session_id");
  }
  return check_session(deciding, head.session_id, Micros(head.occurred_at_us));
}

BusinessTime receipt_time(const ReceiptHead& head, const schema::StoreState& store, const schema::TerminalChain* chain,
                          const Deciding& deciding) {
  BusinessTime time = business_time_of(store, Micros(head.occurred_at_us), deciding.zones);
  if (chain != nullptr) time.business_date = std::max(time.business_date, chain->business_date());
  return time;
}

void write_head(const ReceiptHead& head, const BusinessTime& time, const Deciding& deciding,
                schema::SaleCompleted& receipt) {
  receipt.set_store_id(head.store_id);
  receipt.set_terminal_id(head.terminal_id);
  receipt.set_terminal_seq(head.terminal_seq);
  receipt.set_occurred_at_us(head.occurred_at_us);
  receipt.set_business_date(time.business_date);
  receipt.set_local_hour(time.local_hour);
  receipt.set_employee_id(head.employee_id.empty() ? std::string(employee_of(deciding, head.session_id))
                                                   : head.employee_id);
  receipt.set_shift_id(head.shift_id);
  receipt.set_session_id(head.session_id);
}

void take_sequence(const ReceiptHead& head, const BusinessTime& time, Acceptance& accepted) {
  accepted.terminal = head.terminal_id;
  accepted.terminal_seq = head.terminal_seq;
  accepted.occurred_at_us = head.occurred_at_us;
  accepted.business_date = time.business_date;
}

}  // namespace till
