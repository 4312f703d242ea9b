#include "projections/read_cache/entity_rows.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/descriptor.pb.h>

#include "projections/read_cache/keys.h"
#include "projections/read_cache/store.h"
#include "schemas/cache.pb.h"
#include "schemas/options.pb.h"

namespace till::read_cache {
namespace {

// States that stay in memory between two writes, counted by their stored size; all go when there are more.
constexpr std::size_t kKeptBytesMost = 32u << 20;
// About what an entry costs besides.
constexpr std::size_t kEntryBytes = 256;

bool is_kept(const google::protobuf::MessageOptions& options) {
  return options.HasExtension(schema::read) || options.GetExtension(schema::cached);
}

}  // namespace

bool EntityRows::keeps(EntityKind kind) {
  if (domain_ == nullptr) return false;
  if (kind.value() >= kinds_.size()) kinds_.resize(kind.value() + std::size_t{1}, -1);
  signed char& known = kinds_[kind.value()];
  if (known < 0) {
    const auto state = domain_->new_state(kind);
    known = state != nullptr && is_kept(state->GetDescriptor()->options()) ? 1 : 0;
  }
  return known == 1;
}

Status EntityRows::add(const schema::Record& record, const schema::RecordedEvent& header,
                       const google::protobuf::Message& event) {
  const EntityKind kind(static_cast<std::uint16_t>(header.stream_kind()));
  const Result<Kept*> loaded = load(record.tenant(), kind, header);
  if (!loaded.ok()) return loaded.error();
  Kept& kept = *loaded.value();
  if (header.stream_version() != kept.version + 1) {
    return Error{ErrorKind::kPoison, "version " + std::to_string(header.stream_version()) + " of " +
                                         header.stream_id() + " came after " + std::to_string(kept.version)};
  }
  domain_->evolve(kind, *kept.state, event, record);
  kept.version = header.stream_version();
  kept.epoch = record.epoch();
  kept.position = record.position();
  if (!kept.changed) gathered_bytes_ += kEntryBytes + header.payload().size();
  kept.changed = true;
  if (kept.version % kBucketMembers != 0) return {};
  encode(kept);
  std::string key;
  append_image_key(key, record.tenant(), kind.value(), header.stream_id());
  KeyWriter(key).u64(kept.version);
  gathered_bytes_ += key.size() + value_.size();
  images_.emplace_back(std::move(key), value_);
  return {};
}

Result<EntityRows::Kept*> EntityRows::load(std::string_view tenant, EntityKind kind,
                                           const schema::RecordedEvent& header) {
  key_.clear();
  append_entity_key(key_, tenant, kind.value(), header.stream_id());
  const auto [found, is_new] = entities_.try_emplace(key_);
  Kept& kept = found->second;
  if (!is_new) return &kept;
  kept.state = domain_->new_state(kind);
  kept_bytes_ += kEntryBytes;
  if (header.stream_version() == 1) return &kept;
  if (Status read = read_row(kept); !read.ok()) return read.error();
  return &kept;
}

// The row under key_, where there is one.
Status EntityRows::read_row(Kept& kept) {
  if (flush_to_read_) {
    const rocksdb::Status flushed = db_.Flush({});
    if (!flushed.ok()) return to_error(flushed, "flushing");
  }
  rocksdb::PinnableSlice row;
  const rocksdb::Status status = db_.Get({}, db_.DefaultColumnFamily(), key_, &row);
  if (status.IsNotFound()) return {};
  if (!status.ok()) return to_error(status, "reading an entity");
  schema::CachedEntity entity;
  if (!entity.ParseFromArray(row.data(), static_cast<int>(row.size())) ||
      !kept.state->ParseFromString(entity.state())) {
    return Error{ErrorKind::kCorrupt, "read cache: an entity's row does not parse"};
  }
  kept.version = entity.version();
  kept_bytes_ += row.size();
  kept.counted = true;
  return {};
}

void EntityRows::encode(const Kept& kept) {
  schema::CachedEntity row;
  row.set_version(kept.version);
  row.set_epoch(kept.epoch);
  row.set_position(kept.position);
  kept.state->SerializeToString(row.mutable_state());
  row.SerializeToString(&value_);
}

void EntityRows::write(rocksdb::WriteBatch& batch) {
  std::vector<std::pair<std::string_view, Kept*>> changed;
  for (auto& [key, kept] : entities_) {
    if (kept.changed) changed.emplace_back(key, &kept);
  }
  std::ranges::sort(changed, {}, &std::pair<std::string_view, Kept*>::first);
  for (const auto& [key, kept] : changed) {
    encode(*kept);
    if (!kept->counted) kept_bytes_ += value_.size();
    kept->counted = true;
    batch.Put(rocksdb::Slice(key.data(), key.size()), value_);
    kept->changed = false;
  }
  for (const auto& [key, value] : images_) batch.Put(key, value);
  images_.clear();
  gathered_bytes_ = 0;
  if (kept_bytes_ > kKeptBytesMost) clear();
}

void EntityRows::clear() {
  entities_.clear();
  images_.clear();
  gathered_bytes_ = 0;
  kept_bytes_ = 0;
}

}  // namespace till::read_cache
