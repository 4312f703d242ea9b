#include "commands/effect_action.h"

#include <algorithm>
#include <array>
#include <string>

#include "commands/webhook_endpoint.h"

namespace till {
namespace {

using schema::Command;
using schema::EffectAction;
using schema::EffectActionsState;
using schema::Event;

constexpr EntityKind kEffectActions = kind_of(schema::EFFECT_ACTIONS);
constexpr EntityKind kWebhookEndpoints = kind_of(schema::WEBHOOK_ENDPOINTS);
constexpr std::string_view kAllEffects = "all";
constexpr std::string_view kWebhooks = "webhooks";

std::string stream_of(const EffectAction& action) {
  return action.effect().empty() ? std::string(kAllEffects) : action.effect();
}

// "receipts" of "receipts.17.0."; empty where it is no name of a delivery.
std::string effect_of(const std::string& dead_letter_id) {
  const std::size_t first = dead_letter_id.find('.');
  if (first == std::string::npos) return {};
  const std::size_t second = dead_letter_id.find('.', first + 1);
  if (second == std::string::npos || dead_letter_id.find('.', second + 1) == std::string::npos) return {};
  return dead_letter_id.substr(0, first);
}

Acceptance ask(const EffectAction& action, const Deciding& deciding) {
  Acceptance accepted;
  *add_event(accepted, deciding, schema::EFFECT_ACTIONS, stream_of(action), Event::kEffectActionAsked)
       .mutable_effect_action_asked()
       ->mutable_action() = action;
  schema::Answer& answer = set_answer(accepted, deciding);
  if (!action.effect().empty()) answer.set_effect(action.effect());
  if (action.has_delivery()) answer.set_dead_letter_id(action.delivery());
  return accepted;
}

void needs_record(const schema::RecordEffectAction& command, std::vector<EntityRef>& out) {
  out.push_back({kEffectActions, stream_of(command.action())});
}

Decision decide_record(const schema::RecordEffectAction& command, const Deciding& deciding) {
  const EffectAction& action = command.action();
  if (action.kind() == EffectAction::KIND_UNSPECIFIED || !EffectAction::Kind_IsValid(action.kind())) {
    return reject(schema::VALIDATION_FAILED, "Not an action", "/action/kind");
  }
  if (action.effect().empty() && action.kind() != EffectAction::REDRIVE) {
    return reject(schema::VALIDATION_FAILED, "An effect has a name", "/action/effect");
  }
  if (action.reason().empty() || action.reason().size() > kEffectReasonMost) {
    return reject(schema::VALIDATION_FAILED, "A reason has 1 to " + std::to_string(kEffectReasonMost) + " bytes",
                  "/action/reason");
  }
  return ask(action, deciding);
}

// What both commands about one dead letter have.
template <class Body>
void needs_letter(const Body& command, std::vector<EntityRef>& out) {
  const std::string effect = effect_of(command.dead_letter_id());
  out.push_back({kEffectActions, effect.empty() ? std::string(kAllEffects) : effect});
}

template <class Body, EffectAction::Kind kKind>
Decision decide_letter(const Body& command, const Deciding& deciding) {
  EffectAction action;
  action.set_kind(kKind);
  action.set_effect(effect_of(command.dead_letter_id()));
  if (action.effect().empty()) {
    return reject(schema::DEAD_LETTER_NOT_FOUND, "Not the id of a dead letter", "/dead_letter_id");
  }
  action.set_delivery(command.dead_letter_id());
  action.set_reason(command.reason());
  return ask(action, deciding);
}

void needs_redrive_all(const schema::RedriveDeadLetters& command, std::vector<EntityRef>& out) {
  out.push_back({kEffectActions, command.effect().empty() ? std::string(kAllEffects) : command.effect()});
}

Decision decide_redrive_all(const schema::RedriveDeadLetters& command, const Deciding& deciding) {
  const std::uint32_t rate = command.has_rate() ? command.rate() : kRedriveRateDefault;
  if (rate == 0 || rate > kRedriveRateMost) {
    return reject(schema::VALIDATION_FAILED, "A rate is 1 to " + std::to_string(kRedriveRateMost), "/rate");
  }
  EffectAction action;
  action.set_kind(EffectAction::REDRIVE);
  action.set_effect(command.effect());
  action.set_reason(command.reason());
  if (!command.target().empty()) action.set_target(command.target());
  if (!command.event_name().empty()) action.set_event_name(command.event_name());
  action.set_rate(rate);
  return ask(action, deciding);
}

void needs_resend(const schema::ResendWebhook&, std::vector<EntityRef>& out) {
  out.push_back({kWebhookEndpoints, std::string(kWebhookEndpointsId)});
  out.push_back({kEffectActions, std::string(kWebhooks)});
}

Decision decide_resend(const schema::ResendWebhook& command, const Deciding& deciding) {
  const auto* endpoints = deciding.books.get<schema::WebhookEndpointsState>(kWebhookEndpoints, kWebhookEndpointsId);
  const bool known = endpoints != nullptr && std::ranges::any_of(endpoints->endpoints(), [&](const auto& endpoint) {
                       return endpoint.endpoint_id() == command.endpoint_id();
                     });
  if (!known) {
    return reject(schema::WEBHOOK_ENDPOINT_NOT_FOUND, "No webhook endpoint " + command.endpoint_id(), "/endpoint_id");
  }
  EffectAction action;
  action.set_kind(EffectAction::RESEND);
  action.set_effect(std::string(kWebhooks));
  action.set_target(command.endpoint_id());
  action.set_event_id(command.event_id());
  action.set_reason("resend");
  return ask(action, deciding);
}

void evolve_asked(EffectActionsState& state, const schema::EffectActionAsked& fact, const schema::Record&) {
  state.set_actions(state.actions() + 1);
  *state.mutable_latest() = fact.action();
}

using schema::DiscardDeadLetter;
using schema::RedriveDeadLetter;

constexpr std::array kCommands{
    operator_rule<&Command::record_effect_action, needs_record, decide_record>(Command::kRecordEffectAction),
    command_rule<&Command::redrive_dead_letter, needs_letter<RedriveDeadLetter>,
                 decide_letter<RedriveDeadLetter, EffectAction::REDRIVE>>(Command::kRedriveDeadLetter),
    command_rule<&Command::redrive_dead_letters, needs_redrive_all, decide_redrive_all>(Command::kRedriveDeadLetters),
    command_rule<&Command::discard_dead_letter, needs_letter<DiscardDeadLetter>,
                 decide_letter<DiscardDeadLetter, EffectAction::DISCARD>>(Command::kDiscardDeadLetter),
    command_rule<&Command::resend_webhook, needs_resend, decide_resend>(Command::kResendWebhook)};
constexpr std::array kEvents{event_rule<EffectActionsState, &Event::effect_action_asked, evolve_asked>(
    Event::kEffectActionAsked, schema::EFFECT_ACTIONS)};
constexpr std::array kStates{state_rule<EffectActionsState>(schema::EFFECT_ACTIONS)};

}  // namespace

const Aggregate& effect_action_aggregate() {
  static constexpr Aggregate kAggregate{"effect_action", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
