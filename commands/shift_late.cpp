#include "commands/shift_late.h"

#include <array>

#include "commands/money.h"
#include "commands/shift.h"
#include "commands/shift_sales.h"
#include "commands/shift_variance.h"

namespace till {
namespace {

using schema::LateSaleAttached;
using schema::ShiftSaleBooked;
using schema::ShiftState;

constexpr EntityKind kDrawer = kind_of(schema::DRAWER);

// D4: the grand total of the next Z is this one and what its own period brings.
Refusal correct_grand_total(const Deciding& deciding, const LateSaleAttached& late, const ShiftState& shift,
                            Acceptance& accepted) {
  const ShiftSaleBooked& booked = late.booked();
  // Missing only while the engine loads it: a shift has a drawer.
  const auto* known = deciding.books.get<schema::DrawerState>(kDrawer, shift.terminal_id());
  const schema::DrawerState& drawer = known == nullptr ? schema::DrawerState::default_instance() : *known;
  const schema::Money& before = drawer.grand_total();
  if (before.amount() != 0 && before.currency() != booked.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "The drawer counts in " + before.currency(), "/expected_total/currency");
  }
  const Wide after = Wide(before.amount()) + booked.total();
  if (after > kGrandTotalMost || after < -kGrandTotalMost) {
    return reject(schema::AMOUNT_INVALID, "The terminal's grand total is at its end", "/expected_total");
  }
  auto& fact = *add_event(accepted, deciding, schema::DRAWER, shift.terminal_id(), schema::Event::kZCorrected)
                    .mutable_z_corrected();
  fact.set_terminal_id(shift.terminal_id());
  fact.set_shift_id(shift.shift_id());
  fact.set_z_no(late.z_no());
  fact.set_correction_no(late.correction_no());
  fact.set_sale_id(booked.sale_id());
  fact.set_currency(booked.currency());
  fact.set_total(booked.total());
  fact.set_cash(booked.cash());
  fact.set_grand_total_after(static_cast<std::int64_t>(after));
  return std::nullopt;
}

// Of a counted shift: views know no totals to work them out from.
void write_variances(const ShiftState& shift, LateSaleAttached& fact) {
  if (shift.status() != ShiftState::COUNTED) return;
  ShiftState with_sale = shift;
  fold_booking(with_sale, fact.booked());
  *fact.mutable_variances() = tender_variances(with_sale, with_sale.counted());
}

void add_correction(ShiftState& state, const LateSaleAttached& fact) {
  add_to_totals(*state.mutable_corrections(), fact.booked());
  schema::Money& cash = *state.mutable_corrected_cash();
  set_money(cash, cash.amount() + fact.booked().cash(), fact.booked().currency());
  state.set_correction_no(fact.correction_no());
}

void evolve_attached(ShiftState& state, const LateSaleAttached& fact, const schema::Record&) {
  state.set_late_sales(state.late_sales() + 1);
  if (fact.closed()) return add_correction(state, fact);
  fold_booking(state, fact.booked());
  // D2: what was counted stays, what should have been there has changed.
  if (state.status() != ShiftState::COUNTED) return;
  set_money(*state.mutable_over_short(), state.over_short().amount() - fact.booked().cash(), fact.booked().currency());
  // Not in the oldest events.
  *state.mutable_variances() = fact.variances_size() > 0 ? fact.variances() : tender_variances(state, state.counted());
}

void evolve_corrected(schema::DrawerState& state, const schema::ZCorrected& fact, const schema::Record&) {
  set_money(*state.mutable_grand_total(), fact.grand_total_after(), fact.currency());
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<ShiftState, &Event::late_sale_attached, evolve_attached>(Event::kLateSaleAttached, schema::SHIFT),
    event_rule<schema::DrawerState, &Event::z_corrected, evolve_corrected>(Event::kZCorrected, schema::DRAWER),
};

}  // namespace

const Aggregate& shift_late_aggregate() {
  static constexpr Aggregate kAggregate{"shift_late", {}, kEvents, {}};
  return kAggregate;
}

Refusal attach_late(const Deciding& deciding, const schema::SaleCompleted& sale, ShiftSaleBooked::Kind kind,
                    const ShiftState& shift, Acceptance& accepted) {
  const bool closed = shift.status() == ShiftState::CLOSED;
  if (auto refusal = check_booking(sale, kind, shift, closed ? shift.corrections() : shift.totals())) return refusal;
  or_note(deciding,
          reject(closed ? schema::SHIFT_CLOSED : schema::SHIFT_NOT_OPEN,
                 "Shift " + shift.shift_id() + (closed ? " was closed" : " had ended") + " before the sale came",
                 "/shift_id"));
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, shift.shift_id(), Event::kLateSaleAttached)
                    .mutable_late_sale_attached();
  write_booking(sale, kind, shift, *fact.mutable_booked());
  if (!closed) {
    write_variances(shift, fact);
    return std::nullopt;
  }
  fact.set_closed(true);
  fact.set_z_no(shift.z_no());
  fact.set_correction_no(shift.correction_no() + 1);
  fact.mutable_booked()->set_expected_cash_after(fact.booked().expected_cash_after() + shift.corrected_cash().amount());
  return correct_grand_total(deciding, fact, shift, accepted);
}

}  // namespace till
