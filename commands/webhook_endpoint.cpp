#include "commands/webhook_endpoint.h"

#include <algorithm>
#include <array>
#include <string>

namespace till {
namespace {

using schema::Event;
using schema::WebhookEndpoint;
using schema::WebhookEndpointsState;

constexpr EntityKind kWebhookEndpoints = kind_of(schema::WEBHOOK_ENDPOINTS);
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::uint32_t kFirstSecret = 1;
constexpr std::size_t kPortDigitsMost = 5;
constexpr int kPortMost = 65'535;

using Filters = std::vector<std::string_view>;

template <class Body>
void needs_endpoints(const Body&, std::vector<EntityRef>& out) {
  out.push_back({kWebhookEndpoints, std::string(kWebhookEndpointsId)});
}

const WebhookEndpointsState& endpoints_of(const Deciding& deciding) {
  const auto* known = deciding.books.get<WebhookEndpointsState>(kWebhookEndpoints, kWebhookEndpointsId);
  return known == nullptr ? WebhookEndpointsState::default_instance() : *known;
}

const WebhookEndpoint* find_in(const WebhookEndpointsState& state, std::string_view id) {
  for (const WebhookEndpoint& endpoint : state.endpoints()) {
    if (endpoint.endpoint_id() == id) return &endpoint;
  }
  return nullptr;
}

Refusal find_endpoint(const Deciding& deciding, const std::string& id, const WebhookEndpoint*& out) {
  out = find_in(endpoints_of(deciding), id);
  if (out != nullptr) return std::nullopt;
  return reject(schema::WEBHOOK_ENDPOINT_NOT_FOUND, "No webhook endpoint " + id, "/endpoint_id");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What RFC 3986 has in a URL before its fragment. Programs read the others, such as a backslash, in different ways.
bool is_url_character(char c) {
  return is_digit(c) || is_letter(c) || std::string_view("-._~:/?[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

bool is_port(std::string_view port) {
  if (port.empty() || port.size() > kPortDigitsMost || !std::ranges::all_of(port, is_digit)) return false;
  int number = 0;
  for (const char c : port) number = number * 10 + (c - '0');
  return number > 0 && number <= kPortMost;
}

// An address of IPv6 stands in brackets; which addresses there are, the sender's resolver knows.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return false;
    return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    });
  }
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_';
  });
}

// "host", "host:port", "[::1]:port".
bool is_authority(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return is_host(authority);
  return is_host(authority.substr(0, colon)) && is_port(authority.substr(colon + 1));
}

Refusal check_url(const std::string& url) {
  if (is_webhook_url(url)) return std::nullopt;
  return reject(schema::WEBHOOK_URL_INVALID,
                "An absolute URL of http or https with a host, without user and fragment, at most " +
                    std::to_string(kWebhookUrlMost) + " characters",
                "/url");
}

bool is_event(std::string_view name, const Domain& domain) {
  const auto& events = *Event::descriptor();
  for (int i = 0; i < events.field_count(); ++i) {
    if (domain.event_name(static_cast<std::uint32_t>(events.field(i)->number())) == name) return true;
  }
  return false;
}

// `out` gets each filter once.
template <class Body>
Refusal check_filters(const Body& command, const Deciding& deciding, Filters& out) {
  if (command.events().empty() || command.events_size() > kWebhookEventsMost) {
    return reject(schema::VALIDATION_FAILED, "An endpoint names 1 to " + std::to_string(kWebhookEventsMost) + " events",
                  "/events");
  }
  for (int i = 0; i < command.events_size(); ++i) {
    const std::string& name = command.events(i);
    if (name != kWebhookAllEvents && !is_event(name, deciding.domain)) {
      return reject(schema::WEBHOOK_EVENT_UNKNOWN, "No event has the name that is given, and it is not \"*\"",
                    item_pointer("events", static_cast<std::size_t>(i)));
    }
    if (std::ranges::find(out, std::string_view(name)) == out.end()) out.emplace_back(name);
  }
  return std::nullopt;
}

