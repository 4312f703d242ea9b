#include "commands/payment_card.h"

#include <array>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/card_payment.h"
#include "commands/money.h"
#include "commands/payment_gateway.h"

namespace till {
namespace {

using schema::PaymentMoved;
using schema::PaymentState;

constexpr EntityKind kPaymentKey = kind_of(schema::PAYMENT_KEY);
constexpr std::int64_t kWholePpm = 1'000'000;

void needs_authorization(const schema::RecordCardAuthorization& command, std::vector<EntityRef>& out) {
  need_card_payment(command, out);
  if (!command.key().empty()) out.push_back({kPaymentKey, command.key()});
  if (!command.sale_id().empty()) need_payable(command.sale_id(), out);
}

template <class Command>
void needs_card(const Command& command, std::vector<EntityRef>& out) {
  need_payment(command.payment_id(), out);
  need_session(command.session_id(), out);
}

void needs_cancel_key(const schema::CancelPaymentByKey& command, std::vector<EntityRef>& out) {
  out.push_back({kPaymentKey, command.key()});
  need_session(command.session_id(), out);
}

// A key stands for one request to the processor; one that was cancelled brings no payment any more, however late its
// answer comes in.
Refusal check_key(const std::string& key, const Deciding& deciding) {
  const auto* known = key.empty() ? nullptr : deciding.books.get<schema::PaymentKeyState>(kPaymentKey, key);
  if (known == nullptr) return std::nullopt;
  if (known->cancelled()) return reject(schema::PAYMENT_CANCELLED, "The request " + key + " was cancelled", "/key");
  return reject(schema::PAYMENT_ID_REUSED, "The request " + key + " is of payment " + known->payment_id(), "/key");
}

// P2
Refusal check_approval(const schema::RecordCardAuthorization& command, const Deciding& deciding) {
  if (auto refusal = check_amount(command.requested(), 1, "/requested")) return refusal;
  if (auto refusal = check_currency(command.approved(), command.requested().currency(), "/approved")) return refusal;
  if (auto refusal = check_amount(command.approved(), 1, "/approved")) return refusal;
  const std::int64_t requested = command.requested().amount();
  const std::int64_t approved = command.approved().amount();
  if (approved > requested || (approved < requested && !command.accept_partial())) {
    return reject(schema::AMOUNT_INVALID, "Approved is what was requested, or less where that is accepted",
                  "/approved");
  }
  if (command.expires_at_us() == 0 || command.expires_at_us() > deciding.context.recorded_at.value()) {
    return std::nullopt;
  }
  return reject(schema::DELAYED_TRANSACTION_EXPIRED, "The authorization has expired", "/expires_at");
}

template <class Command>
PaymentMoved& write_requested(const Command& command, schema::Event::EventCase event, const Deciding& deciding,
                              Acceptance& accepted) {
  PaymentMoved& fact = begin_card_payment(command, event, command.requested().currency(), deciding, accepted);
  fact.set_requested(command.requested().amount());
  return fact;
}

Decision decide_authorization(const schema::RecordCardAuthorization& command, const Deciding& deciding) {
  if (auto known = decide_paid(deciding, command.payment_id(), "/payment_id")) return *std::move(known);
  if (auto refusal = check_key(command.key(), deciding)) return *std::move(refusal);
  const schema::StoreState* store = nullptr;
  if (auto refusal = check_counter(command, deciding, store)) return *std::move(refusal);
  if (auto refusal = check_approval(command, deciding)) return *std::move(refusal);
  const schema::TicketState* ticket = nullptr;
  if (auto refusal =
          find_payable(deciding, command.sale_id(), command.terminal_id(), command.approved().currency(), ticket)) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  auto& fact = write_requested(command, schema::Event::kCardAuthorized, deciding, accepted);
  fact.set_amount(command.approved().amount());
  fact.set_reference(command.reference());
  fact.set_expires_at_us(command.expires_at_us());
  fact.set_key(command.key());
  keep_gateway(*store, fact);
  if (!command.key().empty()) {
    auto& used = *add_event(accepted, deciding, schema::PAYMENT_KEY, command.key(), schema::Event::kPaymentKeyUsed)
                      .mutable_payment_key_used();
    used.set_key(command.key());
    used.set_payment_id(command.payment_id());
  }
  answer_card_payment(command, command.approved(), ticket, deciding, accepted);
  return accepted;
}

Decision decide_decline(const schema::RecordCardDecline& command, const Deciding& deciding) {
  if (auto known = decide_paid(deciding, command.payment_id(), "/payment_id")) return *std::move(known);
  const schema::StoreState* store = nullptr;
  if (auto refusal = check_counter(command, deciding, store)) return *std::move(refusal);
  if (auto refusal = check_amount(command.requested(), 1, "/requested")) return *std::move(refusal);
  Acceptance accepted;
  write_requested(command, schema::Event::kCardDeclined, deciding, accepted).set_decline_code(command.decline_code());
  answer_payment(command.payment_id(), deciding, accepted);
  return accepted;
}

// What may be captured above the approved amount.
std::int64_t tolerance_of(const PaymentState& payment, const Deciding& deciding) {
  const schema::StoreState* store = nullptr;
  if (find_store(deciding.books, payment.store_id(), {}, store)) return 0;
  return static_cast<std::int64_t>(Wide(payment.amount().amount()) * store->policy().tip_tolerance_ppm() / kWholePpm);
}

Refusal check_capturable(const PaymentState& payment, const Deciding& deciding) {
  const std::string& id = payment.payment_id();
  if (payment.status() == PaymentState::CAPTURED || payment.status() == PaymentState::PARTIALLY_REFUNDED ||
      payment.status() == PaymentState::REFUNDED) {
    return reject(schema::ALREADY_CAPTURED, "Payment " + id + " is captured already", "/payment_id");
  }
  if (payment.status() != PaymentState::APPROVED) {
    return reject(schema::PAYMENT_NOT_APPROVED, "Payment " + id + " is " + PaymentState::Status_Name(payment.status()),
                  "/payment_id");
  }
  if (!payment.has_expires_at_us() || deciding.context.recorded_at.value() < payment.expires_at_us()) {
    return std::nullopt;
  }
  return reject(schema::DELAYED_TRANSACTION_EXPIRED, "The authorization of payment " + id + " has expired",
                "/payment_id");
}

Decision decide_capture_card(const schema::CaptureCard& command, const Deciding& deciding) {
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  if (auto refusal = check_capturable(*payment, deciding)) return *std::move(refusal);
  std::int64_t amount = payment->amount().amount() + payment->tip().amount();
  if (command.has_amount()) {
    if (auto refusal = check_currency(command.amount(), payment->amount().currency(), "/amount")) {
      return *std::move(refusal);
    }
    if (auto refusal = check_amount(command.amount(), 1, "/amount")) return *std::move(refusal);
    amount = command.amount().amount();
  }
  if (amount > payment->amount().amount() + tolerance_of(*payment, deciding)) {
    return reject(schema::AMOUNT_INVALID, "More than was approved, with the tolerance for a tip", "/amount");
  }
  Acceptance accepted;
  move_payment(*payment, deciding, schema::Event::kCardCaptured, accepted).set_amount(amount);
  const GatewayAsk ask{schema::GatewayRequest::CAPTURE, amount, {}};
  if (auto refusal = ask_gateway(*payment, ask, "/payment_id", deciding, accepted)) return *std::move(refusal);
  change_ticket_payment(*payment, amount, deciding, accepted);
  answer_payment(command.payment_id(), deciding, accepted);
  return accepted;
}

// Only before the capture, and while no sale rests on it. An open ticket counts on it no more.
Refusal void_card(const PaymentState& payment, std::string_view pointer, const Deciding& deciding,
                  Acceptance& accepted) {
  const std::string& id = payment.payment_id();
  if (payment.has_used_by()) {
    return reject(schema::PAYMENT_ALREADY_USED, "Payment " + id + " has paid sale " + payment.used_by(),
                  std::string(pointer));
  }
  if (refundable_of(payment) > 0) {
    return reject(schema::DELAYED_TRANSACTION_CAPTURED, "Payment " + id + " is captured", std::string(pointer));
  }
  if (payment.status() != PaymentState::APPROVED) {
    return reject(schema::PAYMENT_NOT_APPROVED, "Payment " + id + " is " + PaymentState::Status_Name(payment.status()),
                  std::string(pointer));
  }
  move_payment(payment, deciding, schema::Event::kAuthorizationVoided, accepted).set_amount(payment.amount().amount());
  const GatewayAsk ask{schema::GatewayRequest::VOID, payment.amount().amount(), {}};
  if (auto refusal = ask_gateway(payment, ask, pointer, deciding, accepted)) return refusal;
  drop_ticket_payment(payment, deciding, accepted);
  return std::nullopt;
}

Decision decide_void_card(const schema::VoidAuthorization& command, const Deciding& deciding) {
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = void_card(*payment, "/payment_id", deciding, accepted)) return *std::move(refusal);
  answer_payment(command.payment_id(), deciding, accepted);
  return accepted;
}

// Of an unknown key nothing is reversed; it is noted, so that the payment is refused should it still come in.
Decision decide_cancel_key(const schema::CancelPaymentByKey& command, const Deciding& deciding) {
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  const auto* known = deciding.books.get<schema::PaymentKeyState>(kPaymentKey, command.key());
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::PAYMENT_KEY, command.key(), schema::Event::kPaymentKeyCancelled)
                    .mutable_payment_key_cancelled();
  fact.set_key(command.key());
  auto& answer = set_answer(accepted, deciding);
  const PaymentState* payment = known == nullptr ? nullptr : find_payment(deciding, known->payment_id());
  if (payment == nullptr) return accepted;
  fact.set_payment_id(payment->payment_id());
  answer.set_payment_id(payment->payment_id());
  if (payment->status() == PaymentState::VOIDED) return accepted;
  if (auto refusal = void_card(*payment, "/key", deciding, accepted)) return *std::move(refusal);
  return accepted;
}

