#include "commands/drawer.h"

#include <array>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/document.h"
#include "commands/money.h"
#include "commands/shift.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::Command;
using schema::Event;

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kSafe = kind_of(schema::SAFE);
constexpr std::int64_t kSafeMost = 1'000'000'000'000'000'000;

// The commands differ in their direction, their permission and whether the safe is the other side.
template <class Body>
void needs_movement(const char* type, const Body& command, std::vector<EntityRef>& out) {
  need_document(type, command.movement_id(), out);
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
}

void needs_pay_in(const schema::PayIn& command, std::vector<EntityRef>& out) {
  needs_movement("pay_in", command, out);
}

void needs_pay_out(const schema::PayOut& command, std::vector<EntityRef>& out) {
  needs_movement("pay_out", command, out);
}

void needs_loan(const schema::LoanCash& command, std::vector<EntityRef>& out) {
  needs_movement("loan_cash", command, out);
}

void needs_pick_up(const schema::PickUpCash& command, std::vector<EntityRef>& out) {
  needs_movement("pick_up_cash", command, out);
}

void needs_no_sale(const schema::RecordNoSale& command, std::vector<EntityRef>& out) {
  needs_movement("record_no_sale", command, out);
}

void needs_deposit(const schema::DepositCash& command, std::vector<EntityRef>& out) {
  need_document("deposit_cash", command.movement_id(), out);
  out.push_back({kStore, command.store_id()});
  out.push_back({kSafe, command.store_id()});
}

struct Movement {
  const char* type;  // of its document
  Event::EventCase event;
  schema::Permission permission;
  const std::string& shift_id;
  const std::string& movement_id;
  const std::string& session_id;
  const std::string& reason;
  const schema::Money* amount;  // null: the drawer is only opened
  bool out = false;
  bool safe = false;
};

Refusal check_movement(const Movement& movement, const schema::ShiftState& shift) {
  if (auto refusal = check_currency(*movement.amount, shift.expected_cash().currency(), "/amount")) return refusal;
  if (auto refusal = check_amount(*movement.amount, 1, "/amount")) return refusal;
  // Without the figure, which a blind count must not learn.
  if (movement.out && movement.amount->amount() > shift.expected_cash().amount()) {
    return reject(schema::INSUFFICIENT_CASH, "More than the drawer should hold", "/amount");
  }
  const schema::ShiftTotals& totals = shift.totals();
  const Wide moved = Wide(totals.paid_in().amount()) + totals.paid_out().amount() + totals.loans().amount() +
                     totals.pickups().amount() + movement.amount->amount();
  if (moved > kShiftAmountMost || Wide(shift.expected_cash().amount()) + movement.amount->amount() > kShiftAmountMost) {
    return reject(schema::AMOUNT_INVALID, "The sums of a shift are at most 10^18 minor units", "/amount");
  }
  return std::nullopt;
}

Decision decide_movement(const Movement& movement, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, movement.type, movement.movement_id, "/movement_id")) {
    return *std::move(booked);
  }
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, movement.shift_id, shift)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, movement.session_id, movement.permission, deciding.context.recorded_at, accepted)) {
    return *std::move(refusal);
  }
  std::int64_t amount = 0;
  if (movement.amount != nullptr) {
    if (auto refusal = check_movement(movement, *shift)) return *std::move(refusal);
    amount = movement.out ? -movement.amount->amount() : movement.amount->amount();
  }
  auto& event = add_event(accepted, deciding, schema::SHIFT, movement.shift_id, movement.event);
  auto& fact = static_cast<schema::DrawerMoved&>(mutable_body(event, movement.event));
  fact.set_shift_id(movement.shift_id);
  fact.set_store_id(shift->store_id());
  fact.set_terminal_id(shift->terminal_id());
  fact.set_movement_id(movement.movement_id);
  fact.set_employee_id(shift->employee_id());
  fact.set_currency(shift->expected_cash().currency());
  fact.set_amount(amount);
  fact.set_expected_cash_after(shift->expected_cash().amount() + amount);
  fact.set_reason(movement.reason);
  if (movement.safe) {
    if (auto refusal = move_safe(deciding, shift->store_id(), movement.shift_id, movement.movement_id, -amount,
                                 fact.currency(), accepted)) {
      return *std::move(refusal);
    }
  }
  book_document(accepted, deciding, movement.type, movement.movement_id);
  accepted.business_date = shift->business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_shift_id(movement.shift_id);
  answer.set_movement_id(movement.movement_id);
  return accepted;
}

