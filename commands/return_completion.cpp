#include "commands/return_completion.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/money.h"
#include "commands/sale.h"
#include "commands/sale_return.h"
#include "commands/shift.h"
#include "commands/shift_sales.h"
#include "commands/stock_move.h"
#include "commands/store.h"
#include "commands/tender_correction.h"
#include "commands/terminal.h"

namespace till {
namespace {

using schema::ReturnState;
using schema::SaleCompleted;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kUnlinkedReturns = kind_of(schema::UNLINKED_RETURNS);

// The return's sale, terminal, goods and customer are not in the command: the engine loads them when decide() looks.
void needs_complete(const schema::CompleteReturn& command, std::vector<EntityRef>& out) {
  need_return(command.return_id(), out);
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
}

ReceiptHead head_of(const schema::CompleteReturn& command, const ReturnState& started) {
  return {started.store_id(), started.terminal_id(), command.terminal_seq(), command.occurred_at_us(),
          command.shift_id(), command.session_id(),  command.employee_id()};
}

void write_completed(const ReturnState& started, std::string_view exchange_sale_id, schema::ReturnCompleted& fact) {
  fact.set_return_id(started.return_id());
  fact.set_source_sale_id(started.source_sale_id());
  fact.set_exchange_sale_id(std::string(exchange_sale_id));
  for (const ReturnState::Line& line : started.lines()) {
    schema::ReturnHandling& handling = *fact.add_handling();
    handling.set_source_line_id(line.source_line_id());
    handling.set_reason(line.reason());
    handling.set_disposition(line.disposition());
    handling.set_over_e5(line.over_e5());
  }
}

Refusal take_goods(const Deciding& deciding, const schema::ReturnCompleted& fact, Acceptance& accepted) {
  for (int i = 0; i < fact.receipt().lines_size(); ++i) {
    const SaleCompleted::Line& line = fact.receipt().lines(i);
    if (auto refusal = return_stock(deciding, fact.receipt().store_id(), line.sku(), line.quantity_e5(),
                                    fact.handling(i).disposition(), fact.return_id(), "/return_id", accepted)) {
      return refusal;
    }
  }
  return std::nullopt;
}

// P4: somebody has to permit it, but what was paid over the counter while the till was away is gone. What an account
// gets it gets by this decision alone.
Refusal permit_crossing(const Deciding& deciding, const SaleCompleted& receipt, Acceptance& accepted) {
  Refusal refusal = authorize(deciding, receipt.session_id(), schema::REFUND_CROSS_TENDER,
                              Micros(receipt.occurred_at_us()), accepted, receipt.store_id());
  return pays_accounts(receipt) ? refusal : or_note(deciding, std::move(refusal));
}

// What the source sale's ledger says beside the goods: which tenders, which points.
Refusal close_linked(const Deciding& deciding, const ReturnState& started, const SaleCompleted& receipt,
                     Acceptance& accepted) {
  const auto* state = deciding.books.get<schema::SaleState>(kSale, started.source_sale_id());
  const schema::SaleReturnsState* const ledger = sale_returns(deciding.books, started.source_sale_id());
  if (state == nullptr || ledger == nullptr) {
    return reject(schema::SOURCE_SALE_NOT_FOUND, "No sale " + started.source_sale_id(), "/return_id");
  }
  const SaleCompleted sale = with_corrections(*state, sale_of(*state, deciding));
  if (crosses_tenders(receipt, sale, *ledger)) {
    if (auto refusal = permit_crossing(deciding, receipt, accepted)) return refusal;
  }
  auto& moved = *add_event(accepted, deciding, schema::SALE_RETURNS, started.source_sale_id(),
                           schema::Event::kSaleReturnCompleted)
                     .mutable_sale_return_completed();
  moved = started.taken();
  sum_refunds(receipt, moved);
  return take_points_back(deciding, receipt, moved, sale, *ledger, accepted);
}

// What a customer gets back without a receipt is bounded a day; what was given while the till was away is noted.
Refusal close_unlinked(const Deciding& deciding, const schema::StorePolicy& policy, const SaleCompleted& receipt,
                       Acceptance& accepted) {
  const schema::Money& limit = policy.unlinked_return_limit();
  if (!policy.has_unlinked_return_limit() || limit.currency() != receipt.currency()) return std::nullopt;
  if (receipt.customer_id().empty()) {
    return or_note(deciding, reject(schema::CUSTOMER_REQUIRED,
                                    "What comes back without a receipt is counted by customer", "/return_id"));
  }
  const auto* day = deciding.books.get<schema::UnlinkedReturnsState>(kUnlinkedReturns, receipt.customer_id());
  const bool same_day = day != nullptr && day->business_date() == receipt.business_date() &&
                        day->amount().currency() == receipt.currency();
  if (Wide(same_day ? day->amount().amount() : 0) + receipt.total() > limit.amount()) {
    Rejection above = reject(
        schema::UNLINKED_LIMIT,
        "Without a receipt a customer gets at most " + std::to_string(limit.amount()) + " back a day", "/return_id");
    if (auto refusal = or_note(deciding, std::move(above))) return refusal;
  }
  auto& booked = *add_event(accepted, deciding, schema::UNLINKED_RETURNS, receipt.customer_id(),
                            schema::Event::kUnlinkedReturnBooked)
                      .mutable_unlinked_return_booked();
  booked.set_customer_id(receipt.customer_id());
  booked.set_return_id(receipt.sale_id());
  booked.set_business_date(receipt.business_date());
  booked.set_currency(receipt.currency());
  booked.set_amount(receipt.total());
  return std::nullopt;
}

Refusal check_total(const SaleCompleted& receipt, const ReturnCompletion& completion) {
  const schema::Money& expected = completion.expected_total;
  if (expected.amount() == receipt.total() && expected.currency() == receipt.currency()) return std::nullopt;
  return reject(schema::TOTAL_MISMATCH,
                "The goods are worth " + std::to_string(receipt.total()) + " " + receipt.currency(),
                std::string(completion.total_pointer));
}

// The status of the return, where it is not to be completed.
std::optional<Decision> decide_ended(const schema::CompleteReturn& command, const ReturnState& known,
                                     const Deciding& deciding) {
  if (known.status() == ReturnState::STARTED) return std::nullopt;
  if (known.status() == ReturnState::COMPLETED && same_content(known.end_fingerprint(), deciding)) {
    return AlreadyDone{Position(known.end_position())};
  }
  return reject(schema::RETURN_ALREADY_ENDED, "Return " + command.return_id() + " has ended", "/return_id");
}

Decision decide_complete(const schema::CompleteReturn& command, const Deciding& deciding) {
  const ReturnState* known = nullptr;
  if (auto refusal = find_return(deciding, command.return_id(), known)) return *refusal;
  if (auto ended = decide_ended(command, *known, deciding)) return *std::move(ended);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, known->store_id(), "/return_id", store)) return *refusal;
  if (auto refusal = or_note(deciding, check_terminal(deciding, known->terminal_id(), known->store_id()))) {
    return *refusal;
  }
  const ReceiptHead head = head_of(command, *known);
  const schema::TerminalChain* const chain = terminal_chain(deciding.books, known->terminal_id());
  if (auto refusal = check_sequence(head, chain, deciding)) return *refusal;
  if (auto refusal = check_occurred_at(head.occurred_at_us, deciding)) return *refusal;
  if (auto refusal = or_note(deciding, check_staff(head, store->policy(), deciding))) return *refusal;
  const BusinessTime time = receipt_time(head, *store, chain, deciding);
  Acceptance accepted;
  const ReturnCompletion completion{head, command.refunds(), command.expected_total(), command.cash_rounding()};
  if (auto refusal = complete_return(deciding, *known, *store, time, completion, accepted)) return *refusal;
  take_sequence(head, time, accepted);
  const auto& fact = static_cast<const schema::Event&>(*accepted.events.front().message).return_completed();
  write_return_answer(fact.receipt(), command.return_id(), set_answer(accepted, deciding));
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::complete_return, needs_complete, decide_complete>(Command::kCompleteReturn),
};

}  // namespace

