// The subscribers outside of a data folder: one file of mode 0600, replaced as a whole. Of a password it keeps what
// nats-server needs to check it, and nothing that it can be read from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "projections/relay/subscriber.h"

namespace till {

inline constexpr std::size_t kSubscribersMost = 1000;  // of all tenants

// bcrypt at its lowest cost: for random passwords, which no guessing reaches, and a server that checks one at each
// connection. kUnavailable where the system's library refuses.
Result<std::string> hash_of_password(const std::string& password);

// One thread at a time.
class SubscriberRegistry {
 public:
  // Empty where there is no such file. kInvalid where it cannot be read.
  static Result<SubscriberRegistry> open(std::string path);

  const std::vector<Subscriber>& all() const { return subscribers_; }
  // Null where there is none.
  const Subscriber* find(std::string_view tenant, std::string_view name) const;
  // Durable when they return. kInvalid: it is there already, or there are too many. Removing one that is not there
  // changes nothing.
  Status add(Subscriber subscriber);
  Status remove(std::string_view tenant, std::string_view name);

 private:
  explicit SubscriberRegistry(std::string path) : path_(std::move(path)) {}
  Status write(const std::vector<Subscriber>& subscribers) const;

  std::string path_;
  std::vector<Subscriber> subscribers_;  // in the order of their making
};

}  // namespace till
