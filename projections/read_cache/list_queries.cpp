// Pages of entities: all of a kind, those that are open in a store, stock that is low.
#include <memory>
#include <utility>

#include <rocksdb/snapshot.h>

#include "projections/read_cache/generation.h"
#include "projections/read_cache/keys.h"
#include "projections/read_cache/read_cache.h"
#include "schemas/cache.pb.h"
#include "schemas/state.pb.h"

namespace till::read_cache {
namespace {

constexpr std::size_t kRankBytes = sizeof(std::uint64_t);
constexpr std::size_t kLevelBytes = 2 * sizeof(std::int64_t);  // of an item's levels, and of its reorder point

// One cut of the store: whatever is read through it stands at the same point of the log. One thread.
class Cut {
 public:
  explicit Cut(Generation& generation) : generation_(generation), snapshot_(&generation.db()) {
    options_.snapshot = snapshot_.snapshot();
  }

  Result<LogPoint> at() {
    if (Status readable = generation_.readable(); !readable.ok()) return readable.error();
    auto at = read_checkpoint(generation_.db(), options_);
    if (!at.ok()) return generation_.read_error(at.error());
    return at;
  }

  // The row; nothing where there is none.
  Result<std::optional<std::string>> get(const std::string& key) {
    std::string value;
    const rocksdb::Status status = generation_.db().Get(options_, key, &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return generation_.read_error(status, "reading");
    return std::optional<std::string>(std::move(value));
  }

  // Rows that begin with `prefix`, ascending, from the first one behind prefix + after on. `visit` gets what follows
  // the prefix, and the value; the scan ends where it returns false.
  template <class Visit>
  Status scan(const std::string& prefix, std::string_view after, const Visit& visit) {
    const std::string begin = std::string(prefix).append(after);
    const std::unique_ptr<rocksdb::Iterator> rows(generation_.db().NewIterator(options_));
    for (rows->Seek(begin); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
      const std::string_view rest = rows->key().ToStringView().substr(prefix.size());
      if (!after.empty() && rest == after) continue;
      if (!visit(rest, rows->value().ToStringView())) break;
    }
    if (!rows->status().ok()) return generation_.read_error(rows->status(), "reading a list");
    return {};
  }

  Error unreadable() {
    return generation_.read_error(rocksdb::Status::Corruption("a row of a list does not parse"), "reading");
  }

 private:
  Generation& generation_;
  rocksdb::ManagedSnapshot snapshot_;
  rocksdb::ReadOptions options_;
};

bool parse_row(std::string_view bytes, EntityRow& out) {
  schema::CachedEntity row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  out.version = StreamVersion(row.version());
  return out.state->ParseFromString(row.state());
}

// Reads the row of `id` to the end of the page. `domain` knows the kind.
Status add_entity(Cut& cut, const Domain& domain, std::string_view tenant, EntityKind kind, std::string id,
                  EntityPage& page) {
  std::string key;
  append_entity_key(key, tenant, kind.value(), id);
  const auto bytes = cut.get(key);
  if (!bytes.ok()) return bytes.error();
  EntityPage::Item& item = page.items.emplace_back();
  item.id = std::move(id);
  if (!bytes.value()) return {};
  item.row.emplace(EntityRow{domain.new_state(kind), StreamVersion()});
  return parse_row(*bytes.value(), *item.row) ? Status() : Status(cut.unreadable());
}

// Counts a row that goes onto a page of `limit`; false where the page is full, and the row is the one that follows.
bool takes_row(std::size_t limit, std::size_t count, std::string_view rest, std::string& last, bool& more) {
  if (count == limit) {
    more = true;
    return false;
  }
  last = rest;
  return true;
}

Result<AsOf<EntityPage>> page_of_kind(Generation& generation, const Domain& domain, std::string_view tenant,
                                      EntityKind kind, std::string_view after, std::size_t limit) {
  Cut cut(generation);
  const auto at = cut.at();
  if (!at.ok()) return at.error();
  AsOf<EntityPage> out{at.value(), {}};
  std::string prefix;
  append_entity_key(prefix, tenant, kind.value(), "");
  bool readable = true;
  const Status scanned = cut.scan(prefix, after, [&](std::string_view id, std::string_view value) {
    if (!takes_row(limit, out.value.items.size(), id, out.value.last, out.value.more)) return false;
    EntityPage::Item& item = out.value.items.emplace_back();
    item.id = id;
    item.row.emplace(EntityRow{domain.new_state(kind), StreamVersion()});
    readable = parse_row(value, *item.row);
    return readable;
  });
  if (!scanned.ok()) return scanned.error();
  if (!readable) return cut.unreadable();
  return out;
}

Result<AsOf<EntityPage>> page_of_open(Generation& generation, const Domain& domain, std::string_view tenant,
                                      EntityKind kind, std::string_view prefix_end, std::string_view after,
                                      std::size_t limit) {
  Cut cut(generation);
  const auto at = cut.at();
  if (!at.ok()) return at.error();
  AsOf<EntityPage> out{at.value(), {}};
  std::string prefix;
  append_open_key(prefix, tenant, kind.value(), prefix_end);
  std::vector<std::string> ids;
  const Status scanned = cut.scan(prefix, after, [&](std::string_view rest, std::string_view) {
    if (rest.size() <= kRankBytes) return true;  // where a page of sessions begins
    if (!takes_row(limit, ids.size(), rest, out.value.last, out.value.more)) return false;
    ids.emplace_back(rest.substr(kRankBytes));
    return true;
  });
  if (!scanned.ok()) return scanned.error();
  for (std::string& id : ids) {
    if (Status added = add_entity(cut, domain, tenant, kind, std::move(id), out.value); !added.ok()) {
      return added.error();
    }
  }
  return out;
}

// The item of a reorder point, where it is at it or below.
Status add_low(Cut& cut, std::string_view tenant, std::string_view store, std::string_view sku, std::string_view point,
               LowStockPage& page) {
  if (point.size() != kLevelBytes) return cut.unreadable();
  std::string key;
  append_item_key(key, tenant, store, sku);
  key.push_back(kItemAvailability);
  const auto level = cut.get(key);
  if (!level.ok()) return level.error();
  LowStockPage::Item item;
  item.sku = sku;
  if (level.value()) {
    if (level.value()->size() != kLevelBytes) return cut.unreadable();
    item.on_hand_e5 = load_i64(level.value()->data());
    item.available_e5 = item.on_hand_e5 - load_i64(level.value()->data() + sizeof(std::int64_t));
  }
  item.point_e5 = load_i64(point.data());
  if (item.on_hand_e5 > item.point_e5) return {};
  if (const std::int64_t target_e5 = load_i64(point.data() + sizeof(std::int64_t)); target_e5 >= 0) {
    item.target_e5 = target_e5;
  }
  page.items.push_back(std::move(item));
  return {};
}

Result<AsOf<LowStockPage>> page_of_low(Generation& generation, std::string_view tenant, std::string_view store,
                                       std::string_view after, std::size_t limit) {
  Cut cut(generation);
  const auto at = cut.at();
  if (!at.ok()) return at.error();
  AsOf<LowStockPage> out{at.value(), {}};
  std::string prefix;
  append_low_key(prefix, tenant, store);
  std::size_t scanned = 0;
  Status failed;
  const Status done = cut.scan(prefix, after, [&](std::string_view sku, std::string_view point) {
    const bool full = out.value.items.size() == limit || scanned++ == kPageScanMost;
    if (full) {
      out.value.more = true;
      return false;
    }
    out.value.last = sku;
    failed = add_low(cut, tenant, store, sku, point, out.value);
    return failed.ok();
  });
  if (!done.ok()) return done.error();
  if (!failed.ok()) return failed.error();
  return out;
}

}  // namespace
}  // namespace till::read_cache

namespace till {
namespace {

Error no_entities() {
  return {ErrorKind::kUnavailable, "read cache: has no entities"};
}

}  // namespace

Result<AsOf<EntityPage>> ReadCache::entities(std::string_view tenant, EntityKind kind, std::string_view after,
                                             std::size_t limit) {
  if (options_.domain == nullptr) return no_entities();
  return read_cache::page_of_kind(*generation(), *options_.domain, tenant, kind, after, limit);
}

Result<AsOf<EntityPage>> ReadCache::entities(std::string_view tenant, EntityKind kind,
                                             std::span<const std::string> ids) {
  if (options_.domain == nullptr) return no_entities();
  const auto serving = generation();
  read_cache::Cut cut(*serving);
  const auto at = cut.at();
  if (!at.ok()) return at.error();
  AsOf<EntityPage> out{at.value(), {}};
  for (const std::string& id : ids) {
    const Status added = read_cache::add_entity(cut, *options_.domain, tenant, kind, id, out.value);
    if (!added.ok()) return added.error();
  }
  return out;
}

Result<AsOf<EntityPage>> ReadCache::open_entities(std::string_view tenant, EntityKind kind, std::string_view store,
                                                  std::string_view after, Micros ends_after, std::size_t limit) {
  if (options_.domain == nullptr) return no_entities();
  std::string begin(after);
  if (begin.empty() && ends_after.value() > 0) {
    read_cache::KeyWriter(begin).u64(static_cast<std::uint64_t>(ends_after.value()) + 1);
  }
  return read_cache::page_of_open(*generation(), *options_.domain, tenant, kind, store, begin, limit);
}

Result<std::size_t> ReadCache::open_shifts(std::string_view tenant, std::string_view store, std::size_t most) {
  const auto serving = generation();
  read_cache::Cut cut(*serving);
  if (const auto at = cut.at(); !at.ok()) return at.error();
  std::string prefix;
  read_cache::KeyWriter writer(prefix);
  writer.table(tenant, read_cache::Table::kOpen).u16(static_cast<std::uint16_t>(schema::SHIFT));
  if (!store.empty()) writer.name(store);
  std::size_t count = 0;
  const Status scanned = cut.scan(prefix, {}, [&](std::string_view, std::string_view) { return ++count < most; });
  if (!scanned.ok()) return scanned.error();
  return count;
}

Result<AsOf<LowStockPage>> ReadCache::low_stock(std::string_view tenant, std::string_view store, std::string_view after,
                                                std::size_t limit) {
  return read_cache::page_of_low(*generation(), tenant, store, after, limit);
}

}  // namespace till
