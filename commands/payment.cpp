#include "commands/payment.h"

#include <array>
#include <utility>

#include "commands/money.h"
#include "commands/payment_gateway.h"

namespace till {
namespace {

using schema::PaymentMoved;
using schema::PaymentState;

constexpr EntityKind kPayment = kind_of(schema::PAYMENT);

bool is_cash(const PaymentState& payment) {
  return payment.type() == schema::Tender::CASH;
}

bool may_pay(const PaymentState& payment) {
  return payment.status() == PaymentState::APPROVED || payment.status() == PaymentState::CAPTURED ||
         payment.status() == PaymentState::STORED_OFFLINE;
}

Refusal check_match(const PaymentState& payment, const schema::SaleCompleted& sale,
                    const schema::SaleCompleted::Payment& tender, std::string_view pointer) {
  if (payment.amount().currency() != sale.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "Payment " + payment.payment_id() + " is in another currency",
                  std::string(pointer));
  }
  if (payment.type() == tender.type() && payment.amount().amount() == tender.amount()) return std::nullopt;
  return reject(schema::PAYMENT_AMOUNT_MISMATCH,
                "Payment " + payment.payment_id() + " is of " + std::to_string(payment.amount().amount()) + " in " +
                    schema::Tender::Type_Name(payment.type()),
                std::string(pointer));
}

void evolve_used(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  state.set_used_by(fact.sale_id());
}

void evolve_released(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  state.clear_used_by();
  state.set_refund_due(fact.refund_due());
}

void evolve_refunded(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  fold_refunded(state, fact.amount());
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<PaymentState, &Event::payment_used, evolve_used>(Event::kPaymentUsed, schema::PAYMENT),
    event_rule<PaymentState, &Event::payment_released, evolve_released>(Event::kPaymentReleased, schema::PAYMENT),
    event_rule<PaymentState, &Event::payment_refunded, evolve_refunded>(Event::kPaymentRefunded, schema::PAYMENT),
};
constexpr std::array kStates{state_rule<PaymentState>(schema::PAYMENT)};

}  // namespace

const Aggregate& payment_aggregate() {
  static constexpr Aggregate kAggregate{"payment", {}, kEvents, kStates};
  return kAggregate;
}

void need_payment(std::string_view payment_id, std::vector<EntityRef>& out) {
  out.push_back({kPayment, std::string(payment_id)});
}

const PaymentState* find_payment(const Deciding& deciding, std::string_view payment_id) {
  return deciding.books.get<PaymentState>(kPayment, payment_id);
}

Refusal get_payment(const Deciding& deciding, std::string_view payment_id, const PaymentState*& payment) {
  payment = find_payment(deciding, payment_id);
  if (payment != nullptr) return std::nullopt;
  return reject(schema::PAYMENT_NOT_FOUND, "No payment " + std::string(payment_id), "/payment_id");
}

std::optional<Decision> decide_paid(const Deciding& deciding, std::string_view payment_id, std::string_view pointer) {
  const PaymentState* known = find_payment(deciding, payment_id);
  if (known == nullptr) return std::nullopt;
  if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
  return reject(schema::PAYMENT_ID_REUSED, "Payment " + std::string(payment_id) + " was recorded with other content",
                std::string(pointer));
}

PaymentMoved& move_payment(const PaymentState& payment, const Deciding& deciding, Event::EventCase event,
                           Acceptance& accepted) {
  auto& fact = static_cast<PaymentMoved&>(
      mutable_body(add_event(accepted, deciding, schema::PAYMENT, payment.payment_id(), event), event));
  fact.set_payment_id(payment.payment_id());
  fact.set_store_id(payment.store_id());
  fact.set_terminal_id(payment.terminal_id());
  fact.set_sale_id(payment.has_used_by() ? payment.used_by() : payment.sale_id());
  fact.set_currency(payment.amount().currency());
  fact.set_type(payment.type());
  return fact;
}

schema::Answer& answer_payment(std::string_view payment_id, const Deciding& deciding, Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_payment_id(std::string(payment_id));
  return answer;
}

Refusal use_payment(const Deciding& deciding, const schema::SaleCompleted& sale,
                    const schema::SaleCompleted::Payment& tender, std::string_view pointer, Acceptance& accepted) {
  const PaymentState* payment = find_payment(deciding, tender.payment_id());
  if (payment == nullptr) {
    return reject(schema::PAYMENT_NOT_FOUND, "No payment " + tender.payment_id(), std::string(pointer));
  }
  if (payment->has_used_by() || (payment->has_sale_id() && payment->sale_id() != sale.sale_id())) {
    return reject(schema::PAYMENT_ALREADY_USED, "Payment " + tender.payment_id() + " is of another sale",
                  std::string(pointer));
  }
  if (!may_pay(*payment) || payment->refund_due()) {
    return reject(schema::PAYMENT_NOT_APPROVED,
                  "Payment " + tender.payment_id() + " is " + PaymentState::Status_Name(payment->status()),
                  std::string(pointer));
  }
  if (auto refusal = check_match(*payment, sale, tender, pointer)) return refusal;
  auto& fact = move_payment(*payment, deciding, Event::kPaymentUsed, accepted);
  fact.set_sale_id(sale.sale_id());
  fact.set_amount(tender.amount());
  return std::nullopt;
}

