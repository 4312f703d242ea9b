#include "tests/simulation/auditor.h"

#include <openssl/sha.h>

#include "schemas/events.pb.h"
#include "schemas/record.pb.h"

namespace till::simulation {
namespace {

constexpr std::size_t kPrefixBytes = 33;  // format byte and chain value before the record
constexpr std::int64_t kUnitE5 = 100'000;

std::string digest(std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

}  // namespace

void Auditor::fault(std::string what) {
  faults_.push_back("position " + std::to_string(at_.value()) + ": " + std::move(what));
}

std::vector<std::string> Auditor::audit(const Log& log, const std::deque<Entry>& journal) {
  *this = Auditor();
  std::string chain = digest("till log" + std::string(as_bytes(log.id())));
  const auto cursor = log.cursor(Position(1));
  while (cursor->next()) {
    if (cursor->position() != at_.next()) fault("a gap before the next record");
    at_ = cursor->position();
    const std::string_view stored = cursor->bytes();
    chain = digest(chain + digest(stored.substr(kPrefixBytes)));
    if (stored.substr(1, chain.size()) != chain) fault("the chain is broken");
    take(stored);
  }
  for (const Entry& entry : journal) check_entry(entry);
  return std::move(faults_);
}

void Auditor::take(std::string_view stored) {
  schema::Record record;
  const std::string bytes(stored.substr(kPrefixBytes));
  if (!record.ParseFromString(bytes)) return fault("the record does not parse");
  if (record.position() != at_.value()) fault("the record names another position");
  if (record.tenant().empty()) return;
  if (record.tenant_seq() != ++tenant_seq_) fault("the tenant's sequence has a gap");
  if (tenant_seq_ > 1 && record.prev_tenant_hash() != expected_prev_hash_) fault("the tenant's chain is broken");
  expected_prev_hash_ = digest(bytes);
  if (!by_key_.try_emplace(record.command_id(), at_, record.answer()).second) fault("a key was accepted twice");
  if (!record.terminal().empty()) {
    std::vector<Change>& used = sequences_[record.terminal()];
    const std::int64_t last = used.empty() ? 0 : used.back().value;
    if (static_cast<std::int64_t>(record.terminal_seq()) != last + 1) fault("a terminal's sequence has a gap");
    used.push_back({at_, last + 1});
  }
  for (const schema::RecordedEvent& recorded : record.events()) {
    schema::Event event;
    if (!event.ParseFromString(recorded.payload())) return fault("an event does not parse");
    take_event(event, recorded.stream_id());
  }
}

void Auditor::take_event(const schema::Event& event, const std::string& stream) {
  const bool may_be_negative = !stream.starts_with(store_name(0) + "/");
  if (event.has_stock_issued()) {
    move_stock(stream, -event.stock_issued().quantity_e5(), event.stock_issued().on_hand_after_e5(), may_be_negative);
  } else if (event.has_stock_restored()) {
    move_stock(stream, event.stock_restored().quantity_e5(), event.stock_restored().on_hand_after_e5(), true);
  } else if (event.has_stock_received()) {
    move_stock(stream, event.stock_received().quantity_e5(), event.stock_received().on_hand_after_e5(), true);
  } else if (event.has_stock_adjusted()) {
    move_stock(stream, event.stock_adjusted().delta_e5(), event.stock_adjusted().on_hand_after_e5(), may_be_negative);
  } else if (event.has_sale_completed()) {
    take_sale(event.sale_completed());
  } else if (event.has_sale_voided()) {
    if (!voids_.try_emplace(event.sale_voided().sale_id(), at_).second) fault("a sale was voided twice");
    if (!sales_.contains(event.sale_voided().sale_id())) fault("a sale was voided that is not there");
    --sums_.sales;
    sums_.net -= event.sale_voided().original().net();
  }
}

void Auditor::take_sale(const schema::SaleCompleted& sale) {
  if (!sales_.try_emplace(sale.sale_id(), at_).second) fault("a sale was recorded twice");
  std::int64_t gross = 0;
  for (const auto& line : sale.lines()) gross += line.quantity_e5() / kUnitE5 * (line.unit_price_e4() / 100);
  std::int64_t paid = -sale.change();
  for (const auto& tender : sale.tenders()) paid += tender.amount();
  if (gross != sale.net()) fault("the lines do not make the net");
  if (paid != sale.total()) fault("what was paid is not the total");
  ++sums_.sales;
  sums_.net += sale.net();
}

void Auditor::move_stock(const std::string& item, std::int64_t delta_e5, std::int64_t after_e5, bool may_be_negative) {
  std::int64_t& on_hand = sums_.on_hand_e5[item];
  on_hand += delta_e5;
  if (on_hand != after_e5) fault("stock of " + item + " is said to be another than its moves make");
  if (on_hand < 0 && delta_e5 < 0 && !may_be_negative) fault("stock of " + item + " was oversold");
  stock_[item].push_back({at_, on_hand});
}

template <class Wanted>
bool Auditor::once(const History& history, const std::string& name, Position from, Position to, const Wanted& wanted) {
  const auto found = history.find(name);
  std::int64_t value = 0;
  if (found != history.end()) {
    for (const Change& change : found->second) {
      if (change.at > to) break;
      if (change.at > from && wanted(value)) return true;
      value = change.value;
    }
  }
  return wanted(value);
}

void Auditor::check_entry(const Entry& entry) {
  for (const Entry::Told& told : entry.told) {
    const Outcome& outcome = told.outcome;
    if (outcome.kind == OutcomeKind::kAccepted || outcome.kind == OutcomeKind::kReplayed) {
      check_accepted(entry, outcome);
    } else if (outcome.kind == OutcomeKind::kKeyReused) {
      fault(entry.key + " was called another request's");
    } else if (!explains(entry, told)) {
      fault(entry.key + ": " + std::string(outcome.rejection.code) + " has no ground in the log");
    }
  }
}

void Auditor::check_accepted(const Entry& entry, const Outcome& outcome) {
  const auto found = by_key_.find(entry.key);
  const auto voided = voids_.find(entry.command.void_sale().sale_id());
  // The same void under another key is answered with the first one.
  const bool same_void = voided != voids_.end() && voided->second == outcome.position;
  if (found == by_key_.end() && same_void && outcome.kind == OutcomeKind::kReplayed) return;
  if (found == by_key_.end()) {
    fault(entry.key + " was accepted, and is not in the log");
  } else if (found->second.first != outcome.position) {
    fault(entry.key + " was accepted at another position than it has");
  } else if (outcome.kind == OutcomeKind::kAccepted && found->second.second != outcome.answer) {
    fault(entry.key + " was answered otherwise than its record says");
  }
}

bool Auditor::stock_was_short(const schema::RingUpSale& sale, Position from, Position to) const {
  std::map<std::string, std::int64_t> wanted;
  for (const auto& line : sale.lines()) wanted[sale.store_id() + "/" + line.sku()] += line.quantity_e5();
  for (const auto& [item, quantity] : wanted) {
    if (once(stock_, item, from, to, [&](std::int64_t on_hand) { return on_hand < quantity; })) return true;
  }
  return false;
}

// A rejection is right if its ground existed at some head on which it may have been decided.
bool Auditor::explains(const Entry& entry, const Entry::Told& told) const {
  const std::string_view code = told.outcome.rejection.code;
  const Position from = told.asked_at, to = told.known_at;
  if (entry.command.has_ring_up_sale()) {
    const schema::RingUpSale& sale = entry.command.ring_up_sale();
    const auto sequence = static_cast<std::int64_t>(sale.terminal_seq());
    if (code == "INSUFFICIENT_STOCK") return stock_was_short(sale, from, to);
    if (code == "TERMINAL_SEQUENCE_GAP") {
      return once(sequences_, sale.terminal_id(), from, to, [&](std::int64_t last) { return last + 1 < sequence; });
    }
    if (code == "TERMINAL_SEQUENCE_FORK") {
      return once(sequences_, sale.terminal_id(), from, to, [&](std::int64_t last) { return last >= sequence; });
    }
  }
  if (entry.command.has_adjust_stock() && code == "INSUFFICIENT_STOCK") {
    const schema::AdjustStock& wish = entry.command.adjust_stock();
    return once(stock_, wish.store_id() + "/" + wish.sku(), from, to,
                [&](std::int64_t on_hand) { return on_hand + wish.delta_e5() < 0; });
  }
  if (entry.command.has_void_sale() && code == "SALE_ALREADY_VOIDED") {
    const auto found = voids_.find(entry.command.void_sale().sale_id());
    return found != voids_.end() && found->second <= to;
  }
  return false;
}

}  // namespace till::simulation