Decision decide_pay_in(const schema::PayIn& command, const Deciding& deciding) {
  return decide_movement({.type = "pay_in",
                          .event = Event::kCashPaidIn,
                          .permission = schema::PAID_IN_OUT,
                          .shift_id = command.shift_id(),
                          .movement_id = command.movement_id(),
                          .session_id = command.session_id(),
                          .reason = command.reason(),
                          .amount = &command.amount()},
                         deciding);
}

Decision decide_pay_out(const schema::PayOut& command, const Deciding& deciding) {
  return decide_movement({.type = "pay_out",
                          .event = Event::kCashPaidOut,
                          .permission = schema::PAID_IN_OUT,
                          .shift_id = command.shift_id(),
                          .movement_id = command.movement_id(),
                          .session_id = command.session_id(),
                          .reason = command.reason(),
                          .amount = &command.amount(),
                          .out = true},
                         deciding);
}

Decision decide_loan(const schema::LoanCash& command, const Deciding& deciding) {
  return decide_movement({.type = "loan_cash",
                          .event = Event::kCashLoaned,
                          .permission = schema::CASH_PICKUP,
                          .shift_id = command.shift_id(),
                          .movement_id = command.movement_id(),
                          .session_id = command.session_id(),
                          .reason = {},
                          .amount = &command.amount(),
                          .safe = true},
                         deciding);
}

Decision decide_pick_up(const schema::PickUpCash& command, const Deciding& deciding) {
  return decide_movement({.type = "pick_up_cash",
                          .event = Event::kCashPickedUp,
                          .permission = schema::CASH_PICKUP,
                          .shift_id = command.shift_id(),
                          .movement_id = command.movement_id(),
                          .session_id = command.session_id(),
                          .reason = {},
                          .amount = &command.amount(),
                          .out = true,
                          .safe = true},
                         deciding);
}

Decision decide_no_sale(const schema::RecordNoSale& command, const Deciding& deciding) {
  return decide_movement({.type = "record_no_sale",
                          .event = Event::kDrawerOpenedNoSale,
                          .permission = schema::NO_SALE,
                          .shift_id = command.shift_id(),
                          .movement_id = command.movement_id(),
                          .session_id = command.session_id(),
                          .reason = command.reason(),
                          .amount = nullptr},
                         deciding);
}

Decision decide_deposit(const schema::DepositCash& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, "deposit_cash", command.movement_id(), "/movement_id")) {
    return *std::move(booked);
  }
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  if (auto refusal = check_amount(command.amount(), 1, "/amount")) return *std::move(refusal);
  const auto* safe = deciding.books.get<schema::SafeState>(kSafe, command.store_id());
  const std::int64_t balance = safe == nullptr ? 0 : safe->balance().amount();
  if (safe != nullptr) {
    if (auto refusal = check_currency(command.amount(), safe->balance().currency(), "/amount")) return *refusal;
  }
  if (command.amount().amount() > balance) {
    return reject(schema::INSUFFICIENT_CASH, "The safe should hold " + std::to_string(balance) + " minor units",
                  "/amount");
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::SAFE, command.store_id(), Event::kCashDeposited).mutable_cash_deposited();
  fact.set_store_id(command.store_id());
  fact.set_movement_id(command.movement_id());
  fact.set_currency(command.amount().currency());
  fact.set_amount(-command.amount().amount());
  fact.set_balance_after(balance - command.amount().amount());
  fact.set_reference(command.reference());
  book_document(accepted, deciding, "deposit_cash", command.movement_id());
  accepted.business_date = business_time_of(*store, deciding.context.recorded_at, deciding.zones).business_date;
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_movement_id(command.movement_id());
  return accepted;
}

schema::ShiftTotals& move_cash(schema::ShiftState& state, const schema::DrawerMoved& fact) {
  state.mutable_expected_cash()->set_amount(fact.expected_cash_after());
  return *state.mutable_totals();
}

void add_money(schema::Money& sum, std::int64_t amount, const std::string& currency) {
  set_money(sum, sum.amount() + amount, currency);
}

void evolve_paid_in(schema::ShiftState& state, const schema::DrawerMoved& fact, const schema::Record&) {
  add_money(*move_cash(state, fact).mutable_paid_in(), fact.amount(), fact.currency());
}

