#include "commands/shift_tickets.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/shift_sales.h"
#include "commands/ticket_pricing.h"

namespace till {
namespace {

using schema::Event;
using schema::ShiftState;
using schema::ShiftTicketCancelled;
using schema::ShiftTicketMoved;

constexpr EntityKind kShift = kind_of(schema::SHIFT);

// Sales that a refusal names.
constexpr int kTicketsNamedMost = 5;

void write_moved(const std::string& shift_id, const std::string& sale_id, ShiftTicketMoved& fact) {
  fact.set_shift_id(shift_id);
  fact.set_sale_id(sale_id);
}

void evolve_opened(ShiftState& state, const ShiftTicketMoved& fact, const schema::Record&) {
  if (state.open_tickets_size() >= kShiftTicketsMost) return state.set_more_open_tickets(state.more_open_tickets() + 1);
  state.add_open_tickets(fact.sale_id());
}

void evolve_left(ShiftState& state, const ShiftTicketMoved& fact, const schema::Record&) {
  auto& tickets = *state.mutable_open_tickets();
  const auto found = std::ranges::find(tickets, fact.sale_id());
  if (found != tickets.end()) {
    tickets.erase(found);
  } else if (state.more_open_tickets() > 0) {
    state.set_more_open_tickets(state.more_open_tickets() - 1);
  }
}

void evolve_cancelled(ShiftState& state, const ShiftTicketCancelled& fact, const schema::Record&) {
  schema::ShiftTotals& totals = fact.closed() ? *state.mutable_corrections() : *state.mutable_totals();
  totals.set_cancelled_tickets(totals.cancelled_tickets() + 1);
  add_bounded(*totals.mutable_cancelled(), fact.amount(), fact.currency());
  add_line_voids(totals, fact.line_voids(), fact.line_voided(), fact.currency());
}

constexpr std::array kEvents{
    event_rule<ShiftState, &Event::shift_ticket_opened, evolve_opened>(Event::kShiftTicketOpened, schema::SHIFT),
    event_rule<ShiftState, &Event::shift_ticket_left, evolve_left>(Event::kShiftTicketLeft, schema::SHIFT),
    event_rule<ShiftState, &Event::shift_ticket_cancelled, evolve_cancelled>(Event::kShiftTicketCancelled,
                                                                             schema::SHIFT),
};

}  // namespace

const Aggregate& shift_tickets_aggregate() {
  static constexpr Aggregate kAggregate{"shift_tickets", {}, kEvents, {}};
  return kAggregate;
}

void open_in_shift(const std::string& shift_id, const std::string& sale_id, const Deciding& deciding,
                   Acceptance& accepted) {
  if (shift_id.empty()) return;
  write_moved(
      shift_id, sale_id,
      *add_event(accepted, deciding, schema::SHIFT, shift_id, Event::kShiftTicketOpened).mutable_shift_ticket_opened());
}

void leave_shift(const std::string& shift_id, const std::string& sale_id, const Deciding& deciding,
                 Acceptance& accepted) {
  if (shift_id.empty()) return;
  write_moved(
      shift_id, sale_id,
      *add_event(accepted, deciding, schema::SHIFT, shift_id, Event::kShiftTicketLeft).mutable_shift_ticket_left());
}

void cancel_on_shift(const Deciding& deciding, const schema::TicketState& ticket, std::string_view session_id,
                     Acceptance& accepted) {
  if (!ticket.has_shift_id()) return;
  // Missing only while the engine loads it: a ticket was opened in a shift that there is.
  const auto* known = deciding.books.get<ShiftState>(kShift, ticket.shift_id());
  const ShiftState& shift = known == nullptr ? ShiftState::default_instance() : *known;
  const LineSum standing = standing_lines(ticket);
  const LineSum voided = voided_lines(ticket);
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, ticket.shift_id(), Event::kShiftTicketCancelled)
                    .mutable_shift_ticket_cancelled();
  fact.set_shift_id(ticket.shift_id());
  fact.set_sale_id(ticket.sale_id());
  fact.set_store_id(ticket.store_id());
  fact.set_terminal_id(ticket.terminal_id());
  fact.set_employee_id(std::string(employee_of(deciding, session_id)));
  fact.set_currency(ticket.currency());
  fact.set_lines(standing.count);
  fact.set_amount(standing.amount);
  fact.set_line_voids(voided.count);
  fact.set_line_voided(voided.amount);
  fact.set_business_date(shift.business_date());
  fact.set_closed(shift.status() == ShiftState::CLOSED);
}

Refusal check_no_tickets(const ShiftState& shift) {
  const int listed = shift.open_tickets_size();
  const std::uint64_t open = static_cast<std::uint64_t>(listed) + shift.more_open_tickets();
  if (open == 0) return std::nullopt;
  std::string detail = "Of shift " + shift.shift_id() + " so many sales are open: " + std::to_string(open);
  for (int i = 0; i < std::min(listed, kTicketsNamedMost); ++i) {
    detail.append(i == 0 ? "; first of all " : ", ").append(shift.open_tickets(i));
  }
  return reject(schema::OPEN_SALES, std::move(detail), "/shift_id");
}

}  // namespace till