Decision decide_adjust_tip(const schema::AdjustTip& command, const Deciding& deciding) {
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  if (payment->status() != PaymentState::APPROVED) {
    return reject(schema::TIP_WINDOW_CLOSED,
                  "Payment " + command.payment_id() + " is " + PaymentState::Status_Name(payment->status()),
                  "/payment_id");
  }
  if (auto refusal = check_currency(command.tip(), payment->amount().currency(), "/tip")) return *std::move(refusal);
  if (auto refusal = check_amount(command.tip(), 0, "/tip")) return *std::move(refusal);
  if (command.tip().amount() > tolerance_of(*payment, deciding)) {
    return reject(schema::AMOUNT_INVALID, "More than the tolerance for a tip", "/tip");
  }
  Acceptance accepted;
  move_payment(*payment, deciding, schema::Event::kPaymentTipAdjusted, accepted).set_tip(command.tip().amount());
  answer_payment(command.payment_id(), deciding, accepted);
  return accepted;
}

void evolve_authorized(PaymentState& state, const PaymentMoved& fact, const schema::Record& record) {
  begin_payment(state, fact, record, PaymentState::APPROVED);
}

void evolve_declined(PaymentState& state, const PaymentMoved& fact, const schema::Record& record) {
  begin_payment(state, fact, record, PaymentState::DECLINED);
}

