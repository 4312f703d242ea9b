#include "api/sync_codec.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>

#include "api/json_codec.h"
#include "api/problem.h"
#include "engine/transaction.h"

namespace till {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr int kSequenceBits = 64;

std::string entry_pointer(std::size_t place, std::string_view field) {
  return "/entries/" + std::to_string(place) + "/" + std::string(field);
}

schema::Problem entry_problem(schema::ErrorCode code, std::size_t place, std::string_view field,
                              std::string_view instance) {
  schema::Problem problem = make_problem(code, {}, instance);
  schema::Problem::Field& error = *problem.add_errors();
  error.set_pointer(entry_pointer(place, field));
  error.set_code(std::string(error_traits(code).name));
  return problem;
}

std::optional<schema::Problem> parse_request(WireForm form, std::string_view body, std::string_view instance,
                                             schema::SyncRequest& request) {
  FieldErrors errors;
  if (form == WireForm::kJson) {
    if (const auto error = decode_json(body, request, errors)) {
      return make_problem(schema::MALFORMED_BODY, error->detail, instance);
    }
  } else if (body.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
             !request.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return make_problem(schema::MALFORMED_BODY, "Not a till.schema.SyncRequest.", instance);
  }
  validate_message(request, form, errors);
  if (!errors.empty()) return make_problem(errors, instance);
  return std::nullopt;
}

// Places that are no hashes are told as faults of the field, hashes of something else as what they are.
std::optional<schema::Problem> check_hashes(const schema::SyncRequest& request, std::string_view instance) {
  FieldErrors errors;
  std::optional<schema::Problem> wrong;
  for (int i = 0; i < request.entries_size(); ++i) {
    const schema::SyncEntry& entry = request.entries(i);
    const auto place = static_cast<std::size_t>(i);
    const std::optional<std::string> hash = sync_hash(entry);
    if (!hash) errors.add(entry_pointer(place, "prev_hash"), field_code::kInvalidFormat);
    if (!wrong && hash && *hash != entry.hash()) {
      wrong = entry_problem(schema::OFFLINE_HASH_INVALID, place, "hash", instance);
    }
  }
  if (!errors.empty()) return make_problem(errors, instance);
  return wrong;
}

// Whether the entry at `index` follows one of those of the sequence before it; true where the request has none.
bool is_linked(const DecodedSync& sync, std::size_t index) {
  const schema::SyncEntry& entry = sync.entry(index);
  bool any = false;
  for (std::size_t before = index; before-- > 0;) {
    const schema::SyncEntry& other = sync.entry(before);
    if (other.client_seq() == entry.client_seq()) continue;
    if (other.client_seq() + 1 != entry.client_seq()) break;
    if (other.hash() == entry.prev_hash()) return true;
    any = true;
  }
  return !any;
}

void put_in_order(DecodedSync& sync) {
  sync.order.resize(static_cast<std::size_t>(sync.request.entries_size()));
  std::iota(sync.order.begin(), sync.order.end(), std::size_t{0});
  std::stable_sort(sync.order.begin(), sync.order.end(), [&](std::size_t a, std::size_t b) {
    return sync.request.entries(static_cast<int>(a)).client_seq() <
           sync.request.entries(static_cast<int>(b)).client_seq();
  });
  sync.one_chain = true;
  for (std::size_t i = 1; i < sync.order.size(); ++i) {
    sync.one_chain = sync.one_chain && sync.entry(i - 1).client_seq() + 1 == sync.entry(i).client_seq();
  }
}

}  // namespace

std::optional<std::string> sync_hash(const schema::SyncEntry& entry) {
  std::optional<std::string> bytes = from_hex(entry.prev_hash());
  if (!bytes || bytes->size() != kHashBytes) return std::nullopt;
  for (int shift = kSequenceBits - 8; shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<char>(entry.client_seq() >> shift));
  }
  bytes->append(entry.payload());
  return to_hex(as_bytes(sha256(*bytes)));
}

DecodedSync decode_sync(WireForm form, std::string_view body, std::string_view instance) {
  DecodedSync sync;
  sync.problem = parse_request(form, body, instance, sync.request);
  if (!sync.problem) sync.problem = check_hashes(sync.request, instance);
  if (sync.problem) return sync;
  put_in_order(sync);
  for (std::size_t i = 1; i < sync.order.size(); ++i) {
    if (is_linked(sync, i)) continue;
    sync.problem = entry_problem(schema::OFFLINE_CHAIN_BROKEN, sync.order[i], "prev_hash", instance);
    break;
  }
  return sync;
}

}  // namespace till