// The endpoint that the same registration has made, where nothing has changed it since.
const WebhookEndpoint* find_same(const WebhookEndpointsState& state, std::string_view url, const Filters& filters) {
  for (const WebhookEndpoint& endpoint : state.endpoints()) {
    const auto& events = endpoint.events();
    if (endpoint.url() == url && endpoint.enabled() && endpoint.secret_version() == kFirstSecret &&
        std::equal(events.begin(), events.end(), filters.begin(), filters.end())) {
      return &endpoint;
    }
  }
  return nullptr;
}

template <class Fact>
void write_filters(const Filters& filters, Fact& fact) {
  for (const std::string_view filter : filters) fact.add_events(std::string(filter));
}

Event& add_fact(Acceptance& accepted, const Deciding& deciding, const std::string& endpoint_id, Event::EventCase type) {
  set_answer(accepted, deciding).set_endpoint_id(endpoint_id);
  return add_event(accepted, deciding, schema::WEBHOOK_ENDPOINTS, std::string(kWebhookEndpointsId), type);
}

Decision decide_register(const schema::RegisterWebhookEndpoint& command, const Deciding& deciding) {
  if (auto refusal = check_url(command.url())) return *std::move(refusal);
  Filters filters;
  if (auto refusal = check_filters(command, deciding, filters)) return *std::move(refusal);
  const WebhookEndpointsState& state = endpoints_of(deciding);
  if (const auto* same = find_same(state, command.url(), filters)) return AlreadyDone{Position(same->position())};
  if (state.endpoints_size() >= kWebhookEndpointsMost) {
    return reject(schema::WEBHOOK_ENDPOINT_LIMIT,
                  "A tenant has at most " + std::to_string(kWebhookEndpointsMost) + " webhook endpoints");
  }
  const std::string id = "we_" + std::to_string(deciding.context.position.value());
  Acceptance accepted;
  auto& answer = set_answer(accepted, deciding);
  answer.set_endpoint_id(id);
  answer.set_secret_version(kFirstSecret);
  auto& fact = *add_event(accepted, deciding, schema::WEBHOOK_ENDPOINTS, std::string(kWebhookEndpointsId),
                          Event::kWebhookEndpointRegistered)
                    .mutable_webhook_endpoint_registered();
  fact.set_endpoint_id(id);
  fact.set_url(command.url());
  write_filters(filters, fact);
  fact.set_secret_version(kFirstSecret);
  return accepted;
}

