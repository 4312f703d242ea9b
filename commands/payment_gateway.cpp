#include "commands/payment_gateway.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "commands/document.h"
#include "commands/money.h"
#include "commands/payment.h"
#include "commands/payment_offline.h"
#include "commands/payment_refund.h"

namespace till {
namespace {

using schema::GatewayRequest;
using schema::GatewayRequested;
using schema::GatewayResultRecorded;
using schema::PaymentState;
using schema::StorePolicy;

constexpr std::string_view kResult = "record_gateway_result";

bool is_pending(const GatewayRequest& request) {
  return request.outcome() == GatewayRequest::PENDING;
}

// The number counts all requests of the payment, so that no id comes twice.
std::string request_id_of(const std::string& payment_id, GatewayRequest::Kind kind, std::uint32_t number) {
  return payment_id + ":" + GatewayRequest::Kind_Name(kind) + ":" + std::to_string(number);
}

GatewayRequested& add_request(const std::string& payment_id, const GatewayAsk& ask, std::uint32_t made_before,
                              const Deciding& deciding, Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::PAYMENT, payment_id, schema::Event::kGatewayRequested)
                    .mutable_gateway_requested();
  fact.set_request_id(request_id_of(payment_id, ask.kind, made_before + 1));
  fact.set_payment_id(payment_id);
  fact.set_kind(ask.kind);
  fact.set_amount(ask.amount);
  fact.set_refund_id(ask.refund_id);
  return fact;
}

void needs_result(const schema::RecordGatewayResult& command, std::vector<EntityRef>& out) {
  need_document(kResult, command.request_id(), out);
  need_payment(command.payment_id(), out);
}

// GATEWAY_REQUEST_NOT_FOUND, or the pending request.
Refusal find_pending(const schema::RecordGatewayResult& command, const PaymentState& payment,
                     const GatewayRequest*& request) {
  for (const GatewayRequest& one : payment.gateway_requests()) {
    if (one.request_id() != command.request_id() || !is_pending(one)) continue;
    request = &one;
    return std::nullopt;
  }
  return reject(schema::GATEWAY_REQUEST_NOT_FOUND, "No request " + command.request_id() + " is under way",
                "/request_id");
}

Refusal check_outcome(const schema::RecordGatewayResult& command) {
  if (command.outcome() != GatewayRequest::APPROVED && command.outcome() != GatewayRequest::DECLINED) {
    return reject(schema::VALIDATION_FAILED, "A gateway approves or declines", "/outcome");
  }
  if (command.outcome() == GatewayRequest::APPROVED || !command.code().empty()) return std::nullopt;
  return reject(schema::VALIDATION_FAILED, "A decline has its code", "/code");
}

// Whether the request is of the refund that waits for its answer.
bool ends_refund(const PaymentState& payment, const GatewayRequest& request) {
  return request.kind() == GatewayRequest::REFUND && request.has_refund_id() && payment.has_pending() &&
         payment.pending().refund_id() == request.refund_id();
}

// What waits for the answer follows it. All else was counted as done when the gateway was asked.
bool waits(const PaymentState& payment, const GatewayRequest& request) {
  return request.kind() == GatewayRequest::FORWARD || ends_refund(payment, request);
}

void write_result(const schema::RecordGatewayResult& command, const PaymentState& payment,
                  const GatewayRequest& request, const Deciding& deciding, Acceptance& accepted) {
  auto& fact =
      *add_event(accepted, deciding, schema::PAYMENT, command.payment_id(), schema::Event::kGatewayResultRecorded)
           .mutable_gateway_result_recorded();
  fact.set_request_id(request.request_id());
  fact.set_payment_id(command.payment_id());
  fact.set_kind(request.kind());
  fact.set_outcome(command.outcome());
  fact.set_amount(request.amount().amount());
  fact.set_currency(request.amount().currency());
  fact.set_gateway_reference(command.gateway_reference());
  fact.set_code(command.code());
  fact.set_store_id(payment.store_id());
  fact.set_refund_id(request.refund_id());
  fact.set_at_odds(command.outcome() == GatewayRequest::DECLINED && !waits(payment, request));
}

void follow_answer(const schema::RecordGatewayResult& command, const PaymentState& payment,
                   const GatewayRequest& request, const Deciding& deciding, Acceptance& accepted) {
  const bool approved = command.outcome() == GatewayRequest::APPROVED;
  if (request.kind() == GatewayRequest::FORWARD && payment.status() == PaymentState::STORED_OFFLINE) {
    if (approved) {
      settle_offline(payment, command.gateway_reference(), deciding, accepted);
    } else {
      decline_offline(payment, command.code(), deciding, accepted);
    }
  } else if (ends_refund(payment, request)) {
    if (approved) {
      complete_refund(payment, deciding, accepted);
    } else {
      fail_refund(payment, command.code(), deciding, accepted);
    }
  }
}

// The request's id is used once, like that of a paper: the answer stays known after the payment has forgotten it.
Decision decide_result(const schema::RecordGatewayResult& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kResult, command.request_id(), "/request_id")) return *std::move(booked);
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  const GatewayRequest* request = nullptr;
  if (auto refusal = find_pending(command, *payment, request)) return *std::move(refusal);
  if (auto refusal = check_outcome(command)) return *std::move(refusal);
  Acceptance accepted;
  book_document(accepted, deciding, kResult, command.request_id());
  write_result(command, *payment, *request, deciding, accepted);
  follow_answer(command, *payment, *request, deciding, accepted);
  auto& answer = answer_payment(command.payment_id(), deciding, accepted);
  if (request->has_refund_id()) answer.set_refund_id(request->refund_id());
  return accepted;
}

