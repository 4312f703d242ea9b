#include "commands/ticket_payments.h"

#include <algorithm>
#include <array>

#include "commands/coupon.h"
#include "commands/money.h"
#include "commands/running_promotions.h"
#include "commands/store.h"
#include "commands/ticket.h"
#include "commands/ticket_promotions.h"

namespace till {
namespace {

using schema::TicketChanged;
using schema::TicketPayment;
using schema::TicketState;

auto find_on(const TicketState& ticket, const std::string& payment_id) {
  return std::ranges::find(ticket.payments(), payment_id, &TicketPayment::payment_id);
}

// The ticket that still counts on the payment: not one that has ended.
const TicketState* ticket_with(const schema::PaymentState& payment, const Deciding& deciding) {
  if (!payment.has_sale_id() || payment.has_used_by()) return nullptr;
  const TicketState* ticket = find_ticket(deciding, payment.sale_id());
  if (ticket == nullptr || (!is_open(*ticket) && ticket->status() != TicketState::SUSPENDED)) return nullptr;
  return find_on(*ticket, payment.payment_id()) == ticket->payments().end() ? nullptr : ticket;
}

// A suspended ticket stays so: somebody resumes it.
void follow_payments(TicketState& state) {
  if (state.status() == TicketState::SUSPENDED) return;
  state.set_status(state.payments_size() > 0 ? TicketState::PARTIALLY_PAID : TicketState::OPEN);
}

void evolve_added(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  auto& payments = *state.mutable_payments();
  const auto found = std::ranges::find(payments, fact.payment().payment_id(), &TicketPayment::payment_id);
  (found == payments.end() ? *payments.Add() : *found) = fact.payment();
  if (fact.promotions_size() > 0) *state.mutable_promotions() = fact.promotions();
  follow_payments(state);
}

void evolve_dropped(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  const auto found = find_on(state, fact.removed_id());
  if (found != state.payments().end()) state.mutable_payments()->erase(found);
  if (state.payments().empty()) state.clear_promotions();
  follow_payments(state);
}

// For another day. What cannot be held any more keeps nobody from paying: completing the sale tells.
void hold_coupons(const TicketState& ticket, const Deciding& deciding, Acceptance& accepted) {
  for (const std::string& coupon_id : ticket.coupon_ids()) {
    static_cast<void>(reserve_coupon(deciding, coupon_id, ticket.sale_id(), "/sale_id", accepted));
  }
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<TicketState, &Event::ticket_payment_added, evolve_added>(Event::kTicketPaymentAdded, schema::TICKET),
    event_rule<TicketState, &Event::ticket_payment_removed, evolve_dropped>(Event::kTicketPaymentRemoved,
                                                                            schema::TICKET),
};

}  // namespace

const Aggregate& ticket_payments_aggregate() {
  static constexpr Aggregate kAggregate{"ticket_payments", {}, kEvents, {}};
  return kAggregate;
}

void need_payable(std::string_view sale_id, std::vector<EntityRef>& out) {
  need_ticket(sale_id, out);
  need_running_promotions(out);
}

Refusal find_payable(const Deciding& deciding, const std::string& sale_id, const std::string& terminal_id,
                     const std::string& currency, const TicketState*& ticket) {
  ticket = sale_id.empty() ? nullptr : find_ticket(deciding, sale_id);
  if (ticket == nullptr) return std::nullopt;
  if (!is_open(*ticket)) {
    return reject(schema::SALE_NOT_OPEN, "Sale " + sale_id + " is " + TicketState::Status_Name(ticket->status()),
                  "/sale_id");
  }
  if (ticket->terminal_id() != terminal_id) {
    return reject(schema::SALE_OWNED_ELSEWHERE, "Sale " + sale_id + " is open at " + ticket->terminal_id(), "/sale_id");
  }
  if (ticket->currency() != currency) {
    return reject(schema::CURRENCY_MISMATCH, "The sale is in " + ticket->currency(), "/sale_id");
  }
  return check_room(*ticket, ticket->payments_size(), kTicketPaymentsMost, "/sale_id");
}

void add_ticket_payment(const TicketState& ticket, const TicketPayment& payment, std::string_view session_id,
                        const Deciding& deciding, Acceptance& accepted) {
  TicketChanged& fact = change_ticket(ticket, deciding, Event::kTicketPaymentAdded, session_id, accepted);
  *fact.mutable_payment() = payment;
  if (ticket.payments_size() > 0) return;
  // What is due stays once something is paid, whatever promotion ends meanwhile.
  const schema::StoreState* store = nullptr;
  if (find_store(deciding.books, ticket.store_id(), {}, store)) return;
  *fact.mutable_promotions() = promotions_of(deciding, ticket, *store);
  hold_coupons(ticket, deciding, accepted);
}

void drop_ticket_payment(const schema::PaymentState& payment, const Deciding& deciding, Acceptance& accepted) {
  const TicketState* ticket = ticket_with(payment, deciding);
  if (ticket == nullptr) return;
  change_ticket(*ticket, deciding, Event::kTicketPaymentRemoved, {}, accepted).set_removed_id(payment.payment_id());
}

void change_ticket_payment(const schema::PaymentState& payment, std::int64_t amount, const Deciding& deciding,
                           Acceptance& accepted) {
  const TicketState* ticket = ticket_with(payment, deciding);
  if (ticket == nullptr) return;
  TicketPayment changed = *find_on(*ticket, payment.payment_id());
  if (changed.amount().amount() == amount) return;
  set_money(*changed.mutable_amount(), amount, ticket->currency());
  add_ticket_payment(*ticket, changed, {}, deciding, accepted);
}

}  // namespace till