const Aggregate& return_completion_aggregate() {
  static constexpr Aggregate kAggregate{"return_completion", kCommands, {}, {}};
  return kAggregate;
}

Refusal complete_return(const Deciding& deciding, const ReturnState& started, const schema::StoreState& store,
                        const BusinessTime& time, const ReturnCompletion& completion, Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::RETURN, started.return_id(), schema::Event::kReturnCompleted)
                    .mutable_return_completed();
  write_completed(started, completion.exchange_sale_id, fact);
  SaleCompleted& receipt = *fact.mutable_receipt();
  receipt = started.receipt();
  write_head(completion.head, time, deciding, receipt);
  if (auto refusal = check_total(receipt, completion)) return refusal;
  if (completion.exchanged > 0) {
    SaleCompleted::Payment& tender = *receipt.add_tenders();
    tender.set_type(schema::Tender::EXCHANGE);
    tender.set_amount(completion.exchanged);
    tender.set_reference(std::string(completion.exchange_sale_id));
  }
  if (auto refusal =
          take_refunds(completion.refunds, completion.cash_rounding, store.policy().cash_rounding(), receipt)) {
    return refusal;
  }
  if (auto refusal = started.source_sale_id().empty() ? close_unlinked(deciding, store.policy(), receipt, accepted)
                                                      : close_linked(deciding, started, receipt, accepted)) {
    return refusal;
  }
  if (auto refusal = take_goods(deciding, fact, accepted)) return refusal;
  if (auto refusal = pay_refunds(deciding, receipt, started.source_sale_id(), accepted)) return refusal;
  return book_on_shift(
      deciding, receipt,
      started.source_sale_id().empty() ? schema::ShiftSaleBooked::UNLINKED_RETURN : schema::ShiftSaleBooked::RETURN,
      accepted);
}

}  // namespace till
