// Which transactions concern a stream, a tenant, a time.
#include <algorithm>
#include <memory>

#include <rocksdb/snapshot.h>

#include "projections/read_cache/keys.h"
#include "projections/read_cache/queries.h"
#include "schemas/cache.pb.h"
#include "schemas/state.pb.h"

namespace till::read_cache {
namespace {

// One snapshot of a generation, read through one iterator.
class IndexReader {
 public:
  static Result<std::unique_ptr<IndexReader>> open(Generation& generation) {
    if (Status readable = generation.readable(); !readable.ok()) return readable.error();
    std::unique_ptr<IndexReader> reader(new IndexReader(generation));
    auto at = read_checkpoint(generation.db(), reader->options_);
    if (!at.ok()) return generation.read_error(at.error());
    reader->at_ = *at;
    reader->rows_.reset(generation.db().NewIterator(reader->options_));
    return reader;
  }
  rocksdb::Iterator& rows() { return *rows_; }
  const LogPoint& at() const { return at_; }
  Status status() const {
    if (rows_->status().ok()) return {};
    return generation_.read_error(rows_->status(), "reading the stream index");
  }
  Error damaged() const {
    return generation_.read_error(rocksdb::Status::Corruption("a bucket does not read"), "reading the stream index");
  }

 private:
  explicit IndexReader(Generation& generation) : generation_(generation), snapshot_(&generation.db()) {
    options_.snapshot = snapshot_.snapshot();
  }
  Generation& generation_;
  rocksdb::ManagedSnapshot snapshot_;
  rocksdb::ReadOptions options_;
  LogPoint at_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

struct Moment {
  Position position;
  Micros recorded_at;
};

bool parse_moments(std::string_view bytes, std::vector<Moment>& out) {
  out.clear();
  while (!bytes.empty()) {
    std::uint64_t position = 0;
    std::uint64_t recorded_at = 0;
    if (!take_varint(bytes, position) || !take_varint(bytes, recorded_at)) return false;
    out.push_back({Position(position), Micros(static_cast<std::int64_t>(recorded_at))});
  }
  return !out.empty();
}

// A tenant's transactions in order, in buckets; positions and times both ascend, so either is searched by halving.
class Timeline {
 public:
  Timeline(IndexReader& reader, std::string_view tenant) : reader_(reader), tenant_(tenant) {
    prefix_.clear();
    KeyWriter(prefix_).table(tenant_, Table::kTimeline);
  }

  // Reads bucket `number`; false at its absence or on trouble, see status().
  bool read(std::uint64_t number, std::vector<Moment>& out) {
    std::string key;
    append_timeline_key(key, tenant_, number);
    rocksdb::Iterator& rows = reader_.rows();
    rows.Seek(key);
    if (!rows.Valid() || rows.key() != rocksdb::Slice(key)) return false;
    if (parse_moments(rows.value().ToStringView(), out)) return true;
    trouble_ = reader_.damaged();
    return false;
  }

  // Buckets of the tenant: dense from 0.
  std::uint64_t buckets() {
    rocksdb::Iterator& rows = reader_.rows();
    std::string last;
    append_timeline_key(last, tenant_, ~std::uint64_t{0});
    rows.SeekForPrev(last);
    if (!rows.Valid() || !rows.key().starts_with(prefix_)) return 0;
    return load_big_endian(rows.key().ToStringView().substr(prefix_.size())) + 1;
  }

  // The last bucket whose first member fulfils `before`; 0 where none does.
  template <class Before>
  std::uint64_t last_bucket_where(Before before) {
    std::uint64_t low = 0;
    std::uint64_t high = buckets();
    std::vector<Moment> members;
    while (high - low > 1) {
      const std::uint64_t middle = low + (high - low) / 2;
      if (!read(middle, members)) break;
      (before(members.front()) ? low : high) = middle;
    }
    return low;
  }

  Status status() const { return trouble_.ok() ? reader_.status() : trouble_; }