Decision decide_update(const schema::UpdateWebhookEndpoint& command, const Deciding& deciding) {
  const WebhookEndpoint* endpoint = nullptr;
  if (auto refusal = find_endpoint(deciding, command.endpoint_id(), endpoint)) return *std::move(refusal);
  if (auto refusal = check_url(command.url())) return *std::move(refusal);
  Filters filters;
  if (auto refusal = check_filters(command, deciding, filters)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_fact(accepted, deciding, command.endpoint_id(), Event::kWebhookEndpointUpdated)
                    .mutable_webhook_endpoint_updated();
  fact.set_endpoint_id(command.endpoint_id());
  fact.set_url(command.url());
  write_filters(filters, fact);
  fact.set_enabled(command.has_enabled() ? command.enabled() : endpoint->enabled());
  return accepted;
}

// A further rotation while the former secret still signs ends that one at once: no more than two are ever good.
Decision decide_rotate(const schema::RotateWebhookSecret& command, const Deciding& deciding) {
  const WebhookEndpoint* endpoint = nullptr;
  if (auto refusal = find_endpoint(deciding, command.endpoint_id(), endpoint)) return *std::move(refusal);
  if (command.overlap_seconds() > kWebhookOverlapMost) {
    return reject(schema::VALIDATION_FAILED, "The former secret signs for at most 7 days more", "/overlap_seconds");
  }
  if (command.has_secret_version() && command.secret_version() != endpoint->secret_version()) {
    return reject(schema::VERSION_MISMATCH,
                  "The secret is at version " + std::to_string(endpoint->secret_version()) + ", not " +
                      std::to_string(command.secret_version()),
                  "/secret_version");
  }
  const std::int64_t overlap = command.has_overlap_seconds() ? command.overlap_seconds() : kWebhookOverlapDefault;
  Acceptance accepted;
  auto& answer = set_answer(accepted, deciding);
  answer.set_endpoint_id(command.endpoint_id());
  answer.set_secret_version(endpoint->secret_version() + 1);
  auto& fact = *add_event(accepted, deciding, schema::WEBHOOK_ENDPOINTS, std::string(kWebhookEndpointsId),
                          Event::kWebhookSecretRotated)
                    .mutable_webhook_secret_rotated();
  fact.set_endpoint_id(command.endpoint_id());
  fact.set_secret_version(endpoint->secret_version() + 1);
  fact.set_previous_until_us(deciding.context.recorded_at.value() + overlap * kMicrosPerSecond);
  return accepted;
}

Decision decide_remove(const schema::RemoveWebhookEndpoint& command, const Deciding& deciding) {
  const WebhookEndpoint* endpoint = nullptr;
  if (auto refusal = find_endpoint(deciding, command.endpoint_id(), endpoint)) return *std::move(refusal);
  Acceptance accepted;
  add_fact(accepted, deciding, command.endpoint_id(), Event::kWebhookEndpointRemoved)
      .mutable_webhook_endpoint_removed()
      ->set_endpoint_id(command.endpoint_id());
  return accepted;
}

// Several deliveries may fail at once: the first reason stays.
Decision decide_disable(const schema::DisableWebhookEndpoint& command, const Deciding& deciding) {
  const WebhookEndpoint* endpoint = nullptr;
  if (auto refusal = find_endpoint(deciding, command.endpoint_id(), endpoint)) return *std::move(refusal);
  if (!endpoint->enabled()) return AlreadyDone{Position(endpoint->disabled_position())};
  if (command.reason().size() > kWebhookReasonMost) {
    return reject(schema::VALIDATION_FAILED, "A reason has at most " + std::to_string(kWebhookReasonMost) + " bytes",
                  "/reason");
  }
  Acceptance accepted;
  auto& fact = *add_fact(accepted, deciding, command.endpoint_id(), Event::kWebhookEndpointDisabled)
                    .mutable_webhook_endpoint_disabled();
  fact.set_endpoint_id(command.endpoint_id());
  fact.set_reason(command.reason());
  return accepted;
}

// Null for one that was never registered, which no event names.
WebhookEndpoint* mutable_endpoint(WebhookEndpointsState& state, std::string_view id) {
  for (WebhookEndpoint& endpoint : *state.mutable_endpoints()) {
    if (endpoint.endpoint_id() == id) return &endpoint;
  }
  return nullptr;
}

void disable(WebhookEndpoint& endpoint, const schema::Record& record) {
  endpoint.set_enabled(false);
  endpoint.set_disabled_at_us(record.recorded_at_us());
  endpoint.set_disabled_position(record.position());
}

void enable(WebhookEndpoint& endpoint) {
  endpoint.set_enabled(true);
  endpoint.clear_disabled_reason();
  endpoint.clear_disabled_at_us();
  endpoint.clear_disabled_position();
}

void evolve_registered(WebhookEndpointsState& state, const schema::WebhookEndpointRegistered& fact,
                       const schema::Record& record) {
  WebhookEndpoint& endpoint = *state.add_endpoints();
  endpoint.set_endpoint_id(fact.endpoint_id());
  endpoint.set_url(fact.url());
  *endpoint.mutable_events() = fact.events();
  endpoint.set_enabled(true);
  endpoint.set_created_at_us(record.recorded_at_us());
  endpoint.set_secret_version(fact.secret_version());
  endpoint.set_position(record.position());
}

void evolve_updated(WebhookEndpointsState& state, const schema::WebhookEndpointUpdated& fact,
                    const schema::Record& record) {
  WebhookEndpoint* endpoint = mutable_endpoint(state, fact.endpoint_id());
  if (endpoint == nullptr) return;
  endpoint->set_url(fact.url());
  *endpoint->mutable_events() = fact.events();
  if (fact.enabled()) {
    enable(*endpoint);
  } else if (endpoint->enabled()) {
    disable(*endpoint, record);
  }
}

void evolve_rotated(WebhookEndpointsState& state, const schema::WebhookSecretRotated& fact, const schema::Record&) {
  WebhookEndpoint* endpoint = mutable_endpoint(state, fact.endpoint_id());
  if (endpoint == nullptr) return;
  endpoint->set_secret_version(fact.secret_version());
  endpoint->set_previous_until_us(fact.previous_until_us());
}

void evolve_removed(WebhookEndpointsState& state, const schema::WebhookEndpointRemoved& fact, const schema::Record&) {
  auto& endpoints = *state.mutable_endpoints();
  for (int i = 0; i < endpoints.size(); ++i) {
    if (endpoints.Get(i).endpoint_id() == fact.endpoint_id()) return endpoints.DeleteSubrange(i, 1);
  }
}

void evolve_disabled(WebhookEndpointsState& state, const schema::WebhookEndpointDisabled& fact,
                     const schema::Record& record) {
  WebhookEndpoint* endpoint = mutable_endpoint(state, fact.endpoint_id());
  if (endpoint == nullptr) return;
  disable(*endpoint, record);
  endpoint->set_disabled_reason(fact.reason());
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::register_webhook_endpoint, needs_endpoints<schema::RegisterWebhookEndpoint>,
                 decide_register>(Command::kRegisterWebhookEndpoint),
    command_rule<&Command::update_webhook_endpoint, needs_endpoints<schema::UpdateWebhookEndpoint>, decide_update>(
        Command::kUpdateWebhookEndpoint),
    command_rule<&Command::rotate_webhook_secret, needs_endpoints<schema::RotateWebhookSecret>, decide_rotate>(
        Command::kRotateWebhookSecret),
    command_rule<&Command::remove_webhook_endpoint, needs_endpoints<schema::RemoveWebhookEndpoint>, decide_remove>(
        Command::kRemoveWebhookEndpoint),
    command_rule<&Command::disable_webhook_endpoint, needs_endpoints<schema::DisableWebhookEndpoint>, decide_disable>(
        Command::kDisableWebhookEndpoint),
};
constexpr std::array kEvents{
    event_rule<WebhookEndpointsState, &Event::webhook_endpoint_registered, evolve_registered>(
        Event::kWebhookEndpointRegistered, schema::WEBHOOK_ENDPOINTS),
    event_rule<WebhookEndpointsState, &Event::webhook_endpoint_updated, evolve_updated>(Event::kWebhookEndpointUpdated,
                                                                                        schema::WEBHOOK_ENDPOINTS),
    event_rule<WebhookEndpointsState, &Event::webhook_secret_rotated, evolve_rotated>(Event::kWebhookSecretRotated,
                                                                                      schema::WEBHOOK_ENDPOINTS),
    event_rule<WebhookEndpointsState, &Event::webhook_endpoint_removed, evolve_removed>(Event::kWebhookEndpointRemoved,
                                                                                        schema::WEBHOOK_ENDPOINTS),
    event_rule<WebhookEndpointsState, &Event::webhook_endpoint_disabled, evolve_disabled>(
        Event::kWebhookEndpointDisabled, schema::WEBHOOK_ENDPOINTS),
};
constexpr std::array kStates{state_rule<WebhookEndpointsState>(schema::WEBHOOK_ENDPOINTS)};

}  // namespace

