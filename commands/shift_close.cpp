#include "commands/shift_close.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/document.h"
#include "commands/drawer.h"
#include "commands/money.h"
#include "commands/scratch.h"
#include "commands/shift.h"
#include "commands/shift_tickets.h"
#include "commands/shift_variance.h"
#include "commands/store_shifts.h"

namespace till {
namespace {

constexpr EntityKind kShift = kind_of(schema::SHIFT);
constexpr EntityKind kDrawer = kind_of(schema::DRAWER);
constexpr EntityKind kStore = kind_of(schema::STORE);

// How often one drawer may be counted.
constexpr std::uint32_t kCountsMost = 3;

void needs_end(const schema::EndShift& command, std::vector<EntityRef>& out) {
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
}

void needs_count(const schema::CountShift& command, std::vector<EntityRef>& out) {
  need_document("count_shift", command.count_id(), out);
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
}

void needs_close(const schema::CloseShift& command, std::vector<EntityRef>& out) {
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
}

// The shift, where it has ended and is not closed.
Refusal find_ended_shift(const Deciding& deciding, std::string_view shift_id, const schema::ShiftState*& shift) {
  shift = deciding.books.get<schema::ShiftState>(kShift, shift_id);
  if (shift == nullptr) return reject(schema::SHIFT_NOT_FOUND, "No shift " + std::string(shift_id), "/shift_id");
  if (auto refusal = check_bound(deciding, *shift)) return refusal;
  if (shift->status() == schema::ShiftState::CLOSED) {
    return reject(schema::SHIFT_CLOSED, "Shift " + std::string(shift_id) + " is closed", "/shift_id");
  }
  if (shift->status() == schema::ShiftState::OPEN) {
    return reject(schema::SHIFT_NOT_ENDED, "Shift " + std::string(shift_id) + " is still open", "/shift_id");
  }
  return std::nullopt;
}

Decision decide_end(const schema::EndShift& command, const Deciding& deciding) {
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, command.shift_id(), shift)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  if (auto refusal = or_note(deciding, check_no_tickets(*shift))) return *std::move(refusal);
  Acceptance accepted;
  add_event(accepted, deciding, schema::SHIFT, command.shift_id(), schema::Event::kShiftEnded)
      .mutable_shift_ended()
      ->set_shift_id(command.shift_id());
  accepted.business_date = shift->business_date();
  set_answer(accepted, deciding).set_shift_id(command.shift_id());
  return accepted;
}

Refusal check_counted(const schema::CountShift& command, const schema::ShiftState& shift, std::int64_t& cash) {
  const auto size = static_cast<std::size_t>(command.counted_size());
  bool has_cash = false;
  for (std::size_t i = 0; i < size; ++i) {
    const schema::TenderCount& counted = command.counted(static_cast<int>(i));
    const std::string pointer = item_pointer("counted", i, "amount");
    if (counted.type() == schema::Tender::TYPE_UNSPECIFIED || !schema::Tender::Type_IsValid(counted.type())) {
      return reject(schema::VALIDATION_FAILED, "Not a type of tender", item_pointer("counted", i, "type"));
    }
    for (std::size_t before = 0; before < i; ++before) {
      if (command.counted(static_cast<int>(before)).type() == counted.type()) {
        return reject(schema::VALIDATION_FAILED, "A type of tender is counted once",
                      item_pointer("counted", i, "type"));
      }
    }
    if (auto refusal = check_currency(counted.amount(), shift.expected_cash().currency(), pointer)) return refusal;
    if (auto refusal = check_amount(counted.amount(), 0, pointer)) return refusal;
    if (counted.type() != schema::Tender::CASH) continue;
    has_cash = true;
    cash = counted.amount().amount();
    if (auto refusal = check_denominations(command.denominations(), counted.amount(), "/denominations")) return refusal;
  }
  if (has_cash) return std::nullopt;
  return reject(schema::VALIDATION_FAILED, "The cash is counted, be it zero", "/counted");
}

Decision decide_count(const schema::CountShift& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, "count_shift", command.count_id(), "/count_id")) return *std::move(booked);
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_ended_shift(deciding, command.shift_id(), shift)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  if (shift->counts() >= kCountsMost) {
    return reject(schema::ALREADY_COUNTED, "A drawer is counted at most " + std::to_string(kCountsMost) + " times",
                  "/shift_id");
  }
  std::int64_t cash = 0;
  if (auto refusal = check_counted(command, *shift, cash)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, command.shift_id(), schema::Event::kShiftCounted)
                    .mutable_shift_counted();
  fact.set_shift_id(command.shift_id());
  fact.set_count_id(command.count_id());
  fact.set_count_no(shift->counts() + 1);
  *fact.mutable_counted() = command.counted();
  *fact.mutable_denominations() = command.denominations();
  fact.set_expected_cash(shift->expected_cash().amount());
  fact.set_over_short(cash - shift->expected_cash().amount());
  *fact.mutable_variances() = tender_variances(*shift, command.counted());
  book_document(accepted, deciding, "count_shift", command.count_id());
  accepted.business_date = shift->business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_shift_id(command.shift_id());
  answer.set_count_id(command.count_id());
  return accepted;
}