 private:
  IndexReader& reader_;
  std::string_view tenant_;
  std::string prefix_;
  Status trouble_;
};

std::string bucket_key(std::string_view tenant, EntityKind kind, std::string_view id, std::uint64_t bucket) {
  std::string key;
  const std::size_t slash = id.find('/');
  if (kind.value() == schema::STOCK && slash != std::string_view::npos) {
    append_item_key(key, tenant, id.substr(0, slash), id.substr(slash + 1));
    KeyWriter(key).byte(kItemStream).u64(bucket);
  } else {
    append_stream_key(key, tenant, kind.value(), id, bucket);
  }
  return key;
}

// A sale's own row knows all its events: the one that makes it, corrections, and at most one that voids it.
Result<AsOf<std::vector<StreamEntry>>> sale_history(IndexReader& reader, std::string_view tenant, std::string_view id,
                                                    StreamVersion from, std::size_t limit) {
  AsOf<std::vector<StreamEntry>> out{reader.at(), {}};
  std::string key;
  KeyWriter(key).table(tenant, Table::kSale).rest(id);
  reader.rows().Seek(key);
  if (!reader.rows().Valid() || reader.rows().key() != rocksdb::Slice(key)) {
    if (Status status = reader.status(); !status.ok()) return status.error();
    return out;
  }
  schema::CachedSale sale;
  const rocksdb::Slice row = reader.rows().value();
  if (!sale.ParseFromArray(row.data(), static_cast<int>(row.size()))) return reader.damaged();
  std::vector<std::uint64_t> positions{sale.position()};
  for (const schema::CachedSale::Correction& correction : sale.corrections())
    positions.push_back(correction.position());
  if (sale.void_position() != 0) positions.push_back(sale.void_position());
  for (std::uint64_t version = 1; version <= positions.size() && out.value.size() < limit; ++version) {
    if (version < from.value()) continue;
    out.value.push_back({StreamVersion(version), Position(positions[version - 1])});
  }
  return out;
}

}  // namespace

Result<AsOf<std::vector<StreamEntry>>> history(Generation& generation, std::string_view tenant, EntityKind kind,
                                               std::string_view id, StreamVersion from, std::size_t limit) {
  auto opened = IndexReader::open(generation);
  if (!opened.ok()) return opened.error();
  IndexReader& reader = **opened;
  if (kind.value() == schema::SALE) return sale_history(reader, tenant, id, from, limit);
  AsOf<std::vector<StreamEntry>> out{reader.at(), {}};
  const std::string key = bucket_key(tenant, kind, id, bucket_of(std::max<std::uint64_t>(from.value(), 1)));
  const std::string prefix = key.substr(0, key.size() - sizeof(std::uint64_t));
  rocksdb::Iterator& rows = reader.rows();
  for (rows.Seek(key); rows.Valid() && rows.key().starts_with(prefix) && out.value.size() < limit; rows.Next()) {
    std::string_view entries = rows.value().ToStringView();
    std::uint64_t version = load_big_endian(rows.key().ToStringView().substr(prefix.size())) * kBucketMembers;
    std::uint64_t position = 0;
    while (!entries.empty() && out.value.size() < limit) {
      if (!take_varint(entries, position)) return reader.damaged();
      if (++version >= from.value()) out.value.push_back({StreamVersion(version), Position(position)});
    }
  }
  if (Status status = reader.status(); !status.ok()) return status.error();
  return out;
}

Result<AsOf<std::vector<StreamEntry>>> history_before(Generation& generation, std::string_view tenant, EntityKind kind,
                                                      std::string_view id, Position position, std::size_t limit) {
  auto opened = IndexReader::open(generation);
  if (!opened.ok()) return opened.error();
  IndexReader& reader = **opened;
  AsOf<std::vector<StreamEntry>> out{reader.at(), {}};
  const std::string last = bucket_key(tenant, kind, id, ~std::uint64_t{0});
  const std::string prefix = last.substr(0, last.size() - sizeof(std::uint64_t));
  rocksdb::Iterator& rows = reader.rows();
  std::vector<StreamEntry> bucket;
  for (rows.SeekForPrev(last); rows.Valid() && rows.key().starts_with(prefix) && out.value.size() < limit;
       rows.Prev()) {
    std::string_view entries = rows.value().ToStringView();
    std::uint64_t version = load_big_endian(rows.key().ToStringView().substr(prefix.size())) * kBucketMembers;
    bucket.clear();
    while (!entries.empty()) {
      std::uint64_t at = 0;
      if (!take_varint(entries, at)) return reader.damaged();
      if (++version; at <= position.value()) bucket.push_back({StreamVersion(version), Position(at)});
    }
    for (auto entry = bucket.rbegin(); entry != bucket.rend() && out.value.size() < limit; ++entry) {
      out.value.push_back(*entry);
    }
  }
  if (Status status = reader.status(); !status.ok()) return status.error();
  return out;
}

Result<AsOf<std::vector<Position>>> tenant_positions(Generation& generation, std::string_view tenant, Position after,
                                                     std::size_t limit) {
  auto opened = IndexReader::open(generation);
  if (!opened.ok()) return opened.error();
  Timeline timeline(**opened, tenant);
  AsOf<std::vector<Position>> out{(*opened)->at(), {}};
  std::vector<Moment> members;
  const auto begins_before = [&](const Moment& first) { return first.position <= after; };
  for (std::uint64_t bucket = timeline.last_bucket_where(begins_before); out.value.size() < limit; ++bucket) {
    if (!timeline.read(bucket, members)) break;
    for (const Moment& member : members) {
      if (member.position > after && out.value.size() < limit) out.value.push_back(member.position);
    }
  }
  if (Status status = timeline.status(); !status.ok()) return status.error();
  return out;
}

Result<AsOf<Position>> tenant_position_at(Generation& generation, std::string_view tenant, Micros time) {
  auto opened = IndexReader::open(generation);
  if (!opened.ok()) return opened.error();
  Timeline timeline(**opened, tenant);
  AsOf<Position> out{(*opened)->at(), Position()};
  const std::uint64_t bucket =
      timeline.last_bucket_where([&](const Moment& first) { return first.recorded_at <= time; });
  std::vector<Moment> members;
  if (timeline.read(bucket, members)) {
    for (const Moment& member : members) {
      if (member.recorded_at <= time) out.value = member.position;
    }
  }
  if (Status status = timeline.status(); !status.ok()) return status.error();
  return out;
}

}  // namespace till::read_cache