const Aggregate& webhook_endpoint_aggregate() {
  static constexpr Aggregate kAggregate{"webhook_endpoint", kCommands, kEvents, kStates};
  return kAggregate;
}

bool is_webhook_url(std::string_view url) {
  if (url.size() > kWebhookUrlMost || !std::ranges::all_of(url, is_url_character)) return false;
  std::string_view rest;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (url.starts_with(scheme)) rest = url.substr(scheme.size());
  }
  return is_authority(rest.substr(0, rest.find_first_of("/?")));
}

std::vector<const WebhookEndpoint*> webhooks_for(const WebhookEndpointsState& state, std::string_view event_name) {
  std::vector<const WebhookEndpoint*> wanting;
  for (const WebhookEndpoint& endpoint : state.endpoints()) {
    const bool wants = std::ranges::any_of(endpoint.events(), [event_name](const std::string& filter) {
      return filter == event_name || filter == kWebhookAllEvents;
    });
    if (wants && endpoint.enabled()) wanting.push_back(&endpoint);
  }
  return wanting;
}

std::vector<std::uint32_t> webhook_secret_versions(const WebhookEndpoint& endpoint, Micros now) {
  std::vector<std::uint32_t> versions{endpoint.secret_version()};
  if (endpoint.has_previous_until_us() && now.value() < endpoint.previous_until_us()) {
    versions.push_back(endpoint.secret_version() - 1);
  }
  return versions;
}

}  // namespace till
