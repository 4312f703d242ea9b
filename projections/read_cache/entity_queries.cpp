// Entities with a read route, as they are and as they were; stock as it was; transactions of a tenant.
#include <algorithm>
#include <memory>
#include <utility>

#include <rocksdb/snapshot.h>

#include "projections/read_cache/keys.h"
#include "projections/read_cache/point_read.h"
#include "projections/read_cache/queries.h"
#include "projections/read_cache/stock_level.h"
#include "schemas/cache.pb.h"
#include "schemas/state.pb.h"

namespace till::read_cache {
namespace {

Error unreadable(Generation& generation) {
  return generation.read_error(rocksdb::Status::Corruption("an entity's row does not parse"), "reading");
}

// False where the row is not what was written.
bool decode(const rocksdb::Slice& bytes, schema::CachedEntity& row, EntityRow& out) {
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  out.version = StreamVersion(row.version());
  return out.state->ParseFromString(row.state());
}

}  // namespace

Result<AsOf<std::optional<EntityRow>>> find_entity(Generation& generation, const Domain& domain,
                                                   std::string_view tenant, EntityKind kind, std::string_view id) {
  PointRead read(1);
  append_entity_key(read.buffer(), tenant, kind.value(), id);
  read.add();
  const auto at = read.run(generation);
  if (!at.ok()) return at.error();
  AsOf<std::optional<EntityRow>> out{at.value(), std::nullopt};
  const rocksdb::PinnableSlice* const bytes = read.row(0);
  if (bytes == nullptr) return out;
  schema::CachedEntity row;
  out.value.emplace(EntityRow{domain.new_state(kind), StreamVersion()});
  if (!decode(*bytes, row, *out.value)) return unreadable(generation);
  return out;
}

Result<LogPoint> scan_entities(Generation& generation, const Domain& domain, std::span<const EntityKind> kinds,
                               const ReadCache::VisitEntity& visit) {
  if (Status readable = generation.readable(); !readable.ok()) return readable.error();
  rocksdb::DB& db = generation.db();
  rocksdb::ManagedSnapshot snapshot(&db);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  options.fill_cache = false;  // what is read once must not push out what is asked for
  const auto at = read_checkpoint(db, options);
  if (!at.ok()) return generation.read_error(at.error());
  const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
  schema::CachedEntity row;
  // Rows of the store itself begin with NUL.
  for (rows->Seek(std::string(1, '\1')); rows->Valid();) {
    const std::string tenant(split_key(rows->key().ToStringView()).tenant);
    for (const EntityKind kind : kinds) {
      std::string prefix;
      append_entity_key(prefix, tenant, kind.value(), {});
      const std::unique_ptr<google::protobuf::Message> state = domain.new_state(kind);
      for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
        if (!row.ParseFromArray(rows->value().data(), static_cast<int>(rows->value().size())) ||
            !state->ParseFromString(row.state())) {
          return unreadable(generation);
        }
        visit(tenant, kind, rows->key().ToStringView().substr(prefix.size()), *state);
      }
    }
    rows->Seek(tenant_end(tenant));
  }
  if (!rows->status().ok()) return generation.read_error(rows->status(), "reading all entities");
  return at.value();
}

Result<AsOf<EntityRow>> find_image(Generation& generation, const Domain& domain, std::string_view tenant,
                                   EntityKind kind, std::string_view id, Position position) {
  if (Status readable = generation.readable(); !readable.ok()) return readable.error();
  rocksdb::DB& db = generation.db();
  rocksdb::ManagedSnapshot snapshot(&db);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  const auto at = read_checkpoint(db, options);
  if (!at.ok()) return generation.read_error(at.error());
  AsOf<EntityRow> out{at.value(), {domain.new_state(kind), StreamVersion()}};
  std::string prefix;
  append_image_key(prefix, tenant, kind.value(), id);
  std::string last = prefix;
  KeyWriter(last).u64(~std::uint64_t{0});
  const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
  schema::CachedEntity row;
  for (rows->SeekForPrev(last); rows->Valid() && rows->key().starts_with(prefix); rows->Prev()) {
    if (!row.ParseFromArray(rows->value().data(), static_cast<int>(rows->value().size()))) {
      return unreadable(generation);
    }
    if (row.position() > position.value()) continue;
    if (!decode(rows->value(), row, out.value)) return unreadable(generation);
    break;
  }
  if (!rows->status().ok()) return generation.read_error(rows->status(), "reading an entity's images");
  return out;
}

}  // namespace till::read_cache

