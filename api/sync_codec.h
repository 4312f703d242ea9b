// The body of POST /v1/terminals/{terminal_id}/sync: entries of a terminal's chain, checked as far as no rule is
// needed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/validation.h"
#include "schemas/commands.pb.h"
#include "schemas/errors.pb.h"

namespace till {

struct DecodedSync {
  schema::SyncRequest request;
  std::vector<std::size_t> order;  // of request.entries(): by sequence, then as they were sent
  // Each entry follows the one before it in `order`, and there is no second one of its sequence: what signs the last
  // one signs them all.
  bool one_chain = false;
  // Of the request as a whole: MALFORMED_BODY, VALIDATION_FAILED, OFFLINE_HASH_INVALID, or OFFLINE_CHAIN_BROKEN where
  // an entry names another one before it than the request holds.
  std::optional<schema::Problem> problem;

  const schema::SyncEntry& entry(std::size_t index) const { return request.entries(static_cast<int>(order[index])); }
  const schema::SyncEntry& last() const { return entry(order.size() - 1); }
};

DecodedSync decode_sync(WireForm form, std::string_view body, std::string_view instance);

// Lower-case hexadecimal of the hash that an entry should have; nothing where prev_hash is not one.
std::optional<std::string> sync_hash(const schema::SyncEntry& entry);

}  // namespace till