std::int64_t counted_cash(const schema::ShiftState& shift) {
  const auto found =
      std::ranges::find_if(shift.counted(), [](const auto& counted) { return counted.type() == schema::Tender::CASH; });
  return found == shift.counted().end() ? 0 : found->amount().amount();
}

// D2: every difference is accepted; one beyond the store's limit by somebody who may.
Refusal approve_variance(const schema::CloseShift& command, const schema::ShiftState& shift, const Deciding& deciding,
                         Acceptance& accepted) {
  const auto* store = deciding.books.get<schema::StoreState>(kStore, shift.store_id());
  const std::int64_t difference = shift.over_short().amount();
  if (store == nullptr || !store->policy().has_variance_limit()) return std::nullopt;
  const std::int64_t limit = store->policy().variance_limit().amount();
  // A limit in another currency limits nothing here, so every difference has to be accepted.
  const bool comparable = store->policy().variance_limit().currency() == shift.expected_cash().currency();
  if (comparable ? difference <= limit && difference >= -limit : difference == 0) return std::nullopt;
  if (!command.accept_variance()) {
    return reject(schema::VARIANCE_APPROVAL_REQUIRED,
                  "The difference is above the store's limit of " + std::to_string(limit) + " minor units",
                  "/accept_variance");
  }
  return authorize(deciding, command.session_id(), schema::SHIFT_VARIANCE, deciding.context.recorded_at, accepted);
}

Refusal check_to_safe(const schema::CloseShift& command, const schema::ShiftState& shift) {
  if (!command.has_to_safe()) return std::nullopt;
  if (auto refusal = check_currency(command.to_safe(), shift.expected_cash().currency(), "/to_safe")) return refusal;
  if (auto refusal = check_amount(command.to_safe(), 0, "/to_safe")) return refusal;
  if (command.to_safe().amount() <= counted_cash(shift)) return std::nullopt;
  return reject(schema::INSUFFICIENT_CASH, "More than was counted", "/to_safe");
}

void write_closed(const schema::CloseShift& command, const schema::ShiftState& shift, const schema::DrawerState& drawer,
                  schema::ShiftClosed& fact) {
  const std::int64_t cash = counted_cash(shift);
  fact.set_shift_id(shift.shift_id());
  fact.set_store_id(shift.store_id());
  fact.set_terminal_id(shift.terminal_id());
  fact.set_z_no(drawer.z_no() + 1);
  fact.set_currency(shift.expected_cash().currency());
  fact.set_opening_float(shift.opening_float().amount());
  fact.set_expected_cash(shift.expected_cash().amount());
  fact.set_counted_cash(cash);
  fact.set_over_short(cash - shift.expected_cash().amount());
  fact.set_to_safe(command.to_safe().amount());
  fact.set_left_in_drawer(cash - command.to_safe().amount());
  fact.set_grand_total(drawer.grand_total().amount() + shift.totals().total().amount());
  fact.set_reason(command.reason());
  *fact.mutable_totals() = shift.totals();
  *fact.mutable_counted() = shift.counted();
  fact.set_business_date(shift.business_date());
  fact.set_opened_at_us(shift.opened_at_us());
  fact.set_first_terminal_seq(shift.first_terminal_seq());
  fact.set_last_terminal_seq(shift.last_terminal_seq());
  *fact.mutable_operators() = shift.operators();
  *fact.mutable_variances() = shift.variances();
}

void release_drawer(const schema::ShiftClosed& closed, const Deciding& deciding, Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::DRAWER, closed.terminal_id(), schema::Event::kDrawerReleased)
                    .mutable_drawer_released();
  fact.set_terminal_id(closed.terminal_id());
  fact.set_shift_id(closed.shift_id());
  fact.set_z_no(closed.z_no());
  fact.set_currency(closed.currency());
  fact.set_grand_total(closed.grand_total());
  fact.set_left(closed.left_in_drawer());
}

