#include "commands/payment_offline.h"

#include <array>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/card_payment.h"
#include "commands/money.h"
#include "commands/payment_gateway.h"

namespace till {
namespace {

using schema::OfflineStoredState;
using schema::PaymentMoved;
using schema::PaymentState;

constexpr EntityKind kOfflineStored = kind_of(schema::OFFLINE_STORED);
constexpr std::int64_t kHourUs = 3'600LL * 1'000'000;

std::string offline_id(std::string_view store_id, std::string_view currency) {
  return std::string(store_id).append("/").append(currency);
}

void needs_store_offline(const schema::StoreOfflineCard& command, std::vector<EntityRef>& out) {
  need_card_payment(command, out);
  out.push_back({kOfflineStored, offline_id(command.store_id(), command.amount().currency())});
  if (!command.sale_id().empty()) need_payable(command.sale_id(), out);
}

void needs_offline_result(const schema::ForwardOfflineResult& command, std::vector<EntityRef>& out) {
  need_payment(command.payment_id(), out);
}

std::int64_t stored_of(const Deciding& deciding, const std::string& id) {
  const auto* state = deciding.books.get<OfflineStoredState>(kOfflineStored, id);
  return state == nullptr ? 0 : state->stored();
}

Rejection above_limit(std::string detail, std::string pointer) {
  return reject(schema::OFFLINE_LIMIT_EXCEEDED, std::move(detail), std::move(pointer));
}

Refusal check_limits(const schema::StoreOfflineCard& command, const schema::StorePolicy& policy, std::int64_t stored,
                     const Deciding& deciding) {
  const std::int64_t amount = command.amount().amount();
  if (!policy.has_offline_payment_most()) return above_limit("The store takes no payments offline", "/amount");
  const schema::Money& most = policy.offline_payment_most();
  if (auto refusal = check_currency(command.amount(), most.currency(), "/amount")) return refusal;
  if (amount > most.amount()) return above_limit("The store takes no payment of this amount offline", "/amount");
  if (policy.has_offline_stored_most() && stored > policy.offline_stored_most().amount() - amount) {
    return above_limit("Payments of " + std::to_string(stored) + " are not settled yet", "/amount");
  }
  if (policy.offline_hours_most() == 0) return std::nullopt;
  const std::int64_t age_us = deciding.context.recorded_at.value() - command.created_at_us();
  if (age_us <= policy.offline_hours_most() * kHourUs) return std::nullopt;
  return above_limit("The payment is older than " + std::to_string(policy.offline_hours_most()) + " hours",
                     "/created_at");
}

// Signed.
void move_stored(const PaymentMoved& payment, std::int64_t amount, const Deciding& deciding, Acceptance& accepted) {
  std::string id = offline_id(payment.store_id(), payment.currency());
  const std::int64_t stored = stored_of(deciding, id);
  auto& fact = *add_event(accepted, deciding, schema::OFFLINE_STORED, std::move(id), schema::Event::kOfflineStoredMoved)
                    .mutable_offline_stored_moved();
  fact.set_store_id(payment.store_id());
  fact.set_currency(payment.currency());
  fact.set_payment_id(payment.payment_id());
  fact.set_amount(amount);
  fact.set_stored_after(stored + amount);
}

const PaymentMoved& write_stored(const schema::StoreOfflineCard& command, const schema::StoreState& store,
                                 const Deciding& deciding, Acceptance& accepted) {
  PaymentMoved& fact = begin_card_payment(command, schema::Event::kOfflinePaymentStored, command.amount().currency(),
                                          deciding, accepted);
  fact.set_amount(command.amount().amount());
  fact.set_created_at_us(command.created_at_us());
  keep_gateway(store, fact);
  return fact;
}

Decision decide_store_offline(const schema::StoreOfflineCard& command, const Deciding& deciding) {
  if (auto known = decide_paid(deciding, command.payment_id(), "/payment_id")) return *std::move(known);
  const schema::StoreState* store = nullptr;
  if (auto refusal = check_counter(command, deciding, store)) return *std::move(refusal);
  if (auto refusal = check_amount(command.amount(), 1, "/amount")) return *std::move(refusal);
  const std::string& currency = command.amount().currency();
  const std::int64_t stored = stored_of(deciding, offline_id(command.store_id(), currency));
  if (auto refusal = check_limits(command, store->policy(), stored, deciding)) return *std::move(refusal);
  const schema::TicketState* ticket = nullptr;
  if (auto refusal = find_payable(deciding, command.sale_id(), command.terminal_id(), currency, ticket)) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  const PaymentMoved& fact = write_stored(command, *store, deciding, accepted);
  move_stored(fact, command.amount().amount(), deciding, accepted);
  ask_to_forward(fact, deciding, accepted);
  answer_card_payment(command, command.amount(), ticket, deciding, accepted);
  return accepted;
}

Decision decide_offline_result(const schema::ForwardOfflineResult& command, const Deciding& deciding) {
  const PaymentState* payment = nullptr;
  if (auto refusal = get_payment(deciding, command.payment_id(), payment)) return *std::move(refusal);
  if (payment->status() != PaymentState::STORED_OFFLINE) {
    return reject(schema::PAYMENT_NOT_APPROVED,
                  "Payment " + command.payment_id() + " is " + PaymentState::Status_Name(payment->status()),
                  "/payment_id");
  }
  if (auto refusal = check_answered(*payment, schema::GatewayRequest::FORWARD, {}, "/payment_id")) {
    return *std::move(refusal);
  }
  if (!command.settled() && command.decline_code().empty()) {
    return reject(schema::VALIDATION_FAILED, "A decline has its code", "/decline_code");
  }
  Acceptance accepted;
  if (command.settled()) {
    settle_offline(*payment, command.reference(), deciding, accepted);
  } else {
    decline_offline(*payment, command.decline_code(), deciding, accepted);
  }
  answer_payment(command.payment_id(), deciding, accepted);
  return accepted;
}

void evolve_stored(PaymentState& state, const PaymentMoved& fact, const schema::Record& record) {
  begin_payment(state, fact, record, PaymentState::STORED_OFFLINE);
}

void evolve_settled(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  state.set_status(PaymentState::CAPTURED);
  if (!fact.reference().empty()) state.set_reference(fact.reference());
}

void evolve_offline_declined(PaymentState& state, const PaymentMoved& fact, const schema::Record&) {
  state.set_status(PaymentState::DECLINED_AFTER_SALE);
  state.set_decline_code(fact.decline_code());
  state.set_refund_due(false);
}

// A fact of its own for the books of the shop: the payment knows of it by its decline.
void evolve_loss(PaymentState&, const PaymentMoved&, const schema::Record&) {}

void evolve_stored_moved(OfflineStoredState& state, const schema::OfflineStoredMoved& fact, const schema::Record&) {
  state.set_stored(fact.stored_after());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::store_offline_card, needs_store_offline, decide_store_offline>(Command::kStoreOfflineCard),
    command_rule<&Command::forward_offline_result, needs_offline_result, decide_offline_result>(
        Command::kForwardOfflineResult),
};
constexpr std::array kEvents{
    event_rule<PaymentState, &Event::offline_payment_stored, evolve_stored>(Event::kOfflinePaymentStored,
                                                                            schema::PAYMENT),
    event_rule<PaymentState, &Event::offline_payment_settled, evolve_settled>(Event::kOfflinePaymentSettled,
                                                                              schema::PAYMENT),
    event_rule<PaymentState, &Event::offline_payment_declined, evolve_offline_declined>(Event::kOfflinePaymentDeclined,
                                                                                        schema::PAYMENT),
    event_rule<PaymentState, &Event::offline_loss_opened, evolve_loss>(Event::kOfflineLossOpened, schema::PAYMENT),
    event_rule<OfflineStoredState, &Event::offline_stored_moved, evolve_stored_moved>(Event::kOfflineStoredMoved,
                                                                                      schema::OFFLINE_STORED),
};
constexpr std::array kStates{state_rule<OfflineStoredState>(schema::OFFLINE_STORED)};

}  // namespace

const Aggregate& payment_offline_aggregate() {
  static constexpr Aggregate kAggregate{"payment_offline", kCommands, kEvents, kStates};
  return kAggregate;
}

void settle_offline(const PaymentState& payment, const std::string& reference, const Deciding& deciding,
                    Acceptance& accepted) {
  auto& fact = move_payment(payment, deciding, schema::Event::kOfflinePaymentSettled, accepted);
  fact.set_amount(payment.amount().amount());
  fact.set_reference(reference);
  move_stored(fact, -payment.amount().amount(), deciding, accepted);
}

void decline_offline(const PaymentState& payment, const std::string& decline_code, const Deciding& deciding,
                     Acceptance& accepted) {
  auto& fact = move_payment(payment, deciding, schema::Event::kOfflinePaymentDeclined, accepted);
  fact.set_amount(payment.amount().amount());
  fact.set_decline_code(decline_code);
  move_stored(fact, -payment.amount().amount(), deciding, accepted);
  if (payment.has_used_by()) {
    move_payment(payment, deciding, schema::Event::kOfflineLossOpened, accepted).set_amount(payment.amount().amount());
  } else {
    drop_ticket_payment(payment, deciding, accepted);
  }
}

}  // namespace till
