#include "projections/read_cache/list_rows.h"

#include <string>
#include <string_view>

#include "projections/read_cache/keys.h"
#include "schemas/state.pb.h"

namespace till::read_cache {
namespace {

// Of an item whose point has no target.
constexpr std::int64_t kNoTarget = -1;

std::string open_key(const schema::Record& record, schema::Kind kind, std::string_view store, std::uint64_t rank,
                     std::string_view id) {
  std::string key;
  append_open_key(key, record.tenant(), static_cast<std::uint16_t>(kind), store);
  KeyWriter(key).u64(rank).rest(id);
  return key;
}

void set_point(const schema::Record& record, const schema::ReorderPointSet& fact, rocksdb::WriteBatch& batch) {
  std::string key;
  append_low_key(key, record.tenant(), fact.store_id());
  key.append(fact.sku());
  if (!fact.has_point_e5()) {
    batch.Delete(key);
    return;
  }
  std::string value;
  append_i64(value, fact.point_e5());
  append_i64(value, fact.has_target_e5() ? fact.target_e5() : kNoTarget);
  batch.Put(key, value);
}

}  // namespace

void add_list_rows(const schema::Record& record, const schema::Event& event, rocksdb::WriteBatch& batch) {
  switch (int{event.event_case()}) {
    case schema::Event::kReorderPointSet:
      return set_point(record, event.reorder_point_set(), batch);
    // A session ends by itself too, without an event: its end is its rank, so that readers begin behind those.
    case schema::Event::kSessionStarted: {
      const schema::SessionStarted& fact = event.session_started();
      batch.Put(open_key(record, schema::SESSION, fact.store_id(), static_cast<std::uint64_t>(fact.expires_at_us()),
                         fact.session_id()),
                "");
      return;
    }
    case schema::Event::kShiftOpened:
      batch.Put(open_key(record, schema::SHIFT, event.shift_opened().store_id(), 0, event.shift_opened().shift_id()),
                "");
      return;
    case schema::Event::kShiftClosed:
      batch.Delete(
          open_key(record, schema::SHIFT, event.shift_closed().store_id(), 0, event.shift_closed().shift_id()));
      return;
  }
}

}  // namespace till::read_cache
