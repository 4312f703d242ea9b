// What a till did while it was away: its entries in one request, each decided by itself in the order of their chain.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api_parts.h"
#include "api/command_flow.h"
#include "api/http.h"

namespace till {

struct BatchEntry;
struct DecodedSync;

// Thread safe. Checks in this order: scope, terminal, media type, form, hashes, signature; then each entry.
class SyncHandler {
 public:
  // `parts` outlives this object.
  explicit SyncHandler(ApiParts& parts) : parts_(parts) {}

  void handle(const HttpRequest& request, const RouteMatch& match, Principal&& principal, HttpResponder responder);

 private:
  struct Pending;
  void take(const std::shared_ptr<Pending>& pending, WireForm form, std::string_view body);
  std::optional<schema::Problem> check_signature(Pending& pending, const DecodedSync& sync) const;
  CommandRequest make_entry(const Pending& pending, const schema::SyncEntry& entry,
                            const Fingerprinter::TenantKey& fingerprint_key) const;
  void submit(const std::shared_ptr<Pending>& pending, std::vector<CommandRequest>&& requests);
  void finish(Pending& pending, std::vector<Outcome>&& outcomes);
  // False where the outcome is none of an entry: the request as a whole has got its answer.
  bool show(Pending& pending, const Outcome& outcome, schema::SyncResult::Entry& shown);
  bool show_kept(Pending& pending, const std::string& answer, std::string position, bool known,
                 schema::SyncResult::Entry& shown);
  static bool show_missing(Pending& pending, const Rejection& rejection, schema::SyncResult::Entry& shown);
  std::uint64_t kept_before(const Pending& pending) const;

  ApiParts& parts_;
};

}  // namespace till
