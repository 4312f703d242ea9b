#include "commands/ticket_complete.h"

#include <array>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/money.h"
#include "commands/reservation.h"
#include "commands/running_promotions.h"
#include "commands/sale.h"
#include "commands/shift_tickets.h"
#include "commands/store.h"
#include "commands/ticket.h"
#include "commands/ticket_pricing.h"

namespace till {
namespace {

using schema::CompleteSale;
using schema::RingUpSale;
using schema::TicketState;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kTerminalChain = kind_of(schema::TERMINAL_CHAIN);

// The rest stands in the ticket: the engine loads it when decide() looks.
void needs_complete(const CompleteSale& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  out.push_back({kSale, command.sale_id()});
  out.push_back({kTerminal, command.terminal_id()});
  out.push_back({kTerminalChain, command.terminal_id()});
  need_session(command.session_id(), out);
  need_running_promotions(out);
  for (const std::string& reservation_id : command.reservations()) need_reservation(reservation_id, out);
}

// A completion that comes again finds its first result; the state of a ticket only moves forward.
std::optional<Decision> decide_completed(const TicketState* ticket, const CompleteSale& command,
                                         const Deciding& deciding) {
  if (ticket == nullptr) return reject(schema::SALE_NOT_FOUND, "No sale " + command.sale_id(), "/sale_id");
  if (ticket->status() != TicketState::COMPLETED) return std::nullopt;
  if (same_content(ticket->end_fingerprint(), deciding)) return AlreadyDone{Position(ticket->end_position())};
  return reject(schema::SALE_ALREADY_COMPLETED, "Sale " + command.sale_id() + " is completed already", "/sale_id");
}

Refusal check_owner(const TicketState& ticket, const CompleteSale& command) {
  if (ticket.terminal_id() == command.terminal_id()) return std::nullopt;
  return reject(schema::SALE_OWNED_ELSEWHERE, "Sale " + command.sale_id() + " is open at " + ticket.terminal_id(),
                "/terminal_id");
}

// The same currency in all that is added to what the ticket's payments tell.
Refusal check_beside(const CompleteSale& command, const TicketState& ticket) {
  if (command.has_change()) {
    if (auto refusal = check_currency(command.change(), ticket.currency(), "/change")) return refusal;
    if (auto refusal = check_amount(command.change(), 0, "/change")) return refusal;
  }
  if (!command.has_cash_rounding()) return std::nullopt;
  if (auto refusal = check_currency(command.cash_rounding(), ticket.currency(), "/cash_rounding")) return refusal;
  return check_amount(command.cash_rounding(), -kAmountMost, "/cash_rounding");
}

void write_header(const CompleteSale& command, const TicketState& ticket, RingUpSale& sale) {
  sale.set_sale_id(command.sale_id());
  sale.set_store_id(ticket.store_id());
  sale.set_terminal_id(command.terminal_id());
  sale.set_terminal_seq(command.terminal_seq());
  sale.set_occurred_at_us(command.occurred_at_us());
  sale.set_employee_id(command.employee_id());
  sale.set_customer_id(ticket.customer_id());
  sale.set_shift_id(ticket.shift_id());
  sale.set_session_id(command.session_id().empty() ? ticket.session_id() : command.session_id());
  *sale.mutable_coupon_ids() = ticket.coupon_ids();
  *sale.mutable_reservations() = command.reservations();
  *sale.mutable_gift_cards() = command.gift_cards();
  *sale.mutable_charges() = ticket.charges();
  if (ticket.has_tip()) *sale.mutable_tip() = ticket.tip();
  *sale.mutable_expected_total() = command.expected_total();
}

// `counted`: the taxes are those of the table, told line by line.
void write_lines(const PricedTicket& priced, const std::string& currency, bool counted, RingUpSale& sale) {
  for (const PricedLine& from : priced.lines) {
    RingUpSale::Line& line = *sale.add_lines();
    line.set_line_id(from.line->line_id());
    line.set_sku(from.line->sku());
    line.set_quantity_e5(from.line->quantity_e5());
    *line.mutable_unit_price() = from.line->unit_price();
    if (from.discount != 0) set_money(*line.mutable_discount(), from.discount, currency);
    if (from.line->has_serial()) line.set_serial(from.line->serial());
    if (from.line->has_batch()) line.set_batch(from.line->batch());
    line.set_age_checked(from.line->age_checked());
    if (from.line->tax_overridden()) line.set_tax_code(from.line->tax_code());
    if (!counted) continue;
    set_money(*line.mutable_tax(), from.tax, currency);
    if (from.included_tax != 0) set_money(*line.mutable_included_tax(), from.included_tax, currency);
  }
}

// For the reports of the shift.
void write_scopes(const PricedTicket& priced, const TicketState& ticket, RingUpSale& sale) {
  if (priced.sale_discount != 0 || priced.employee_discount != 0 || priced.coupon_discount != 0) {
    schema::DiscountScopes& scopes = *sale.mutable_discount_scopes();
    set_money(*scopes.mutable_sale(), priced.sale_discount, ticket.currency());
    set_money(*scopes.mutable_employee(), priced.employee_discount, ticket.currency());
    set_money(*scopes.mutable_coupon(), priced.coupon_discount, ticket.currency());
  }
  const LineSum voided = voided_lines(ticket);
  if (voided.count == 0) return;
  sale.mutable_line_voids()->set_count(voided.count);
  set_money(*sale.mutable_line_voids()->mutable_amount(), voided.amount, ticket.currency());
}

// What was paid on the ticket comes first, so that cash at the counter is last, as rounding wants it.
void write_tenders(const CompleteSale& command, const TicketState& ticket, RingUpSale& sale) {
  for (const schema::TicketPayment& payment : ticket.payments()) {
    schema::Tender& tender = *sale.add_tenders();
    tender.set_type(payment.type());
    *tender.mutable_amount() = payment.amount();
    tender.set_payment_id(payment.payment_id());
  }
  for (const schema::Tender& tender : command.tenders()) *sale.add_tenders() = tender;
  const TicketPaid paid = paid_of(ticket);
  const std::int64_t change = paid.change + command.change().amount();
  const std::int64_t rounding = paid.cash_rounding + command.cash_rounding().amount();
  if (change != 0) set_money(*sale.mutable_change(), change, ticket.currency());
  if (rounding != 0) set_money(*sale.mutable_cash_rounding(), rounding, ticket.currency());
}

Refusal make_sale(const CompleteSale& command, const TicketState& ticket, const Deciding& deciding, RingUpSale& sale) {
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, ticket.store_id(), {}, store)) return refusal;
  if (auto refusal = check_beside(command, ticket)) return refusal;
  PricedTicket priced;
  const bool counted = command.taxes().empty();
  if (counted) {
    if (auto refusal = price_ticket(deciding, ticket, *store, "/taxes", priced)) return refusal;
    for (const schema::TaxRow& row : priced.taxes) *sale.add_taxes() = row;
  } else {
    price_promoted(deciding, ticket, *store, priced);
    *sale.mutable_taxes() = command.taxes();
  }
  *sale.mutable_promotions() = priced.promotions;
  write_header(command, ticket, sale);
  write_lines(priced, ticket.currency(), counted, sale);
  write_scopes(priced, ticket, sale);
  write_tenders(command, ticket, sale);
  return check_currency(command.expected_total(), ticket.currency(), "/expected_total");
}