void evolve_paid_out(schema::ShiftState& state, const schema::DrawerMoved& fact, const schema::Record&) {
  add_money(*move_cash(state, fact).mutable_paid_out(), -fact.amount(), fact.currency());
}

void evolve_loaned(schema::ShiftState& state, const schema::DrawerMoved& fact, const schema::Record&) {
  add_money(*move_cash(state, fact).mutable_loans(), fact.amount(), fact.currency());
}

void evolve_picked_up(schema::ShiftState& state, const schema::DrawerMoved& fact, const schema::Record&) {
  add_money(*move_cash(state, fact).mutable_pickups(), -fact.amount(), fact.currency());
}

void evolve_no_sale(schema::ShiftState& state, const schema::DrawerMoved&, const schema::Record&) {
  state.mutable_totals()->set_no_sales(state.totals().no_sales() + 1);
}

void evolve_safe(schema::SafeState& state, const schema::SafeMoved& fact, const schema::Record&) {
  set_money(*state.mutable_balance(), fact.balance_after(), fact.currency());
}

using schema::SafeState;
using schema::ShiftState;

constexpr std::array kCommands{
    command_rule<&Command::pay_in, needs_pay_in, decide_pay_in>(Command::kPayIn),
    command_rule<&Command::pay_out, needs_pay_out, decide_pay_out>(Command::kPayOut),
    command_rule<&Command::loan_cash, needs_loan, decide_loan>(Command::kLoanCash),
    command_rule<&Command::pick_up_cash, needs_pick_up, decide_pick_up>(Command::kPickUpCash),
    command_rule<&Command::record_no_sale, needs_no_sale, decide_no_sale>(Command::kRecordNoSale),
    command_rule<&Command::deposit_cash, needs_deposit, decide_deposit>(Command::kDepositCash),
};
constexpr std::array kEvents{
    event_rule<ShiftState, &Event::cash_paid_in, evolve_paid_in>(Event::kCashPaidIn, schema::SHIFT),
    event_rule<ShiftState, &Event::cash_paid_out, evolve_paid_out>(Event::kCashPaidOut, schema::SHIFT),
    event_rule<ShiftState, &Event::cash_loaned, evolve_loaned>(Event::kCashLoaned, schema::SHIFT),
    event_rule<ShiftState, &Event::cash_picked_up, evolve_picked_up>(Event::kCashPickedUp, schema::SHIFT),
    event_rule<ShiftState, &Event::drawer_opened_no_sale, evolve_no_sale>(Event::kDrawerOpenedNoSale, schema::SHIFT),
    event_rule<SafeState, &Event::safe_moved, evolve_safe>(Event::kSafeMoved, schema::SAFE),
    event_rule<SafeState, &Event::cash_deposited, evolve_safe>(Event::kCashDeposited, schema::SAFE),
};
constexpr std::array kStates{state_rule<SafeState>(schema::SAFE)};

}  // namespace

const Aggregate& drawer_aggregate() {
  static constexpr Aggregate kAggregate{"drawer", kCommands, kEvents, kStates};
  return kAggregate;
}

Refusal move_safe(const Deciding& deciding, std::string_view store_id, std::string_view shift_id,
                  std::string_view movement_id, std::int64_t amount, std::string_view currency, Acceptance& accepted) {
  const auto* safe = deciding.books.get<schema::SafeState>(kSafe, store_id);
  const std::int64_t balance = safe == nullptr ? 0 : safe->balance().amount();
  if (safe != nullptr && safe->balance().currency() != currency) {
    return reject(schema::CURRENCY_MISMATCH, "The safe counts in " + safe->balance().currency(), "/amount/currency");
  }
  const Wide after = Wide(balance) + amount;
  if (after > kSafeMost || after < -kSafeMost) return reject(schema::AMOUNT_INVALID, "The safe's bound", "/amount");
  auto& fact =
      *add_event(accepted, deciding, schema::SAFE, std::string(store_id), Event::kSafeMoved).mutable_safe_moved();
  fact.set_store_id(std::string(store_id));
  fact.set_movement_id(std::string(movement_id));
  fact.set_shift_id(std::string(shift_id));
  fact.set_currency(std::string(currency));
  fact.set_amount(amount);
  fact.set_balance_after(static_cast<std::int64_t>(after));
  return std::nullopt;
}

}  // namespace till
