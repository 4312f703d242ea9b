// What the read routes ask of effects.
#include <algorithm>
#include <charconv>
#include <utility>

#include "api/view_queries.h"
#include "commands/webhook_endpoint.h"
#include "projections/effects/effect_host.h"
#include "projections/effects/webhook_effect.h"
#include "projections/read_cache/read_cache.h"

namespace till {
namespace {

// Where the log has lost the event, its id is not known.
std::string event_id_of(EffectHost& effects, const EventRef& event) {
  const Result<EffectMessage> message = effects.events().find(event);
  return message.ok() ? message->id : std::string();
}

schema::DeadLetter shown_letter(EffectHost& effects, const DeadLetter& letter) {
  schema::DeadLetter shown;
  shown.set_dead_letter_id(delivery_text(letter.name));
  shown.set_effect(letter.name.effect);
  shown.set_target(letter.name.delivery.target);
  shown.set_event(letter.parked.event_name());
  shown.set_event_id(event_id_of(effects, letter.name.delivery.event));
  shown.set_attempts(letter.parked.attempts());
  shown.set_first_at_us(letter.parked.first_at_us());
  shown.set_last_at_us(letter.parked.last_at_us());
  shown.set_error(letter.parked.error());
  shown.set_redriven(letter.parked.redriven());
  return shown;
}

schema::WebhookDelivery shown_attempt(const schema::AttemptRecord& attempt) {
  schema::WebhookDelivery shown;
  shown.set_event_id(attempt.event_id());
  shown.set_event(attempt.event_name());
  shown.set_attempt(attempt.attempt());
  shown.set_outcome(attempt.outcome());
  shown.set_answer(attempt.answer());
  shown.set_error(attempt.error());
  shown.set_at_us(attempt.at_us());
  shown.set_took_ms(attempt.took_ms());
  return shown;
}

}  // namespace

Result<Paged<schema::DeadLetterList>> ViewQueries::dead_letters(std::string_view tenant, std::string_view effect,
                                                                const PageRequest& page) {
  Paged<schema::DeadLetterList> out;
  out.at = cache_.info().status.at;
  if (effects_ == nullptr) return out;
  const DeadLetterFilter filter{std::string(effect), std::string(tenant), {}, {}};
  const auto letters = effects_->dead_letters(filter, read_delivery_text(page.after), page.limit + 1);
  if (!letters.ok()) return letters.error();
  const std::size_t shown = std::min(letters->size(), page.limit);
  for (std::size_t i = 0; i < shown; ++i) {
    *out.message.add_dead_letters() = shown_letter(*effects_, (*letters)[i]);
  }
  if (letters->size() > shown) out.next = delivery_text((*letters)[shown - 1].name);
  return out;
}

Result<Lookup<schema::DeadLetter>> ViewQueries::dead_letter(std::string_view tenant, std::string_view dead_letter_id) {
  Lookup<schema::DeadLetter> found{std::nullopt, cache_.info().status.at};
  const std::optional<DeliveryName> name = read_delivery_text(dead_letter_id);
  if (effects_ == nullptr || !name) return found;
  const Result<DeadLetter> letter = effects_->dead_letter(*name, tenant);
  if (!letter.ok() && letter.error().kind != ErrorKind::kNotFound) return letter.error();
  if (letter.ok()) found.message = shown_letter(*effects_, *letter);
  return found;
}

Result<Lookup<Paged<schema::WebhookDeliveryList>>> ViewQueries::webhook_deliveries(std::string_view tenant,
                                                                                   std::string_view endpoint_id,
                                                                                   const PageRequest& page) {
  const EntityKind kind(static_cast<std::uint16_t>(schema::WEBHOOK_ENDPOINTS));
  auto endpoints = entity(tenant, kind, kWebhookEndpointsId, std::nullopt);
  if (!endpoints.ok()) return endpoints.error();
  Lookup<Paged<schema::WebhookDeliveryList>> found{std::nullopt, endpoints->at};
  if (!endpoints->message) return found;
  const auto& state = static_cast<const schema::WebhookEndpointsState&>(*endpoints->message->state);
  if (std::ranges::find(state.endpoints(), endpoint_id, &schema::WebhookEndpoint::endpoint_id) ==
      state.endpoints().end()) {
    return found;
  }
  found.message.emplace();
  found.message->at = endpoints->at;
  found.message->message.set_endpoint_id(std::string(endpoint_id));
  if (effects_ == nullptr) return found;
  std::optional<std::uint64_t> before;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(page.after.data(), page.after.data() + page.after.size(), number);
  if (!page.after.empty() && error == std::errc() && end == page.after.data() + page.after.size()) before = number;
  const auto attempts = effects_->journal().latest(WebhookEffect::kName, endpoint_id, before, page.limit);
  if (!attempts.ok()) return attempts.error();
  for (const schema::AttemptRecord& attempt : attempts->attempts) {
    *found.message->message.add_deliveries() = shown_attempt(attempt);
  }
  if (attempts->next) found.message->next = std::to_string(*attempts->next);
  return found;
}

}  // namespace till
