#include "api/credentials.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace till {
namespace {

// Whoever issues a key waits for it; one in use needs no haste.
constexpr std::chrono::milliseconds kKeyPace{100};
constexpr std::string_view kKeyPrefix = "till_";
constexpr std::string_view kScheme = "bearer ";
constexpr std::size_t kKeyIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;
// No key is longer; anything longer is not looked at.
constexpr std::size_t kKeyLengthMost = 256;

std::string random_hex(std::size_t bytes) {
  std::string random(bytes, '\0');
  randombytes_buf(random.data(), random.size());
  return to_hex(random);
}

// The name of an authentication scheme is case insensitive.
bool take_scheme(std::string_view& text) {
  if (text.size() < kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = text[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != kScheme[i]) return false;
  }
  text.remove_prefix(kScheme.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return true;
}

}  // namespace

NewApiKey make_api_key() {
  TILL_ASSERT(sodium_init() >= 0);
  const std::string secret = random_hex(kSecretBytes);
  NewApiKey made;
  made.key_id = random_hex(kKeyIdBytes);
  made.key = std::string(kKeyPrefix) + made.key_id + "_" + secret;
  made.secret_sha256 = std::string(as_bytes(sha256(secret)));
  return made;
}

Credentials::Credentials(Engine& engine) : follower_(engine.feed(), *this, FollowerOptions{.pace = kKeyPace}) {}

Credentials::~Credentials() {
  stop();
}

void Credentials::stop() {
  follower_.stop();
}

Result<std::unique_ptr<Credentials>> Credentials::open(Engine& engine) {
  TILL_ASSERT(sodium_init() >= 0);
  std::unique_ptr<Credentials> made(new Credentials(engine));
  if (Status loaded = made->load(engine); !loaded.ok()) return loaded.error();
  made->follower_.start();
  return made;
}

Status Credentials::load(Engine& engine) {
  const std::unique_lock lock(mutex_);
  at_ = engine.feed().durable();
  Status tenants = engine.scan(EntityKind(schema::TENANT),
                               [&](std::string_view tenant, std::string_view, const google::protobuf::Message& state) {
                                 if (!static_cast<const schema::TenantState&>(state).deleted())
                                   tenants_.emplace(tenant);
                               });
  if (!tenants.ok()) return tenants;
  return engine.scan(EntityKind(schema::API_KEY),
                     [&](std::string_view tenant, std::string_view, const google::protobuf::Message& state) {
                       add(tenant, static_cast<const schema::ApiKeyState&>(state));
                     });
}

void Credentials::add(std::string_view tenant, const schema::ApiKeyState& state) {
  Entry entry{{state.key_id(), std::string(tenant), state.scope(), state.terminal_id(), state.revoked()}, {}};
  // A key without a proper hash can never match, yet it is listed.
  if (!from_bytes(state.secret_sha256(), entry.secret_sha256)) entry.info.revoked = true;
  keys_.emplace(state.key_id(), std::move(entry));
}

Result<LogPoint> Credentials::checkpoint() {
  const std::shared_lock lock(mutex_);
  return at_;
}

Status Credentials::apply(std::span<const TransactionPtr> batch) {
  TILL_ASSERT(batch.front()->position() == at_.position.next());
  for (const TransactionPtr& transaction : batch) {
    for (int i = 0; i < transaction->event_count(); ++i) {
      switch (transaction->record().events(i).type()) {
        case schema::Event::kTenantCreatedFieldNumber:
        case schema::Event::kTenantDeletedFieldNumber:
        case schema::Event::kApiKeyIssuedFieldNumber:
        case schema::Event::kApiKeyRevokedFieldNumber:
          apply_event(transaction->record().tenant(), static_cast<const schema::Event&>(transaction->event(i)));
          break;
        default:
          break;
      }
    }
  }
  const std::unique_lock lock(mutex_);
  at_ = batch.back()->point();
  return {};
}

void Credentials::apply_event(const std::string& tenant, const schema::Event& event) {
  const std::unique_lock lock(mutex_);
  if (event.has_tenant_created()) {
    tenants_.insert(tenant);
  } else if (event.has_tenant_deleted()) {
    tenants_.erase(tenant);
  } else if (event.has_api_key_issued()) {
    const schema::ApiKeyIssued& issued = event.api_key_issued();
    schema::ApiKeyState state;
    state.set_key_id(issued.key_id());
    state.set_scope(issued.scope());
    state.set_terminal_id(issued.terminal_id());
    state.set_secret_sha256(issued.secret_sha256());
    add(tenant, state);
  } else if (event.has_api_key_revoked()) {
    const auto [first, last] = keys_.equal_range(event.api_key_revoked().key_id());
    for (auto it = first; it != last; ++it) {
      if (it->second.info.tenant == tenant) it->second.info.revoked = true;
    }
  }
}

// Every namesake is compared, in constant time each.
const Credentials::Entry* Credentials::find(std::string_view key_id, const Hash& secret_sha256) const {
  const Entry* found = nullptr;
  const auto [first, last] = keys_.equal_range(key_id);
  for (auto it = first; it != last; ++it) {
    const bool same = sodium_memcmp(it->second.secret_sha256.data(), secret_sha256.data(), secret_sha256.size()) == 0;
    if (same && !it->second.info.revoked) found = &it->second;
  }
  return found;
}

KeyStanding Credentials::authenticate(std::string_view authorization, Principal& principal) const {
  if (!take_scheme(authorization)) return KeyStanding::kUnknown;
  if (authorization.size() > kKeyLengthMost || !authorization.starts_with(kKeyPrefix)) return KeyStanding::kUnknown;
  const std::string_view key = authorization.substr(kKeyPrefix.size());
  const std::size_t divider = key.rfind('_');
  if (divider == std::string_view::npos || divider == 0 || divider + 1 == key.size()) return KeyStanding::kUnknown;
  const Hash secret_sha256 = sha256(key.substr(divider + 1));
  const std::shared_lock lock(mutex_);
  const Entry* const entry = find(key.substr(0, divider), secret_sha256);
  if (entry == nullptr) return KeyStanding::kUnknown;
  if (tenants_.find(entry->info.tenant) == tenants_.end()) return KeyStanding::kTenantDeleted;
  principal = {entry->info.tenant, entry->info.key_id, entry->info.scope, entry->info.terminal};
  return KeyStanding::kValid;
}

bool Credentials::tenant_exists(std::string_view tenant) const {
  const std::shared_lock lock(mutex_);
  return tenants_.find(tenant) != tenants_.end();
}

std::vector<std::string> Credentials::tenants() const {
  const std::shared_lock lock(mutex_);
  return {tenants_.begin(), tenants_.end()};
}

std::vector<KeyInfo> Credentials::keys(std::string_view tenant) const {
  std::vector<KeyInfo> found;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [key_id, entry] : keys_) {
      if (entry.info.tenant == tenant) found.push_back(entry.info);
    }
  }
  std::sort(found.begin(), found.end(), [](const KeyInfo& a, const KeyInfo& b) { return a.key_id < b.key_id; });
  return found;
}

}  // namespace till