void evolve_captured(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  state.set_status(PaymentState::CAPTURED);
  state.mutable_amount()->set_amount(fact.amount());
}

void evolve_voided_card(PaymentState& state, const PaymentMoved&, const schema::Record&) {
  state.set_status(PaymentState::VOIDED);
}

void evolve_tip_adjusted(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  set_money(*state.mutable_tip(), fact.tip(), fact.currency());
}

void evolve_key_used(schema::PaymentKeyState& state, const schema::PaymentKeyMoved& fact, const schema::Record&) {
  state.set_payment_id(fact.payment_id());
}

void evolve_key_cancelled(schema::PaymentKeyState& state, const schema::PaymentKeyMoved&, const schema::Record&) {
  state.set_cancelled(true);
}

using schema::Command;
using schema::Event;
using schema::PaymentKeyState;

constexpr std::array kCommands{
    command_rule<&Command::record_card_authorization, needs_authorization, decide_authorization>(
        Command::kRecordCardAuthorization),
    command_rule<&Command::record_card_decline, need_card_payment<schema::RecordCardDecline>, decide_decline>(
        Command::kRecordCardDecline),
    command_rule<&Command::capture_card, needs_card<schema::CaptureCard>, decide_capture_card>(Command::kCaptureCard),
    command_rule<&Command::void_authorization, needs_card<schema::VoidAuthorization>, decide_void_card>(
        Command::kVoidAuthorization),
    command_rule<&Command::cancel_payment_by_key, needs_cancel_key, decide_cancel_key>(Command::kCancelPaymentByKey),
    command_rule<&Command::adjust_tip, needs_card<schema::AdjustTip>, decide_adjust_tip>(Command::kAdjustTip),
};
constexpr std::array kEvents{
    event_rule<PaymentState, &Event::card_authorized, evolve_authorized>(Event::kCardAuthorized, schema::PAYMENT),
    event_rule<PaymentState, &Event::card_declined, evolve_declined>(Event::kCardDeclined, schema::PAYMENT),
    event_rule<PaymentState, &Event::card_captured, evolve_captured>(Event::kCardCaptured, schema::PAYMENT),
    event_rule<PaymentState, &Event::authorization_voided, evolve_voided_card>(Event::kAuthorizationVoided,
                                                                               schema::PAYMENT),
    event_rule<PaymentState, &Event::payment_tip_adjusted, evolve_tip_adjusted>(Event::kPaymentTipAdjusted,
                                                                                schema::PAYMENT),
    event_rule<PaymentKeyState, &Event::payment_key_used, evolve_key_used>(Event::kPaymentKeyUsed, schema::PAYMENT_KEY),
    event_rule<PaymentKeyState, &Event::payment_key_cancelled, evolve_key_cancelled>(Event::kPaymentKeyCancelled,
                                                                                     schema::PAYMENT_KEY),
};
constexpr std::array kStates{state_rule<PaymentKeyState>(schema::PAYMENT_KEY)};

}  // namespace

const Aggregate& payment_card_aggregate() {
  static constexpr Aggregate kAggregate{"payment_card", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
