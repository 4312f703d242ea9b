#include "commands/payment_cash.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/cash_rounding.h"
#include "commands/money.h"
#include "commands/payment.h"
#include "commands/shift.h"
#include "commands/store.h"
#include "commands/ticket.h"
#include "commands/ticket_payments.h"
#include "commands/ticket_pricing.h"

namespace till {
namespace {

using schema::PaymentMoved;
using schema::PaymentState;
using schema::TicketState;

template <class Command>
void needs_cash(const Command& command, std::vector<EntityRef>& out) {
  need_payable(command.sale_id(), out);
  need_payment(command.payment_id(), out);
  need_session(command.session_id(), out);
}

// What cash has to bring: the rest after all payments, and the same as the store rounds it. All cash of a sale is
// rounded together, once.
struct CashLeft {
  std::int64_t exact = 0;
  std::int64_t due = 0;
};

CashLeft cash_left(const PricedTicket& priced, const TicketPaid& paid, std::uint32_t increment) {
  const std::int64_t exact = priced.total + paid.cash_rounding - paid.otherwise - paid.cash;
  if (increment <= 1 || paid.cash_rounding != 0) return {exact, exact};
  return {exact, std::max<std::int64_t>(cash_due(priced.total, paid.otherwise, increment).due - paid.cash, 0)};
}

// The drawer of the ticket's shift, where it has one.
Refusal check_drawer(const TicketState& ticket, const Deciding& deciding) {
  if (!ticket.has_shift_id()) return std::nullopt;
  const schema::ShiftState* shift = nullptr;
  return find_open_shift(deciding, ticket.shift_id(), shift);
}

// P1: change is given only once the sale is covered. Who pays exactly what is not rounded is not rounded.
schema::TicketPayment take_cash(const schema::AddCashTender& command, const CashLeft& left) {
  const std::string& currency = command.tendered().currency();
  schema::TicketPayment payment;
  payment.set_payment_id(command.payment_id());
  payment.set_type(schema::Tender::CASH);
  *payment.mutable_amount() = command.tendered();
  const std::int64_t tendered = command.tendered().amount();
  if (tendered == left.exact || tendered < std::min(left.due, left.exact)) return payment;
  const std::int64_t taken = tendered >= left.due ? left.due : left.exact;
  if (taken != left.exact) set_money(*payment.mutable_cash_rounding(), taken - left.exact, currency);
  if (tendered > taken) set_money(*payment.mutable_change(), tendered - taken, currency);
  return payment;
}

void write_tendered(const TicketState& ticket, const schema::TicketPayment& payment, const Deciding& deciding,
                    std::string_view session_id, Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::PAYMENT, payment.payment_id(), schema::Event::kCashTendered)
                    .mutable_cash_tendered();
  fact.set_payment_id(payment.payment_id());
  fact.set_store_id(ticket.store_id());
  fact.set_terminal_id(ticket.terminal_id());
  fact.set_sale_id(ticket.sale_id());
  fact.set_currency(ticket.currency());
  fact.set_type(schema::Tender::CASH);
  fact.set_amount(payment.amount().amount());
  fact.set_change(payment.change().amount());
  fact.set_employee_id(std::string(employee_of(deciding, session_id)));
}

Refusal check_tendered(const schema::AddCashTender& command, const TicketState& ticket, const Deciding& deciding) {
  if (auto refusal = check_room(ticket, ticket.payments_size(), kTicketPaymentsMost, "/payment_id")) return refusal;
  if (auto refusal = check_drawer(ticket, deciding)) return refusal;
  if (auto refusal = check_currency(command.tendered(), ticket.currency(), "/tendered")) return refusal;
  return check_amount(command.tendered(), 1, "/tendered");
}

Decision decide_cash(const schema::AddCashTender& command, const Deciding& deciding) {
  if (auto known = decide_paid(deciding, command.payment_id(), "/payment_id")) return *std::move(known);
  const TicketState* ticket = nullptr;
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (auto refusal = check_tendered(command, *ticket, deciding)) return *std::move(refusal);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, ticket->store_id(), {}, store)) return *std::move(refusal);
  PricedTicket priced;
  if (auto refusal = price_ticket(deciding, *ticket, *store, "/sale_id", priced)) return *std::move(refusal);
  const TicketPaid paid = paid_of(*ticket);
  const CashLeft left = cash_left(priced, paid, store->policy().cash_rounding());
  if (left.exact <= 0) return reject(schema::AMOUNT_INVALID, "Nothing is left to pay in cash", "/tendered");
  const schema::TicketPayment payment = take_cash(command, left);
  Acceptance accepted;
  write_tendered(*ticket, payment, deciding, command.session_id(), accepted);
  add_ticket_payment(*ticket, payment, command.session_id(), deciding, accepted);
  set_business_date(accepted, deciding, *store);
  auto& answer = answer_ticket(*ticket, deciding, accepted);
  answer.set_payment_id(command.payment_id());
  set_money(*answer.mutable_change(), payment.change().amount(), ticket->currency());
  return accepted;
}

Decision decide_cancel_cash(const schema::CancelCashTender& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  const bool on_ticket = std::ranges::find(ticket->payments(), command.payment_id(),
                                           &schema::TicketPayment::payment_id) != ticket->payments().end();
  if (!on_ticket || payment->type() != schema::Tender::CASH) {
    return reject(schema::PAYMENT_NOT_FOUND, "The ticket has no cash payment " + command.payment_id(), "/payment_id");
  }
  Acceptance accepted;
  move_payment(*payment, deciding, schema::Event::kCashTenderCancelled, accepted)
      .set_amount(payment->amount().amount() - payment->change().amount());
  drop_ticket_payment(*payment, deciding, accepted);
  answer_ticket(*ticket, deciding, accepted).set_payment_id(command.payment_id());
  return accepted;
}

void evolve_tendered(PaymentState& state, const PaymentMoved& fact, const schema::Record& record) {
  begin_payment(state, fact, record, PaymentState::CAPTURED);
}

void evolve_cash_cancelled(PaymentState& state, const PaymentMoved&, const schema::Record&) {
  state.set_status(PaymentState::VOIDED);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::add_cash_tender, needs_cash<schema::AddCashTender>, decide_cash>(Command::kAddCashTender),
    command_rule<&Command::cancel_cash_tender, needs_cash<schema::CancelCashTender>, decide_cancel_cash>(
        Command::kCancelCashTender),
};
constexpr std::array kEvents{
    event_rule<PaymentState, &Event::cash_tendered, evolve_tendered>(Event::kCashTendered, schema::PAYMENT),
    event_rule<PaymentState, &Event::cash_tender_cancelled, evolve_cash_cancelled>(Event::kCashTenderCancelled,
                                                                                   schema::PAYMENT),
};

}  // namespace

const Aggregate& payment_cash_aggregate() {
  static constexpr Aggregate kAggregate{"payment_cash", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