Decision decide_close(const schema::CloseShift& command, const Deciding& deciding) {
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_ended_shift(deciding, command.shift_id(), shift)) return *std::move(refusal);
  if (shift->status() != schema::ShiftState::COUNTED) {
    return reject(schema::COUNT_REQUIRED, "Shift " + command.shift_id() + " has not been counted", "/shift_id");
  }
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::SHIFT_CLOSE, deciding.context.recorded_at, accepted)) {
    return *std::move(refusal);
  }
  if (auto refusal = approve_variance(command, *shift, deciding, accepted)) return *std::move(refusal);
  if (auto refusal = check_to_safe(command, *shift)) return *std::move(refusal);
  // Missing only while the engine loads it: a shift that is not closed has a drawer.
  const auto* drawer = deciding.books.get<schema::DrawerState>(kDrawer, shift->terminal_id());
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, command.shift_id(), schema::Event::kShiftClosed)
                    .mutable_shift_closed();
  write_closed(command, *shift, drawer == nullptr ? schema::DrawerState::default_instance() : *drawer, fact);
  release_drawer(fact, deciding, accepted);
  unlist_shift({shift->store_id(), command.shift_id(), shift->terminal_id(), shift->business_date()}, deciding,
               accepted);
  if (fact.to_safe() > 0) {
    if (auto refusal = move_safe(deciding, shift->store_id(), command.shift_id(), command.shift_id(), fact.to_safe(),
                                 fact.currency(), accepted)) {
      return *std::move(refusal);
    }
  }
  accepted.business_date = shift->business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_shift_id(command.shift_id());
  answer.set_z_no(fact.z_no());
  set_money(*answer.mutable_expected_cash(), fact.expected_cash(), fact.currency());
  set_money(*answer.mutable_over_short(), fact.over_short(), fact.currency());
  set_money(*answer.mutable_grand_total(), fact.grand_total(), fact.currency());
  return accepted;
}

void evolve_ended(schema::ShiftState& state, const schema::ShiftEnded&, const schema::Record& record) {
  state.set_status(schema::ShiftState::ENDED);
  state.set_ended_at_us(record.recorded_at_us());
}

void evolve_counted(schema::ShiftState& state, const schema::ShiftCounted& fact, const schema::Record&) {
  state.set_status(schema::ShiftState::COUNTED);
  state.set_counts(fact.count_no());
  *state.mutable_counted() = fact.counted();
  set_money(*state.mutable_over_short(), fact.over_short(), state.expected_cash().currency());
  // Not in the oldest counts.
  *state.mutable_variances() = fact.variances_size() > 0 ? fact.variances() : tender_variances(state, fact.counted());
}

void evolve_closed(schema::ShiftState& state, const schema::ShiftClosed& fact, const schema::Record& record) {
  state.set_status(schema::ShiftState::CLOSED);
  state.set_closed_at_us(record.recorded_at_us());
  state.set_z_no(fact.z_no());
  set_money(*state.mutable_grand_total(), fact.grand_total(), fact.currency());
}

void evolve_released(schema::DrawerState& state, const schema::DrawerReleased& fact, const schema::Record&) {
  state.clear_open_shift_id();
  state.set_z_no(fact.z_no());
  set_money(*state.mutable_grand_total(), fact.grand_total(), fact.currency());
  set_money(*state.mutable_left(), fact.left(), fact.currency());
}

using schema::Command;
using schema::Event;
using schema::ShiftState;

constexpr std::array kCommands{
    command_rule<&Command::end_shift, needs_end, decide_end>(Command::kEndShift),
    command_rule<&Command::count_shift, needs_count, decide_count>(Command::kCountShift),
    command_rule<&Command::close_shift, needs_close, decide_close>(Command::kCloseShift),
};
constexpr std::array kEvents{
    event_rule<ShiftState, &Event::shift_ended, evolve_ended>(Event::kShiftEnded, schema::SHIFT),
    event_rule<ShiftState, &Event::shift_counted, evolve_counted>(Event::kShiftCounted, schema::SHIFT),
    event_rule<ShiftState, &Event::shift_closed, evolve_closed>(Event::kShiftClosed, schema::SHIFT),
    event_rule<schema::DrawerState, &Event::drawer_released, evolve_released>(Event::kDrawerReleased, schema::DRAWER),
};

}  // namespace

const Aggregate& shift_close_aggregate() {
  static constexpr Aggregate kAggregate{"shift_close", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
