// What a payment by card begins with, whether its answer came at once or is still to come. `Command` names the payment,
// its store, terminal, ticket (sale_id) and session, and what is known of the card.
#pragma once

#include <string>
#include <vector>

#include "commands/authority.h"
#include "commands/payment.h"
#include "commands/store.h"
#include "commands/terminal.h"
#include "commands/ticket_payments.h"
#include "commands/ticket_pricing.h"

namespace till {

// For needs().
template <class Command>
void need_card_payment(const Command& command, std::vector<EntityRef>& out) {
  need_payment(command.payment_id(), out);
  out.push_back({kind_of(schema::STORE), command.store_id()});
  out.push_back({kind_of(schema::TERMINAL_DEVICE), command.terminal_id()});
  need_session(command.session_id(), out);
}

// The refusals of find_store(), check_terminal() and check_named_session().
template <class Command>
Refusal check_counter(const Command& command, const Deciding& deciding, const schema::StoreState*& store) {
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return refusal;
  if (auto refusal = check_terminal(deciding, command.terminal_id(), command.store_id())) return refusal;
  return check_named_session(deciding, command.session_id());
}

// The event that begins the payment; its amounts are the caller's to fill in. `event` is a member of the type
// PaymentMoved.
template <class Command>
schema::PaymentMoved& begin_card_payment(const Command& command, schema::Event::EventCase event,
                                         const std::string& currency, const Deciding& deciding, Acceptance& accepted) {
  auto& fact = static_cast<schema::PaymentMoved&>(
      mutable_body(add_event(accepted, deciding, schema::PAYMENT, command.payment_id(), event), event));
  fact.set_payment_id(command.payment_id());
  fact.set_store_id(command.store_id());
  fact.set_terminal_id(command.terminal_id());
  fact.set_sale_id(command.sale_id());
  fact.set_currency(currency);
  fact.set_type(schema::Tender::CARD);
  fact.set_last4(command.last4());
  fact.set_scheme(command.scheme());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
  return fact;
}

// Lets the ticket count on the payment, where there is one, and answers.
template <class Command>
void answer_card_payment(const Command& command, const schema::Money& amount, const schema::TicketState* ticket,
                         const Deciding& deciding, Acceptance& accepted) {
  auto& answer = answer_payment(command.payment_id(), deciding, accepted);
  if (ticket == nullptr) return;
  schema::TicketPayment payment;
  payment.set_payment_id(command.payment_id());
  payment.set_type(schema::Tender::CARD);
  *payment.mutable_amount() = amount;
  add_ticket_payment(*ticket, payment, command.session_id(), deciding, accepted);
  answer.set_sale_id(command.sale_id());
  answer.set_version(ticket->version() + 1);
  write_due(command.sale_id(), deciding, accepted, answer);
}

}  // namespace till
