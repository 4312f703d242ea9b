// A subscriber outside: a partner that reads one tenant's events from the stream with a client of its own.
//
// It has an account of nats-server with one user, and a durable pull consumer in the account of the stream. The account
// imports that consumer's requests and the tenant's subjects, and its user may use nothing else. Permissions inside the
// stream's own account would not do: whoever may ask a consumer there can have the answer sent to a subject of the
// stream, another tenant's too. An import sends it back into the account that asked.
#pragma once

#include <string>
#include <string_view>

#include "projections/relay/relay_options.h"

namespace till {

// The JetStream domain that a subscriber's client names: the prefix under which its account has the consumer.
inline constexpr std::string_view kSubscriberDomain = "till";
// The account of nats-server that the stream and Till's own user are in.
inline constexpr std::string_view kStreamAccount = "TILL";

struct Subscriber {
  std::string tenant;
  std::string name;           // unique in the tenant
  std::string password_hash;  // as nats-server takes it: bcrypt
};

// 1-32 of A-Z a-z 0-9 -.
bool is_subscriber_name(std::string_view name);

// "subscriber_acme_erp": the account, the user and the consumer. Tenants have no underscore, so no two are the same.
std::string subscriber_name(std::string_view tenant, std::string_view name);
inline std::string subscriber_name(const Subscriber& subscriber) {
  return subscriber_name(subscriber.tenant, subscriber.name);
}

// Parts of nats-server's configuration: what the account of the stream exports, as the value of `exports`; a
// subscriber's account, as a member of `accounts`.
std::string subscriber_exports(const RelayOptions& stream);
std::string subscriber_account(const RelayOptions& stream, const Subscriber& subscriber);

}  // namespace till
