// Where a tenant's events are sent to. All endpoints of a tenant are one entity. Stream: webhook_endpoints/default.
//
// Ids are the server's: "we_" and the position of the registration. The same URL with the same events is one
// registration as long as nothing changed it, so that a retry under another idempotency key makes no second endpoint.
// Of a secret only its version is known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

inline constexpr int kWebhookEndpointsMost = 16;                     // of a tenant
inline constexpr int kWebhookEventsMost = 64;                        // filters of an endpoint
inline constexpr std::size_t kWebhookUrlMost = 2048;                 // bytes
inline constexpr std::size_t kWebhookReasonMost = 256;               // bytes
inline constexpr std::uint32_t kWebhookOverlapMost = 7 * 24 * 3600;  // seconds
inline constexpr std::uint32_t kWebhookOverlapDefault = 24 * 3600;   // seconds
// The filter that takes every event.
inline constexpr std::string_view kWebhookAllEvents = "*";

const Aggregate& webhook_endpoint_aggregate();

// A state's only id.
inline constexpr std::string_view kWebhookEndpointsId = "default";

// An absolute http or https URL in printable ASCII with a host and nothing that a receiver must not get: no user, no
// fragment. Whether its address may be reached is asked when something is sent.
bool is_webhook_url(std::string_view url);

// The endpoints that an event of this name ("SaleCompleted") is sent to: enabled ones with a filter that takes it, in
// the order of their registration. They live in `state`.
std::vector<const schema::WebhookEndpoint*> webhooks_for(const schema::WebhookEndpointsState& state,
                                                         std::string_view event_name);

// The versions of the secrets that sign at that moment, the newest first.
std::vector<std::uint32_t> webhook_secret_versions(const schema::WebhookEndpoint& endpoint, Micros now);

}  // namespace till
