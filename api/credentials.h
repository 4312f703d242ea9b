// The directory of API keys, in memory: a view of the events that issue and revoke them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "engine/follower.h"
#include "schemas/events.pb.h"
#include "schemas/options.pb.h"
#include "schemas/state.pb.h"

namespace till {

// Who asks. Comes from the key alone, never from a body or a path.
struct Principal {
  std::string tenant;
  std::string key_id;
  schema::Scope scope = schema::SCOPE_UNSPECIFIED;
  std::string terminal;  // the only terminal that a TERMINAL key may act for; empty: any

  // ADMIN includes every scope.
  bool has(schema::Scope wanted) const { return scope == wanted || scope == schema::ADMIN; }
};

// A key as its owner holds it: "till_<key id>_<secret>". The secret has no underscore, so the last one divides.
struct NewApiKey {
  std::string key_id;
  std::string key;            // shown once, kept nowhere
  std::string secret_sha256;  // 32 bytes
};
NewApiKey make_api_key();

// What a key that somebody shows is worth.
enum class KeyStanding : std::uint8_t { kUnknown, kValid, kTenantDeleted };

struct KeyInfo {
  std::string key_id;
  std::string tenant;
  schema::Scope scope = schema::SCOPE_UNSPECIFIED;
  std::string terminal;
  bool revoked = false;
};

// Thread safe apart from the View calls, which its own follower makes.
class Credentials : public View {
 public:
  // Reads the keys and tenants out of the books and follows the log from there. Before the engine's first command;
  // `engine` outlives the result.
  static Result<std::unique_ptr<Credentials>> open(Engine& engine);
  ~Credentials() override;
  void stop();

  // Takes the value of the header Authorization, "Bearer KEY". The principal is filled where the key is valid. A key
  // that was valid when its tenant was deleted is told so; whoever holds one knows that there was a tenant.
  KeyStanding authenticate(std::string_view authorization, Principal& principal) const;
  bool tenant_exists(std::string_view tenant) const;
  std::vector<std::string> tenants() const;
  // Of one tenant, by key id, revoked ones included. Keys end with their tenant, whose deletion revokes none.
  std::vector<KeyInfo> keys(std::string_view tenant) const;

  // What `issue` or `revoke` did at `position` holds for authenticate() once this has returned true.
  bool wait_for(Position position, std::chrono::milliseconds timeout) { return follower_.wait_for(position, timeout); }
  FollowerStatus status() const { return follower_.status(); }

  std::string_view name() const override { return "credentials"; }
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;

 private:
  struct Entry {
    KeyInfo info;
    Hash secret_sha256{};
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  explicit Credentials(Engine& engine);
  Status load(Engine& engine);
  void add(std::string_view tenant, const schema::ApiKeyState& state);
  void apply_event(const std::string& tenant, const schema::Event& event);
  const Entry* find(std::string_view key_id, const Hash& secret_sha256) const;

  mutable std::shared_mutex mutex_;
  // Key ids are random, but unique only inside a tenant: the secret decides between namesakes.
  std::unordered_multimap<std::string, Entry, TextHash, std::equal_to<>> keys_;
  std::set<std::string, std::less<>> tenants_;
  LogPoint at_;
  Follower follower_;
};

}  // namespace till