namespace till {
namespace {

// What the transaction's last event of the item that tells a level leaves.
std::optional<read_cache::StockLevel> last_level(const Transaction& transaction, std::string_view stock_id) {
  for (int i = transaction.event_count() - 1; i >= 0; --i) {
    const schema::RecordedEvent& header = transaction.record().events(i);
    if (header.stream_kind() != static_cast<std::uint32_t>(schema::STOCK) || header.stream_id() != stock_id) continue;
    const auto level = read_cache::level_after(static_cast<const schema::Event&>(transaction.event(i)));
    if (level) return level;
  }
  return std::nullopt;
}

}  // namespace

Result<AsOf<std::optional<EntityRow>>> ReadCache::entity(std::string_view tenant, EntityKind kind,
                                                         std::string_view id) {
  if (options_.domain == nullptr) return Error{ErrorKind::kUnavailable, "read cache: has no entities"};
  return read_cache::find_entity(*generation(), *options_.domain, tenant, kind, id);
}

Result<LogPoint> ReadCache::scan(std::span<const EntityKind> kinds, const VisitEntity& visit) {
  if (options_.domain == nullptr) return Error{ErrorKind::kUnavailable, "read cache: has no entities"};
  return read_cache::scan_entities(*generation(), *options_.domain, kinds, visit);
}

Result<AsOf<std::optional<EntityRow>>> ReadCache::entity_at(std::string_view tenant, EntityKind kind,
                                                            std::string_view id, Position position) {
  if (options_.domain == nullptr) return Error{ErrorKind::kUnavailable, "read cache: has no entities"};
  const auto serving = generation();
  auto image = read_cache::find_image(*serving, *options_.domain, tenant, kind, id, position);
  if (!image.ok()) return image.error();
  EntityRow& row = image->value;
  const StreamVersion next(row.version.value() + 1);
  const auto entries = read_cache::history(*serving, tenant, kind, id, next, read_cache::kBucketMembers);
  if (!entries.ok()) return entries.error();
  std::vector<TransactionPtr> transactions;
  for (const StreamEntry& entry : entries.value().value) {
    if (entry.position > position) break;
    // Several events of one transaction may stand on one stream; the first entry brings them all.
    if (entry.version <= row.version) continue;
    const Position before(entry.position.value() - 1);
    if (Status read = feed_.read(before, 1, 1, transactions); !read.ok()) return read.error();
    if (transactions.empty()) return Error{ErrorKind::kUnavailable, "read cache: the log ends before the entity"};
    fold_stream(*transactions.front(), kind, id, row);
  }
  AsOf<std::optional<EntityRow>> out{image->at, std::nullopt};
  if (row.version.value() != 0) out.value = std::move(row);
  return out;
}

// From the latest event back to the first one that tells a level: a rule or an alert does not.
Status ReadCache::set_level_at(std::string_view tenant, const std::string& stock_id, Position position,
                               schema::Availability::Item& item, LogPoint& at) {
  const EntityKind kind(static_cast<std::uint16_t>(schema::STOCK));
  std::vector<TransactionPtr> transactions;
  while (true) {
    const auto entries =
        read_cache::history_before(*generation(), tenant, kind, stock_id, position, read_cache::kBucketMembers);
    if (!entries.ok()) return entries.error();
    at = entries.value().at;
    if (entries.value().value.empty()) return {};
    for (const StreamEntry& entry : entries.value().value) {
      const Position before(entry.position.value() - 1);
      if (Status read = feed_.read(before, 1, 1, transactions); !read.ok()) return read;
      if (transactions.empty()) return Error{ErrorKind::kUnavailable, "read cache: the log ends before the item"};
      if (const auto level = last_level(*transactions.front(), stock_id)) {
        item.set_on_hand_e5(level->on_hand_e5);
        item.set_available_e5(level->on_hand_e5 - level->held_e5);
        return {};
      }
      position = before;
    }
  }
}

Result<AsOf<schema::Availability>> ReadCache::availability_at(std::string_view tenant, std::string_view store,
                                                              std::span<const std::string_view> skus,
                                                              Position position) {
  AsOf<schema::Availability> out{};
  out.value.set_store_id(std::string(store));
  for (const std::string_view sku : skus) {
    schema::Availability::Item& item = *out.value.add_items();
    item.set_sku(std::string(sku));
    const std::string stock_id = std::string(store).append("/").append(sku);
    if (Status set = set_level_at(tenant, stock_id, position, item, out.at); !set.ok()) return set.error();
  }
  return out;
}

// Where the tenant is alone its transactions lie side by side, and are read at once.
Result<AsOf<TenantRun>> ReadCache::transactions(std::string_view tenant, Position after, std::size_t limit,
                                                std::size_t max_bytes) {
  const auto positions = read_cache::tenant_positions(*generation(), tenant, after, limit);
  if (!positions.ok()) return positions.error();
  const std::vector<Position>& wanted = positions.value().value;
  AsOf<TenantRun> out{positions.value().at, {}};
  std::vector<TransactionPtr> read;
  std::size_t bytes = 0;
  std::size_t next = 0;
  while (next < wanted.size() && bytes < max_bytes) {
    std::size_t count = 1;
    while (next + count < wanted.size() && wanted[next + count] == wanted[next + count - 1].next()) ++count;
    const Position before(wanted[next].value() - 1);
    if (Status status = feed_.read(before, count, max_bytes - bytes, read); !status.ok()) return status.error();
    if (read.empty()) return Error{ErrorKind::kUnavailable, "read cache: the log ends before the transaction"};
    for (TransactionPtr& transaction : read) {
      bytes += transaction->stored_bytes();
      out.value.transactions.push_back(std::move(transaction));
    }
    next += read.size();
  }
  out.value.whole = next == wanted.size() && wanted.size() < limit;
  return out;
}

void ReadCache::fold_stream(const Transaction& transaction, EntityKind kind, std::string_view id,
                            EntityRow& row) const {
  const schema::Record& record = transaction.record();
  for (int i = 0; i < transaction.event_count(); ++i) {
    const schema::RecordedEvent& header = record.events(i);
    if (header.stream_kind() != kind.value() || header.stream_id() != id) continue;
    if (header.stream_version() <= row.version.value()) continue;
    options_.domain->evolve(kind, *row.state, transaction.event(i), record);
    row.version = StreamVersion(header.stream_version());
  }
}

}  // namespace till