Decision decide_complete(const CompleteSale& command, const Deciding& deciding) {
  const TicketState* ticket = find_ticket(deciding, command.sale_id());
  if (auto decided = decide_completed(ticket, command, deciding)) return *std::move(decided);
  if (auto refusal = check_owner(*ticket, command)) return *std::move(refusal);
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  auto& sale = *google::protobuf::Arena::CreateMessage<RingUpSale>(deciding.context.arena);
  if (auto refusal = make_sale(command, *ticket, deciding, sale)) return *std::move(refusal);
  const bool paid = ticket->payments_size() > 0;
  Decision decision = decide_sale(sale, deciding, paid ? SaleOrigin::kPaidTicket : SaleOrigin::kTicket);
  auto* accepted = std::get_if<Acceptance>(&decision);
  if (accepted == nullptr) return decision;
  change_ticket(*ticket, deciding, schema::Event::kTicketCompleted, command.session_id(), *accepted);
  leave_shift(ticket->shift_id(), command.sale_id(), deciding, *accepted);
  return decision;
}

void evolve_ticket_completed(TicketState& state, const schema::TicketChanged& fact, const schema::Record& record) {
  count_version(state, fact);
  state.set_status(TicketState::COMPLETED);
  state.set_end_fingerprint(record.fingerprint());
  state.set_end_position(record.position());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::complete_sale, needs_complete, decide_complete>(Command::kCompleteSale),
};
constexpr std::array kEvents{
    event_rule<TicketState, &Event::ticket_completed, evolve_ticket_completed>(Event::kTicketCompleted, schema::TICKET),
};

}  // namespace

const Aggregate& ticket_complete_aggregate() {
  static constexpr Aggregate kAggregate{"ticket_complete", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