void evolve_asked(PaymentState& state, const GatewayRequested& fact, const schema::Record&) {
  auto& requests = *state.mutable_gateway_requests();
  if (requests.size() >= kGatewayRequestsMost) {
    const auto answered = std::find_if_not(requests.begin(), requests.end(), is_pending);
    if (answered != requests.end()) requests.erase(answered);
  }
  GatewayRequest& request = *requests.Add();
  request.set_request_id(fact.request_id());
  request.set_kind(fact.kind());
  set_money(*request.mutable_amount(), fact.amount(), fact.currency());
  request.set_outcome(GatewayRequest::PENDING);
  if (!fact.refund_id().empty()) request.set_refund_id(fact.refund_id());
  state.set_gateway_requests_made(state.gateway_requests_made() + 1);
}

void evolve_result(PaymentState& state, const GatewayResultRecorded& fact, const schema::Record&) {
  if (fact.at_odds()) state.set_gateway_at_odds(true);
  for (GatewayRequest& request : *state.mutable_gateway_requests()) {
    if (request.request_id() != fact.request_id()) continue;
    request.set_outcome(fact.outcome());
    if (!fact.gateway_reference().empty()) request.set_gateway_reference(fact.gateway_reference());
    if (!fact.code().empty()) request.set_code(fact.code());
  }
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::record_gateway_result, needs_result, decide_result>(Command::kRecordGatewayResult),
};
constexpr std::array kEvents{
    event_rule<PaymentState, &Event::gateway_requested, evolve_asked>(Event::kGatewayRequested, schema::PAYMENT),
    event_rule<PaymentState, &Event::gateway_result_recorded, evolve_result>(Event::kGatewayResultRecorded,
                                                                             schema::PAYMENT),
};

}  // namespace

const Aggregate& payment_gateway_aggregate() {
  static constexpr Aggregate kAggregate{"payment_gateway", kCommands, kEvents, {}};
  return kAggregate;
}

void keep_gateway(const schema::StoreState& store, schema::PaymentMoved& begun) {
  if (store.policy().card_gateway() == StorePolicy::GATEWAY) begun.set_card_gateway(StorePolicy::GATEWAY);
}

Refusal ask_gateway(const PaymentState& payment, const GatewayAsk& ask, std::string_view pointer,
                    const Deciding& deciding, Acceptance& accepted) {
  if (payment.card_gateway() != StorePolicy::GATEWAY) return std::nullopt;
  const auto& requests = payment.gateway_requests();
  if (requests.size() >= kGatewayRequestsMost && std::all_of(requests.begin(), requests.end(), is_pending)) {
    return reject(schema::GATEWAY_REQUEST_PENDING,
                  "The gateway has not answered " + std::to_string(requests.size()) + " requests of payment " +
                      payment.payment_id(),
                  std::string(pointer));
  }
  auto& fact = add_request(payment.payment_id(), ask, payment.gateway_requests_made(), deciding, accepted);
  fact.set_currency(payment.amount().currency());
  fact.set_last4(payment.last4());
  fact.set_reference(payment.reference());
  fact.set_store_id(payment.store_id());
  return std::nullopt;
}

void ask_to_forward(const schema::PaymentMoved& stored, const Deciding& deciding, Acceptance& accepted) {
  if (stored.card_gateway() != StorePolicy::GATEWAY) return;
  const GatewayAsk ask{GatewayRequest::FORWARD, stored.amount(), {}};
  auto& fact = add_request(stored.payment_id(), ask, 0, deciding, accepted);
  fact.set_currency(stored.currency());
  fact.set_last4(stored.last4());
  fact.set_reference(stored.reference());
  fact.set_store_id(stored.store_id());
}

Refusal check_answered(const PaymentState& payment, GatewayRequest::Kind kind, std::string_view refund_id,
                       std::string_view pointer) {
  for (const GatewayRequest& request : payment.gateway_requests()) {
    if (!is_pending(request) || request.kind() != kind || request.refund_id() != refund_id) continue;
    return reject(schema::GATEWAY_REQUEST_PENDING, "The gateway has not answered " + request.request_id(),
                  std::string(pointer));
  }
  return std::nullopt;
}

}  // namespace till
