#include "commands/shift.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/money.h"
#include "commands/store.h"
#include "commands/store_day.h"
#include "commands/store_shifts.h"
#include "commands/terminal.h"

namespace till {
namespace {

constexpr EntityKind kShift = kind_of(schema::SHIFT);
constexpr EntityKind kDrawer = kind_of(schema::DRAWER);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);

// Operators of one shift.
constexpr int kOperatorsMost = 64;

void needs_open(const schema::OpenShift& command, std::vector<EntityRef>& out) {
  need_shift(command.shift_id(), out);
  out.push_back({kDrawer, command.terminal_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  need_store_shifts(command.store_id(), out);
  need_session(command.session_id(), out);
}

void needs_operator(const schema::ChangeOperator& command, std::vector<EntityRef>& out) {
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
}

Refusal check_open(const schema::OpenShift& command, const schema::DrawerState* drawer, const Deciding& deciding) {
  if (deciding.books.get<schema::StoreState>(kStore, command.store_id()) == nullptr) {
    return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  }
  if (auto refusal = check_terminal(deciding, command.terminal_id(), command.store_id())) return refusal;
  if (drawer != nullptr && !drawer->open_shift_id().empty()) {
    return reject(schema::SHIFT_ALREADY_OPEN,
                  "Terminal " + command.terminal_id() + " has shift " + drawer->open_shift_id(), "/terminal_id");
  }
  if (auto refusal = check_amount(command.opening_float(), 0, "/opening_float")) return refusal;
  if (drawer != nullptr && drawer->has_grand_total()) {
    // A drawer that has taken nothing may still change its currency.
    if (drawer->grand_total().amount() != 0 && drawer->grand_total().currency() != command.opening_float().currency()) {
      return reject(schema::CURRENCY_MISMATCH, "The drawer counts in " + drawer->grand_total().currency(),
                    "/opening_float/currency");
    }
    if (drawer->grand_total().amount() > kGrandTotalMost || drawer->grand_total().amount() < -kGrandTotalMost) {
      return reject(schema::AMOUNT_INVALID, "The terminal's grand total is at its end", "/terminal_id");
    }
  }
  return check_denominations(command.denominations(), command.opening_float(), "/denominations");
}

Decision decide_open(const schema::OpenShift& command, const Deciding& deciding) {
  if (const auto* known = deciding.books.get<schema::ShiftState>(kShift, command.shift_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::SHIFT_ID_REUSED, "Shift " + command.shift_id() + " was opened with other content",
                  "/shift_id");
  }
  const auto* drawer = deciding.books.get<schema::DrawerState>(kDrawer, command.terminal_id());
  if (auto refusal = check_open(command, drawer, deciding)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  const std::int32_t day = business_time_of(*store, deciding.context.recorded_at, deciding.zones).business_date;
  if (auto refusal = check_works_on(deciding, command.store_id(), store->policy(), day, deciding.context.recorded_at)) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, command.shift_id(), schema::Event::kShiftOpened)
                    .mutable_shift_opened();
  fact.set_shift_id(command.shift_id());
  fact.set_store_id(command.store_id());
  fact.set_terminal_id(command.terminal_id());
  fact.set_employee_id(command.employee_id().empty() ? std::string(employee_of(deciding, command.session_id()))
                                                     : command.employee_id());
  fact.set_currency(command.opening_float().currency());
  fact.set_opening_float(command.opening_float().amount());
  if (drawer != nullptr && drawer->left().currency() == fact.currency()) {
    fact.set_opening_difference(command.opening_float().amount() - drawer->left().amount());
  }
  *fact.mutable_denominations() = command.denominations();
  fact.set_business_date(day);
  fact.set_blind_count(store->policy().blind_count());
  auto& taken = *add_event(accepted, deciding, schema::DRAWER, command.terminal_id(), schema::Event::kDrawerTaken)
                     .mutable_drawer_taken();
  taken.set_terminal_id(command.terminal_id());
  taken.set_shift_id(command.shift_id());
  list_shift({command.store_id(), command.shift_id(), command.terminal_id(), day}, deciding, accepted);
  accepted.business_date = day;
  auto& answer = set_answer(accepted, deciding);
  answer.set_shift_id(command.shift_id());
  answer.set_terminal_id(command.terminal_id());
  answer.set_business_date(day);
  return accepted;
}

Decision decide_operator(const schema::ChangeOperator& command, const Deciding& deciding) {
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, command.shift_id(), shift)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  const bool known = std::ranges::find(shift->operators(), command.employee_id()) != shift->operators().end();
  if (!known && shift->operators_size() >= kOperatorsMost) {
    return reject(schema::OPERATOR_LIMIT, "A shift has at most " + std::to_string(kOperatorsMost) + " operators",
                  "/employee_id");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, command.shift_id(), schema::Event::kOperatorChanged)
                    .mutable_operator_changed();
  fact.set_shift_id(command.shift_id());
  fact.set_employee_id(command.employee_id());
  fact.set_former_employee_id(shift->employee_id());
  accepted.business_date = shift->business_date();
  set_answer(accepted, deciding).set_shift_id(command.shift_id());
  return accepted;
}

void add_operator(schema::ShiftState& state, const std::string& employee_id) {
  state.set_employee_id(employee_id);
  if (employee_id.empty()) return;
  if (std::ranges::find(state.operators(), employee_id) == state.operators().end()) state.add_operators(employee_id);
}

void evolve_opened(schema::ShiftState& state, const schema::ShiftOpened& fact, const schema::Record& record) {
  state.set_shift_id(fact.shift_id());
  state.set_store_id(fact.store_id());
  state.set_terminal_id(fact.terminal_id());
  state.set_status(schema::ShiftState::OPEN);
  add_operator(state, fact.employee_id());
  state.set_opened_at_us(record.recorded_at_us());
  state.set_business_date(fact.business_date());
  state.set_blind_count(fact.blind_count());
  set_money(*state.mutable_opening_float(), fact.opening_float(), fact.currency());
  set_money(*state.mutable_opening_difference(), fact.opening_difference(), fact.currency());
  set_money(*state.mutable_expected_cash(), fact.opening_float(), fact.currency());
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void evolve_operator(schema::ShiftState& state, const schema::OperatorChanged& fact, const schema::Record&) {
  add_operator(state, fact.employee_id());
}

void evolve_taken(schema::DrawerState& state, const schema::DrawerTaken& fact, const schema::Record&) {
  state.set_open_shift_id(fact.shift_id());
}

// In blind mode nobody learns what the drawer should hold while it may still be counted.
void hide_expected(schema::ShiftState& state) {
  if (!state.blind_count() || state.status() == schema::ShiftState::CLOSED) return;
  state.clear_expected_cash();
  state.clear_over_short();
  state.clear_variances();
  state.clear_totals();
}

using schema::Command;
using schema::DrawerState;
using schema::Event;
using schema::ShiftState;

constexpr std::array kCommands{
    command_rule<&Command::open_shift, needs_open, decide_open>(Command::kOpenShift),
    command_rule<&Command::change_operator, needs_operator, decide_operator>(Command::kChangeOperator),
};
constexpr std::array kEvents{
    event_rule<ShiftState, &Event::shift_opened, evolve_opened>(Event::kShiftOpened, schema::SHIFT),
    event_rule<ShiftState, &Event::operator_changed, evolve_operator>(Event::kOperatorChanged, schema::SHIFT),
    event_rule<DrawerState, &Event::drawer_taken, evolve_taken>(Event::kDrawerTaken, schema::DRAWER),
};
constexpr std::array kStates{state_rule<ShiftState, hide_expected>(schema::SHIFT),
                             state_rule<DrawerState>(schema::DRAWER)};

}  // namespace

const Aggregate& shift_aggregate() {
  static constexpr Aggregate kAggregate{"shift", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_shift(std::string_view shift_id, std::vector<EntityRef>& out) {
  if (!shift_id.empty()) out.push_back({kShift, std::string(shift_id)});
}

Refusal check_bound(const Deciding& deciding, const schema::ShiftState& shift) {
  const std::string_view bound = deciding.context.bound_terminal;
  if (bound.empty() || bound == shift.terminal_id()) return std::nullopt;
  return reject(schema::TERMINAL_NOT_PERMITTED,
                "This key is bound to terminal " + std::string(bound) + ", the shift is of another", "/shift_id");
}

Refusal find_open_shift(const Deciding& deciding, std::string_view shift_id, const schema::ShiftState*& shift) {
  shift = deciding.books.get<schema::ShiftState>(kShift, shift_id);
  if (shift == nullptr) return reject(schema::SHIFT_NOT_FOUND, "No shift " + std::string(shift_id), "/shift_id");
  if (auto refusal = check_bound(deciding, *shift)) return refusal;
  if (shift->status() == schema::ShiftState::OPEN) return std::nullopt;
  if (shift->status() == schema::ShiftState::CLOSED) {
    return reject(schema::SHIFT_CLOSED, "Shift " + std::string(shift_id) + " is closed", "/shift_id");
  }
  return reject(schema::SHIFT_NOT_OPEN, "Shift " + std::string(shift_id) + " has ended", "/shift_id");
}

}  // namespace till
