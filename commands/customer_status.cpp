#include "commands/customer_status.h"

#include <algorithm>
#include <array>

#include "commands/customer.h"

namespace till {
namespace {

using schema::Consent;
using schema::CustomerState;

template <class Command>
void needs_customer(const Command& command, std::vector<EntityRef>& out) {
  need_customer(command.customer_id(), out);
}

Decision decide_block(const schema::BlockCustomer& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (command.reason() == schema::BlockCustomer::REASON_UNSPECIFIED ||
      !schema::BlockCustomer::Reason_IsValid(command.reason())) {
    return reject(schema::VALIDATION_FAILED, "Not a reason to block a customer", "/reason");
  }
  if (customer->blocked()) {
    return reject(schema::CUSTOMER_BLOCKED, "Customer " + command.customer_id() + " is blocked already",
                  "/customer_id");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerBlocked)
                    .mutable_customer_blocked();
  fact.set_customer_id(command.customer_id());
  fact.set_reason(command.reason());
  set_customer_answer(accepted, deciding, *customer);
  return accepted;
}

Decision decide_unblock(const schema::UnblockCustomer& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (!customer->blocked()) {
    return reject(schema::CUSTOMER_NOT_BLOCKED, "Customer " + command.customer_id() + " is not blocked",
                  "/customer_id");
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerUnblocked)
      .mutable_customer_unblocked()
      ->set_customer_id(command.customer_id());
  set_customer_answer(accepted, deciding, *customer);
  return accepted;
}

Refusal check_consent(const schema::SetConsent& command) {
  if (command.channel() == Consent::CHANNEL_UNSPECIFIED || !Consent::Channel_IsValid(command.channel())) {
    return reject(schema::VALIDATION_FAILED, "Not a channel", "/channel");
  }
  if (command.state() == Consent::STATE_UNSPECIFIED || !Consent::State_IsValid(command.state())) {
    return reject(schema::VALIDATION_FAILED, "A consent is granted or withdrawn", "/state");
  }
  return std::nullopt;
}

// Said again it is a fact again, with its own time.
Decision decide_consent(const schema::SetConsent& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (auto refusal = check_not_merged(*customer)) return *std::move(refusal);
  if (auto refusal = check_consent(command)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kConsentSet)
                    .mutable_consent_set();
  fact.set_customer_id(command.customer_id());
  fact.mutable_consent()->set_channel(command.channel());
  fact.mutable_consent()->set_state(command.state());
  fact.mutable_consent()->set_at_us(deciding.context.recorded_at.value());
  set_answer(accepted, deciding).set_customer_id(command.customer_id());
  return accepted;
}

Decision decide_hold(const schema::PlaceLegalHold& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (command.reason() == schema::PlaceLegalHold::REASON_UNSPECIFIED ||
      !schema::PlaceLegalHold::Reason_IsValid(command.reason())) {
    return reject(schema::VALIDATION_FAILED, "Not a reason for a legal hold", "/reason");
  }
  if (customer->legal_hold()) {
    return reject(schema::LEGAL_HOLD, "Customer " + command.customer_id() + " is under a legal hold already",
                  "/customer_id");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kLegalHoldPlaced)
                    .mutable_legal_hold_placed();
  fact.set_customer_id(command.customer_id());
  fact.set_reason(command.reason());
  set_customer_answer(accepted, deciding, *customer);
  return accepted;
}

Decision decide_lift(const schema::LiftLegalHold& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (!customer->legal_hold()) {
    return reject(schema::NO_LEGAL_HOLD, "Customer " + command.customer_id() + " is under no legal hold",
                  "/customer_id");
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kLegalHoldLifted)
      .mutable_legal_hold_lifted()
      ->set_customer_id(command.customer_id());
  set_customer_answer(accepted, deciding, *customer);
  return accepted;
}

void evolve_blocked(CustomerState& state, const schema::CustomerBlocked&, const schema::Record&) {
  state.set_blocked(true);
  count_change(state);
}

void evolve_unblocked(CustomerState& state, const schema::CustomerUnblocked&, const schema::Record&) {
  state.set_blocked(false);
  count_change(state);
}

void evolve_consent(CustomerState& state, const schema::ConsentSet& fact, const schema::Record&) {
  auto& consents = *state.mutable_consents();
  const auto known = std::ranges::find_if(
      consents, [&](const Consent& consent) { return consent.channel() == fact.consent().channel(); });
  (known != consents.end() ? *known : *state.add_consents()) = fact.consent();
  count_change(state);
}

void evolve_held(CustomerState& state, const schema::LegalHoldPlaced&, const schema::Record&) {
  state.set_legal_hold(true);
  count_change(state);
}

void evolve_lifted(CustomerState& state, const schema::LegalHoldLifted&, const schema::Record&) {
  state.set_legal_hold(false);
  count_change(state);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::block_customer, needs_customer<schema::BlockCustomer>, decide_block>(
        Command::kBlockCustomer),
    command_rule<&Command::unblock_customer, needs_customer<schema::UnblockCustomer>, decide_unblock>(
        Command::kUnblockCustomer),
    command_rule<&Command::set_consent, needs_customer<schema::SetConsent>, decide_consent>(Command::kSetConsent),
    command_rule<&Command::place_legal_hold, needs_customer<schema::PlaceLegalHold>, decide_hold>(
        Command::kPlaceLegalHold),
    command_rule<&Command::lift_legal_hold, needs_customer<schema::LiftLegalHold>, decide_lift>(
        Command::kLiftLegalHold),
};
constexpr std::array kEvents{
    event_rule<CustomerState, &Event::customer_blocked, evolve_blocked>(Event::kCustomerBlocked, schema::CUSTOMER),
    event_rule<CustomerState, &Event::customer_unblocked, evolve_unblocked>(Event::kCustomerUnblocked,
                                                                            schema::CUSTOMER),
    event_rule<CustomerState, &Event::consent_set, evolve_consent>(Event::kConsentSet, schema::CUSTOMER),
    event_rule<CustomerState, &Event::legal_hold_placed, evolve_held>(Event::kLegalHoldPlaced, schema::CUSTOMER),
    event_rule<CustomerState, &Event::legal_hold_lifted, evolve_lifted>(Event::kLegalHoldLifted, schema::CUSTOMER),
};

}  // namespace

const Aggregate& customer_status_aggregate() {
  static constexpr Aggregate kAggregate{"customer_status", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