void release_payment(const Deciding& deciding, std::string_view payment_id, Acceptance& accepted) {
  const PaymentState* payment = find_payment(deciding, payment_id);
  if (payment == nullptr) return;
  const std::int64_t left = refundable_of(*payment);
  if (is_cash(*payment)) {
    if (left > 0) move_payment(*payment, deciding, Event::kPaymentRefunded, accepted).set_amount(left);
    return;
  }
  const bool due = left > 0 && payment->status() != PaymentState::APPROVED;
  move_payment(*payment, deciding, Event::kPaymentReleased, accepted).set_refund_due(due);
}

std::int64_t refundable_of(const PaymentState& payment) {
  switch (payment.status()) {
    case PaymentState::CAPTURED:
    case PaymentState::PARTIALLY_REFUNDED:
      return payment.amount().amount() - payment.change().amount() - payment.refunded().amount();
    case PaymentState::STORED_OFFLINE:
      return payment.amount().amount();
    default:
      return 0;
  }
}

Refusal check_refund(const PaymentState& payment, std::int64_t amount, std::string_view currency,
                     std::string_view pointer, std::string_view amount_pointer) {
  if (payment.status() != PaymentState::CAPTURED && payment.status() != PaymentState::PARTIALLY_REFUNDED) {
    return reject(schema::PAYMENT_NOT_REFUNDABLE,
                  "Payment " + payment.payment_id() + " is " + PaymentState::Status_Name(payment.status()),
                  std::string(pointer));
  }
  if (payment.has_pending()) {
    return reject(schema::REFUND_ALREADY_PENDING, "Refund " + payment.pending().refund_id() + " is under way",
                  std::string(pointer));
  }
  if (payment.amount().currency() != currency) {
    return reject(schema::CURRENCY_MISMATCH, "The payment is in " + payment.amount().currency(),
                  std::string(amount_pointer));
  }
  if (amount > 0 && amount <= refundable_of(payment)) return std::nullopt;
  return reject(schema::REFUND_AMOUNT_INVALID,
                "Of payment " + payment.payment_id() + " " + std::to_string(refundable_of(payment)) + " is left",
                std::string(amount_pointer));
}

Refusal refund_payment(const Deciding& deciding, std::string_view payment_id, std::int64_t amount,
                       std::string_view currency, std::string_view document_id, std::string_view pointer,
                       Acceptance& accepted) {
  const PaymentState* payment = find_payment(deciding, payment_id);
  if (payment == nullptr) {
    return reject(schema::PAYMENT_NOT_FOUND, "No payment " + std::string(payment_id), std::string(pointer));
  }
  if (auto refusal = check_refund(*payment, amount, currency, pointer, pointer)) return refusal;
  auto& fact = move_payment(*payment, deciding, Event::kPaymentRefunded, accepted);
  fact.set_refund_id(std::string(document_id));
  fact.set_amount(amount);
  return ask_gateway(*payment, {schema::GatewayRequest::REFUND, amount, {}}, pointer, deciding, accepted);
}

void begin_payment(PaymentState& state, const PaymentMoved& fact, const schema::Record& record,
                   PaymentState::Status status) {
  state.set_payment_id(fact.payment_id());
  state.set_type(fact.type());
  state.set_status(status);
  state.set_store_id(fact.store_id());
  if (!fact.terminal_id().empty()) state.set_terminal_id(fact.terminal_id());
  if (!fact.sale_id().empty()) state.set_sale_id(fact.sale_id());
  set_money(*state.mutable_amount(), fact.amount(), fact.currency());
  if (fact.change() != 0) set_money(*state.mutable_change(), fact.change(), fact.currency());
  if (!fact.reference().empty()) state.set_reference(fact.reference());
  if (!fact.last4().empty()) state.set_last4(fact.last4());
  if (!fact.scheme().empty()) state.set_scheme(fact.scheme());
  if (fact.expires_at_us() != 0) state.set_expires_at_us(fact.expires_at_us());
  if (!fact.decline_code().empty()) state.set_decline_code(fact.decline_code());
  state.set_card_gateway(fact.card_gateway());
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void fold_refunded(PaymentState& state, std::int64_t amount) {
  set_money(*state.mutable_refunded(), state.refunded().amount() + amount, state.amount().currency());
  const std::int64_t whole = state.amount().amount() - state.change().amount();
  state.set_status(state.refunded().amount() >= whole ? PaymentState::REFUNDED : PaymentState::PARTIALLY_REFUNDED);
  if (state.status() == PaymentState::REFUNDED) state.set_refund_due(false);
}

}  // namespace till
