#include "commands/sale_return.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/money.h"
#include "commands/rows.h"
#include "commands/sale.h"
#include "commands/store.h"
#include "commands/terminal.h"

namespace till {
namespace {

using schema::Disposition;
using schema::ReturnState;
using schema::SaleCompleted;
using schema::SaleReturnsState;

constexpr EntityKind kReturn = kind_of(schema::RETURN);
constexpr EntityKind kSaleReturns = kind_of(schema::SALE_RETURNS);
constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

void needs_start(const schema::StartReturn& command, std::vector<EntityRef>& out) {
  need_return(command.return_id(), out);
  need_returns(command.sale_id(), out);
  out.push_back({kSale, command.sale_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  need_session(command.session_id(), out);
}

void needs_cancel(const schema::CancelReturn& command, std::vector<EntityRef>& out) {
  need_return(command.return_id(), out);
}

// R2: counted in business days, by the rule of the store that takes the goods.
Refusal check_window(const ReturnRequest& request, const SaleCompleted& sale, const schema::StoreState& store,
                     const Deciding& deciding) {
  const std::uint32_t days = store.policy().return_window_days();
  if (days == 0) return std::nullopt;
  const BusinessTime back = business_time_of(store, request.at, deciding.zones);
  if (civil_days(back.business_date) - civil_days(sale.business_date()) <= days) return std::nullopt;
  return reject(schema::RETURN_WINDOW_CLOSED, "Goods are taken back for " + std::to_string(days) + " days",
                std::string(request.sale_pointer));
}

// R3
Refusal check_returnable(const SaleCompleted& receipt, std::string_view list, BooksReader& books) {
  for (int i = 0; i < receipt.lines_size(); ++i) {
    const std::string& sku = receipt.lines(i).sku();
    const auto* product = books.get<schema::ProductState>(kProduct, sku);
    if (product == nullptr || !product->product().final_sale()) continue;
    return reject(schema::NOT_RETURNABLE, "Sales of " + sku + " are final",
                  item_pointer(list, static_cast<std::size_t>(i), "line_id"));
  }
  return std::nullopt;
}

Decision decide_start(const schema::StartReturn& command, const Deciding& deciding) {
  if (auto known = decide_started(deciding, command.return_id())) return *std::move(known);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *refusal;
  if (auto refusal = or_note(deciding, check_terminal(deciding, command.terminal_id(), command.store_id()))) {
    return *refusal;
  }
  if (auto refusal = check_occurred_at(command.occurred_at_us(), deciding)) return *refusal;
  const ReturnRequest request{
      command.return_id(), command.sale_id(), command.store_id(), command.terminal_id(),
      command.lines(),     "lines",           "/sale_id",         moment_of(command.occurred_at_us(), deciding)};
  if (!command.session_id().empty()) {
    if (auto refusal = or_note(deciding, check_session(deciding, command.session_id(), request.at))) return *refusal;
  }
  Acceptance accepted;
  if (auto refusal = start_return(deciding, request, *store, accepted)) return *refusal;
  set_business_date(accepted, deciding, *store);
  const auto& started = static_cast<const schema::Event&>(*accepted.events.front().message).return_started();
  write_return_answer(started.receipt(), command.return_id(), set_answer(accepted, deciding));
  return accepted;
}

Decision decide_cancel(const schema::CancelReturn& command, const Deciding& deciding) {
  const ReturnState* known = nullptr;
  if (auto refusal = find_return(deciding, command.return_id(), known)) return *refusal;
  if (known->status() == ReturnState::CANCELLED && same_content(known->end_fingerprint(), deciding)) {
    return AlreadyDone{Position(known->end_position())};
  }
  if (known->status() != ReturnState::STARTED) {
    return reject(schema::RETURN_ALREADY_ENDED, "Return " + command.return_id() + " has ended", "/return_id");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::RETURN, command.return_id(), schema::Event::kReturnCancelled)
                    .mutable_return_cancelled();
  fact.set_return_id(command.return_id());
  fact.set_source_sale_id(known->source_sale_id());
  if (!known->source_sale_id().empty()) {
    auto& released = *add_event(accepted, deciding, schema::SALE_RETURNS, known->source_sale_id(),
                                schema::Event::kSaleReturnReleased)
                          .mutable_sale_return_released();
    released = known->taken();
  }
  const auto* store = deciding.books.get<schema::StoreState>(kStore, known->store_id());
  if (store != nullptr) set_business_date(accepted, deciding, *store);
  set_answer(accepted, deciding).set_return_id(command.return_id());
  return accepted;
}

void show_lines(ReturnState& state, const SaleCompleted& receipt,
                const google::protobuf::RepeatedPtrField<schema::ReturnHandling>& handling) {
  const std::string& currency = receipt.currency();
  for (int i = 0; i < receipt.lines_size(); ++i) {
    const SaleCompleted::Line& line = receipt.lines(i);
    ReturnState::Line& shown = *state.add_lines();
    shown.set_line_id(line.line_id());
    shown.set_source_line_id(handling[i].source_line_id());
    shown.set_sku(line.sku());
    shown.set_quantity_e5(line.quantity_e5());
    set_money(*shown.mutable_net(), line.net(), currency);
    set_money(*shown.mutable_tax(), line.tax(), currency);
    shown.set_reason(handling[i].reason());
    shown.set_disposition(handling[i].disposition());
    shown.set_over_e5(handling[i].over_e5());
  }
  set_money(*state.mutable_net(), receipt.net(), currency);
  set_money(*state.mutable_tax(), receipt.tax(), currency);
  set_money(*state.mutable_total(), receipt.total(), currency);
}

void evolve_started(ReturnState& state, const schema::ReturnStarted& fact, const schema::Record& record) {
  state.set_return_id(fact.return_id());
  state.set_source_sale_id(fact.source_sale_id());
  state.set_status(ReturnState::STARTED);
  state.set_store_id(fact.receipt().store_id());
  state.set_terminal_id(fact.receipt().terminal_id());
  state.set_customer_id(fact.receipt().customer_id());
  show_lines(state, fact.receipt(), fact.handling());
  *state.mutable_receipt() = fact.receipt();
  *state.mutable_taken() = fact.taken();
  state.set_position(record.position());
  state.set_fingerprint(record.fingerprint());
}

void note_end(ReturnState& state, ReturnState::Status status, const schema::Record& record) {
  state.set_status(status);
  state.set_end_position(record.position());
  state.set_end_fingerprint(record.fingerprint());
}

void evolve_cancelled(ReturnState& state, const schema::ReturnCancelled&, const schema::Record& record) {
  note_end(state, ReturnState::CANCELLED, record);
}

void evolve_completed_return(ReturnState& state, const schema::ReturnCompleted& fact, const schema::Record& record) {
  note_end(state, ReturnState::COMPLETED, record);
  *state.mutable_receipt() = fact.receipt();
  state.set_exchange_sale_id(fact.exchange_sale_id());
  state.clear_taken();
}

void evolve_inspected(ReturnState& state, const schema::ReturnInspected& fact, const schema::Record&) {
  for (auto& line : *state.mutable_lines()) {
    if (line.line_id() == fact.line_id()) line.set_inspected_e5(line.inspected_e5() + fact.quantity_e5());
  }
}

void evolve_reserved(SaleReturnsState& state, const schema::SaleReturnMoved& fact, const schema::Record&) {
  add_taken(state, fact, 1);
}

void evolve_released(SaleReturnsState& state, const schema::SaleReturnMoved& fact, const schema::Record&) {
  add_taken(state, fact, -1);
}

// What tills gave back while they were away no limit has stopped: sums stop far beyond all that is real.
std::int64_t bounded_sum(std::int64_t sum, std::int64_t more) {
  constexpr std::int64_t kSumMost = 1'000 * kAmountMost;
  return static_cast<std::int64_t>(std::min<Wide>(Wide(sum) + more, kSumMost));
}

void evolve_final(SaleReturnsState& state, const schema::SaleReturnMoved& fact, const schema::Record&) {
  for (const auto& moved : fact.lines()) {
    state.set_returned_net(state.returned_net() + moved.net());
    for (auto& line : *state.mutable_lines()) {
      if (line.taken().line_no() != moved.line_no()) continue;
      line.set_returned_e5(line.returned_e5() + moved.quantity_e5());
    }
  }
  for (const auto& refund : fact.refunds()) {
    schema::SaleReturnMoved::Payment& sum =
        find_or_add(*state.mutable_refunds(), [&](const auto& row) { return row.type() == refund.type(); });
    sum.set_type(refund.type());
    sum.set_amount(bounded_sum(sum.amount(), refund.amount()));
  }
}

void evolve_unlinked(schema::UnlinkedReturnsState& state, const schema::UnlinkedReturnBooked& fact,
                     const schema::Record&) {
  // What a till did yesterday and tells today leaves today's limit alone.
  if (fact.business_date() < state.business_date()) return;
  const bool same_day = state.business_date() == fact.business_date() && state.amount().currency() == fact.currency();
  set_money(*state.mutable_amount(), bounded_sum(same_day ? state.amount().amount() : 0, fact.amount()),
            fact.currency());
  state.set_business_date(fact.business_date());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::start_return, needs_start, decide_start>(Command::kStartReturn),
    command_rule<&Command::cancel_return, needs_cancel, decide_cancel>(Command::kCancelReturn),
};
constexpr std::array kEvents{
    event_rule<ReturnState, &Event::return_started, evolve_started>(Event::kReturnStarted, schema::RETURN),
    event_rule<ReturnState, &Event::return_completed, evolve_completed_return>(Event::kReturnCompleted, schema::RETURN),
    event_rule<ReturnState, &Event::return_cancelled, evolve_cancelled>(Event::kReturnCancelled, schema::RETURN),
    event_rule<ReturnState, &Event::return_inspected, evolve_inspected>(Event::kReturnInspected, schema::RETURN),
    event_rule<SaleReturnsState, &Event::sale_return_reserved, evolve_reserved>(Event::kSaleReturnReserved,
                                                                                schema::SALE_RETURNS),
    event_rule<SaleReturnsState, &Event::sale_return_released, evolve_released>(Event::kSaleReturnReleased,
                                                                                schema::SALE_RETURNS),
    event_rule<SaleReturnsState, &Event::sale_return_completed, evolve_final>(Event::kSaleReturnCompleted,
                                                                              schema::SALE_RETURNS),
    event_rule<schema::UnlinkedReturnsState, &Event::unlinked_return_booked, evolve_unlinked>(
        Event::kUnlinkedReturnBooked, schema::UNLINKED_RETURNS),
};
constexpr std::array kStates{state_rule<ReturnState>(schema::RETURN),
                             state_rule<SaleReturnsState>(schema::SALE_RETURNS),
                             state_rule<schema::UnlinkedReturnsState>(schema::UNLINKED_RETURNS)};

}  // namespace

const Aggregate& sale_return_aggregate() {
  static constexpr Aggregate kAggregate{"sale_return", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_returns(std::string_view sale_id, std::vector<EntityRef>& out) {
  out.push_back({kSaleReturns, std::string(sale_id)});
}

const SaleReturnsState* sale_returns(BooksReader& books, std::string_view sale_id) {
  return books.get<SaleReturnsState>(kSaleReturns, sale_id);
}

bool has_returns(BooksReader& books, std::string_view sale_id) {
  const SaleReturnsState* const ledger = sale_returns(books, sale_id);
  if (ledger == nullptr) return false;
  // Goods that came back beyond what was left took nothing of the lines.
  return ledger->refunds_size() > 0 ||
         std::ranges::any_of(ledger->lines(), [](const auto& line) { return line.taken().quantity_e5() > 0; });
}

void need_return(std::string_view return_id, std::vector<EntityRef>& out) {
  out.push_back({kReturn, std::string(return_id)});
}

Refusal find_return(const Deciding& deciding, std::string_view return_id, const ReturnState*& found) {
  found = deciding.books.get<ReturnState>(kReturn, return_id);
  if (found == nullptr) {
    return reject(schema::RETURN_NOT_FOUND, "No return " + std::string(return_id), "/return_id");
  }
  const std::string_view bound = deciding.context.bound_terminal;
  if (bound.empty() || bound == found->terminal_id()) return std::nullopt;
  return reject(schema::TERMINAL_NOT_PERMITTED,
                "This key is bound to terminal " + std::string(bound) + ", the return is of another", "/return_id");
}

std::optional<Decision> decide_started(const Deciding& deciding, const std::string& return_id) {
  const auto* known = deciding.books.get<ReturnState>(kReturn, return_id);
  if (known == nullptr) return std::nullopt;
  if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
  return reject(schema::RETURN_ID_REUSED, "Return " + return_id + " was started with other content", "/return_id");
}

Refusal start_return(const Deciding& deciding, const ReturnRequest& request, const schema::StoreState& store,
                     Acceptance& accepted) {
  const auto* state = deciding.books.get<schema::SaleState>(kSale, request.sale_id);
  if (state == nullptr) {
    return reject(schema::SOURCE_SALE_NOT_FOUND, "No sale " + request.sale_id, std::string(request.sale_pointer));
  }
  if (state->voided()) {
    Rejection voided = reject(schema::SALE_ALREADY_VOIDED, "Sale " + request.sale_id + " is voided",
                              std::string(request.sale_pointer));
    if (auto refusal = or_note(deciding, std::move(voided))) return refusal;
  }
  const SaleCompleted& sale = sale_of(*state, deciding);
  if (auto refusal = or_note(deciding, check_window(request, sale, store, deciding))) return refusal;
  for (int i = 0; i < request.lines.size(); ++i) {
    const schema::ReturnLine& line = request.lines[i];
    if (auto refusal = check_handling(line.reason(), line.disposition(), request.list, static_cast<std::size_t>(i))) {
      return refusal;
    }
  }
  const ReturnSource source{sale, sale_returns(deciding.books, request.sale_id), state->voided()};
  auto& started = *add_event(accepted, deciding, schema::RETURN, request.return_id, schema::Event::kReturnStarted)
                       .mutable_return_started();
  auto& reserved =
      *add_event(accepted, deciding, schema::SALE_RETURNS, request.sale_id, schema::Event::kSaleReturnReserved)
           .mutable_sale_return_reserved();
  if (auto refusal = value_return(deciding, source, request.lines, request.list, started, reserved)) return refusal;
  SaleCompleted& receipt = *started.mutable_receipt();
  if (auto refusal = or_note(deciding, check_returnable(receipt, request.list, deciding.books))) return refusal;
  if (auto refusal = check_return_size(receipt, request.list)) return refusal;
  started.set_return_id(request.return_id);
  started.set_source_sale_id(request.sale_id);
  receipt.set_sale_id(request.return_id);
  receipt.set_store_id(request.store_id);
  receipt.set_terminal_id(request.terminal_id);
  receipt.set_customer_id(sale.customer_id());
  for (int i = 0; i < request.lines.size(); ++i) {
    schema::ReturnHandling& handling = *started.mutable_handling(i);
    handling.set_reason(request.lines[i].reason());
    handling.set_disposition(place_of(request.lines[i].disposition(), Disposition::IN_STOCK));
  }
  reserved.set_sale_id(request.sale_id);
  reserved.set_return_id(request.return_id);
  *started.mutable_taken() = reserved;
  return std::nullopt;
}

Refusal check_return_size(const SaleCompleted& receipt, std::string_view list) {
  if (receipt.ByteSizeLong() <= kReturnBytesMost) return std::nullopt;
  return reject(schema::TRANSACTION_TOO_LARGE,
                "The lines of a return, with their ids and categories, take at most " +
                    std::to_string(kReturnBytesMost) + " bytes; split it",
                "/" + std::string(list));
}

Disposition::Place place_of(Disposition::Place stated, Disposition::Place otherwise) {
  return stated == Disposition::PLACE_UNSPECIFIED ? otherwise : stated;
}

Refusal check_handling(schema::ReturnReason::Value reason, Disposition::Place place, std::string_view list,
                       std::size_t index) {
  if (!schema::ReturnReason::Value_IsValid(reason)) {
    return reject(schema::VALIDATION_FAILED, "Not a reason", item_pointer(list, index, "reason"));
  }
  if (Disposition::Place_IsValid(place)) return std::nullopt;
  return reject(schema::VALIDATION_FAILED, "Not a place for goods", item_pointer(list, index, "disposition"));
}

void write_return_answer(const SaleCompleted& receipt, const std::string& return_id, schema::Answer& answer) {
  answer.set_return_id(return_id);
  if (receipt.business_date() != 0) answer.set_business_date(receipt.business_date());
  set_money(*answer.mutable_net(), receipt.net(), receipt.currency());
  set_money(*answer.mutable_tax(), receipt.tax(), receipt.currency());
  set_money(*answer.mutable_total(), receipt.total(), receipt.currency());
}

}  // namespace till
