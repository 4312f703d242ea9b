#include "ops/subscriber_registry.h"

#include <crypt.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "api/json_node.h"
#include "api/wire_values.h"
#include "engine/durable_file.h"
#include "engine/json_writer.h"

namespace till {
namespace {

constexpr unsigned kRegistryMode = 0600;
constexpr const char* kBcrypt = "$2b$";
constexpr unsigned long kBcryptCost = 4;
constexpr std::size_t kSaltBytes = 16;

}  // namespace

Result<std::string> hash_of_password(const std::string& password) {
  std::array<char, kSaltBytes> random{};
  TILL_ASSERT(getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* const salted = crypt_gensalt_rn(kBcrypt, kBcryptCost, random.data(), static_cast<int>(random.size()),
                                              setting.data(), static_cast<int>(setting.size()));
  const auto work = std::make_unique<crypt_data>();
  const char* const hash =
      salted == nullptr ? nullptr : crypt_rn(password.c_str(), salted, work.get(), static_cast<int>(sizeof(*work)));
  if (hash == nullptr) return Error{ErrorKind::kUnavailable, "this system's crypt library has no bcrypt"};
  return std::string(hash);
}

Result<SubscriberRegistry> SubscriberRegistry::open(std::string path) {
  SubscriberRegistry registry(std::move(path));
  const Result<std::string> content = read_file(registry.path_);
  if (!content.ok() && content.error().kind == ErrorKind::kNotFound) return registry;
  if (!content.ok()) return content.error();
  const Result<JsonNode> root = JsonNode::parse(content.value());
  if (!root.ok()) return Error{ErrorKind::kInvalid, registry.path_ + ": " + root.error().message};
  for (const JsonNode& item : root.value()["subscribers"].items()) {
    Subscriber subscriber;
    subscriber.tenant = item["tenant"].text();
    subscriber.name = item["name"].text();
    subscriber.password_hash = item["password_hash"].text();
    // They become configuration of nats-server.
    if (!is_tenant_id(subscriber.tenant) || !is_subscriber_name(subscriber.name) || subscriber.password_hash.empty() ||
        subscriber.password_hash.find_first_of("\"\\\n") != std::string::npos) {
      return Error{ErrorKind::kInvalid, registry.path_ + ": not a subscriber: " + item["name"].json()};
    }
    registry.subscribers_.push_back(std::move(subscriber));
  }
  return registry;
}

const Subscriber* SubscriberRegistry::find(std::string_view tenant, std::string_view name) const {
  const auto found = std::ranges::find_if(
      subscribers_, [&](const Subscriber& one) { return one.tenant == tenant && one.name == name; });
  return found == subscribers_.end() ? nullptr : &*found;
}

Status SubscriberRegistry::add(Subscriber subscriber) {
  if (find(subscriber.tenant, subscriber.name) != nullptr) {
    return Error{ErrorKind::kInvalid,
                 "tenant " + subscriber.tenant + " has a subscriber " + subscriber.name + " already"};
  }
  if (subscribers_.size() >= kSubscribersMost) {
    return Error{ErrorKind::kInvalid, "there are " + std::to_string(kSubscribersMost) + " subscribers already"};
  }
  std::vector<Subscriber> subscribers = subscribers_;
  subscribers.push_back(std::move(subscriber));
  if (Status written = write(subscribers); !written.ok()) return written;
  subscribers_ = std::move(subscribers);
  return {};
}

Status SubscriberRegistry::remove(std::string_view tenant, std::string_view name) {
  std::vector<Subscriber> subscribers = subscribers_;
  std::erase_if(subscribers, [&](const Subscriber& one) { return one.tenant == tenant && one.name == name; });
  if (subscribers.size() == subscribers_.size()) return {};
  if (Status written = write(subscribers); !written.ok()) return written;
  subscribers_ = std::move(subscribers);
  return {};
}

Status SubscriberRegistry::write(const std::vector<Subscriber>& subscribers) const {
  std::string text;
  JsonWriter json(text);
  json.begin_object().array("subscribers");
  for (const Subscriber& subscriber : subscribers) {
    json.begin_object().member("tenant", subscriber.tenant).member("name", subscriber.name);
    json.member("password_hash", subscriber.password_hash).end_object();
  }
  json.end_array().end_object();
  return replace_file(path_, text + "\n", kRegistryMode);
}

}  // namespace till
