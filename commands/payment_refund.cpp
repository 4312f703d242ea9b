#include "commands/payment_refund.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/document.h"
#include "commands/money.h"
#include "commands/payment.h"
#include "commands/payment_gateway.h"
#include "commands/store.h"
#include "commands/ticket_payments.h"

namespace till {
namespace {

using schema::PaymentMoved;
using schema::PaymentState;
using schema::Tender;

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr std::string_view kRefund = "refund_payment";

void needs_refund(const schema::RefundPayment& command, std::vector<EntityRef>& out) {
  need_document(kRefund, command.refund_id(), out);
  need_payment(command.payment_id(), out);
  need_session(command.session_id(), out);
}

template <class Command>
void needs_refund_end(const Command& command, std::vector<EntityRef>& out) {
  need_payment(command.payment_id(), out);
}

void needs_unlinked(const schema::UnlinkedRefund& command, std::vector<EntityRef>& out) {
  need_payment(command.refund_id(), out);
  out.push_back({kStore, command.store_id()});
  need_session(command.session_id(), out);
}

// P4: money goes back the way it came, unless somebody may decide otherwise. Cash goes back with a void or a return,
// which take it out of a drawer.
Refusal check_way(const schema::RefundPayment& command, const PaymentState& payment, const Deciding& deciding,
                  Acceptance& accepted) {
  if (payment.type() != Tender::CARD) {
    return reject(schema::PAYMENT_NOT_REFUNDABLE, "Payment " + command.payment_id() + " is not of a card",
                  "/payment_id");
  }
  if (!Tender::Type_IsValid(command.destination())) {
    return reject(schema::VALIDATION_FAILED, "Not a type of tender", "/destination");
  }
  if (command.destination() == Tender::TYPE_UNSPECIFIED || command.destination() == payment.type()) {
    return check_named_session(deciding, command.session_id());
  }
  return authorize(deciding, command.session_id(), schema::REFUND_CROSS_TENDER, deciding.context.recorded_at, accepted,
                   payment.store_id());
}

Decision decide_refund(const schema::RefundPayment& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kRefund, command.refund_id(), "/refund_id")) return *std::move(booked);
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  Acceptance accepted;
  book_document(accepted, deciding, kRefund, command.refund_id());
  if (auto refusal = check_way(command, *payment, deciding, accepted)) return *std::move(refusal);
  const schema::Money& amount = command.amount();
  if (auto refusal = check_refund(*payment, amount.amount(), amount.currency(), "/payment_id", "/amount")) {
    return *std::move(refusal);
  }
  auto& fact = move_payment(*payment, deciding, schema::Event::kRefundRequested, accepted);
  fact.set_refund_id(command.refund_id());
  fact.set_amount(amount.amount());
  fact.set_destination(command.destination() == Tender::TYPE_UNSPECIFIED ? payment->type() : command.destination());
  fact.set_reason(command.reason());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
  // What goes another way than back to the card is none of the gateway's business.
  if (fact.destination() == payment->type()) {
    const GatewayAsk ask{schema::GatewayRequest::REFUND, amount.amount(), command.refund_id()};
    if (auto refusal = ask_gateway(*payment, ask, "/payment_id", deciding, accepted)) return *std::move(refusal);
  }
  answer_payment(command.payment_id(), deciding, accepted).set_refund_id(command.refund_id());
  return accepted;
}

// The refund under way, which no gateway has still to answer.
template <class Command>
Refusal find_refund(const Command& command, const Deciding& deciding, const PaymentState*& payment) {
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return refusal;
  if (!payment->has_pending() || payment->pending().refund_id() != command.refund_id()) {
    return reject(schema::REFUND_NOT_FOUND, "Refund " + command.refund_id() + " is not under way", "/refund_id");
  }
  return check_answered(*payment, schema::GatewayRequest::REFUND, command.refund_id(), "/refund_id");
}

PaymentMoved& end_refund(const PaymentState& payment, schema::Event::EventCase event, const Deciding& deciding,
                         Acceptance& accepted) {
  PaymentMoved& fact = move_payment(payment, deciding, event, accepted);
  fact.set_refund_id(payment.pending().refund_id());
  fact.set_amount(payment.pending().amount().amount());
  fact.set_destination(payment.pending().destination());
  return fact;
}

Decision decide_complete_refund(const schema::CompleteRefund& command, const Deciding& deciding) {
  const PaymentState* payment = nullptr;
  if (auto refusal = find_refund(command, deciding, payment)) return *std::move(refusal);
  Acceptance accepted;
  complete_refund(*payment, deciding, accepted);
  answer_payment(command.payment_id(), deciding, accepted).set_refund_id(command.refund_id());
  return accepted;
}

Decision decide_fail_refund(const schema::FailRefund& command, const Deciding& deciding) {
  const PaymentState* payment = nullptr;
  if (auto refusal = find_refund(command, deciding, payment)) return *std::move(refusal);
  Acceptance accepted;
  fail_refund(*payment, command.decline_code(), deciding, accepted);
  answer_payment(command.payment_id(), deciding, accepted).set_refund_id(command.refund_id());
  return accepted;
}

Decision decide_unlinked(const schema::UnlinkedRefund& command, const Deciding& deciding) {
  if (auto known = decide_paid(deciding, command.refund_id(), "/refund_id")) return *std::move(known);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::REFUND_UNLINKED, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *std::move(refusal);
  }
  if (auto refusal = check_amount(command.amount(), 1, "/amount")) return *std::move(refusal);
  auto& fact = *add_event(accepted, deciding, schema::PAYMENT, command.refund_id(), schema::Event::kUnlinkedRefunded)
                    .mutable_unlinked_refunded();
  fact.set_payment_id(command.refund_id());
  fact.set_refund_id(command.refund_id());
  fact.set_store_id(command.store_id());
  fact.set_currency(command.amount().currency());
  fact.set_type(Tender::CARD);
  fact.set_amount(command.amount().amount());
  fact.set_reference(command.reference());
  fact.set_last4(command.last4());
  fact.set_scheme(command.scheme());
  fact.set_reason(command.reason());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
  set_business_date(accepted, deciding, *store);
  set_answer(accepted, deciding).set_refund_id(command.refund_id());
  return accepted;
}

void evolve_requested(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  auto& pending = *state.mutable_pending();
  pending.set_refund_id(fact.refund_id());
  set_money(*pending.mutable_amount(), fact.amount(), fact.currency());
  pending.set_destination(fact.destination());
}

void evolve_refund_completed(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  state.clear_pending();
  fold_refunded(state, fact.amount());
}

void evolve_refund_failed(PaymentState& state, const PaymentMoved&, const schema::Record&) {
  state.clear_pending();
}

void evolve_unlinked(PaymentState& state, const PaymentMoved& fact, const schema::Record& record) {
  begin_payment(state, fact, record, PaymentState::UNLINKED_REFUND);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::refund_payment, needs_refund, decide_refund>(Command::kRefundPayment),
    command_rule<&Command::complete_refund, needs_refund_end<schema::CompleteRefund>, decide_complete_refund>(
        Command::kCompleteRefund),
    command_rule<&Command::fail_refund, needs_refund_end<schema::FailRefund>, decide_fail_refund>(Command::kFailRefund),
    command_rule<&Command::unlinked_refund, needs_unlinked, decide_unlinked>(Command::kUnlinkedRefund),
};
constexpr std::array kEvents{
    event_rule<PaymentState, &Event::refund_requested, evolve_requested>(Event::kRefundRequested, schema::PAYMENT),
    event_rule<PaymentState, &Event::refund_completed, evolve_refund_completed>(Event::kRefundCompleted,
                                                                                schema::PAYMENT),
    event_rule<PaymentState, &Event::refund_failed, evolve_refund_failed>(Event::kRefundFailed, schema::PAYMENT),
    event_rule<PaymentState, &Event::unlinked_refunded, evolve_unlinked>(Event::kUnlinkedRefunded, schema::PAYMENT),
};

}  // namespace

const Aggregate& payment_refund_aggregate() {
  static constexpr Aggregate kAggregate{"payment_refund", kCommands, kEvents, {}};
  return kAggregate;
}

void complete_refund(const PaymentState& payment, const Deciding& deciding, Acceptance& accepted) {
  const std::int64_t amount = end_refund(payment, schema::Event::kRefundCompleted, deciding, accepted).amount();
  // An open ticket counts no more on what is given back wholly.
  if (refundable_of(payment) == amount) drop_ticket_payment(payment, deciding, accepted);
}

void fail_refund(const PaymentState& payment, const std::string& decline_code, const Deciding& deciding,
                 Acceptance& accepted) {
  end_refund(payment, schema::Event::kRefundFailed, deciding, accepted).set_decline_code(decline_code);
}

}  // namespace till
