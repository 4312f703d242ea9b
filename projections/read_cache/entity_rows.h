// Rows of the entities that have a read route: their states, folded from their events as the books fold them, and an
// image at the end of each bucket of versions, from which an earlier state is made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <google/protobuf/message.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "engine/domain.h"
#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till::read_cache {

// One thread.
class EntityRows {
 public:
  // `domain` and `db`, which holds the rows written before, outlive this object; `domain` null: no entity has rows.
  // `flush_to_read`: the memory of `db` is made for writing only, so that it is flushed before a row is read.
  EntityRows(const Domain* domain, rocksdb::DB& db, bool flush_to_read)
      : domain_(domain), db_(db), flush_to_read_(flush_to_read) {}

  // Whether the entities of `kind` have rows.
  bool keeps(EntityKind kind);
  // Folds one event in. kPoison where the event does not follow the row; kUnavailable and kCorrupt where a row cannot
  // be read. `event` belongs to `record`, as `header` says.
  Status add(const schema::Record& record, const schema::RecordedEvent& header, const google::protobuf::Message& event);
  // Appends every row that has changed. Hot entities stay in memory, bounded.
  void write(rocksdb::WriteBatch& batch);
  // About what is gathered and not written.
  std::size_t bytes() const { return gathered_bytes_; }
  // Forgets all: what is gathered and what is kept.
  void clear();

 private:
  struct Kept {
    std::unique_ptr<google::protobuf::Message> state;
    std::uint64_t version = 0;
    std::uint64_t epoch = 0;
    std::uint64_t position = 0;
    bool changed = false;
    bool counted = false;  // its size as first seen, in kept_bytes_
  };
  Result<Kept*> load(std::string_view tenant, EntityKind kind, const schema::RecordedEvent& header);
  Status read_row(Kept& kept);
  void encode(const Kept& kept);

  const Domain* const domain_;
  rocksdb::DB& db_;
  const bool flush_to_read_;
  std::vector<signed char> kinds_;                           // by kind: 1 kept, 0 not, -1 not asked yet
  absl::flat_hash_map<std::string, Kept> entities_;          // by row key
  std::vector<std::pair<std::string, std::string>> images_;  // rows, in the order of their events
  std::size_t gathered_bytes_ = 0;
  std::size_t kept_bytes_ = 0;
  std::string key_;    // reused
  std::string value_;  // reused
};

}  // namespace till::read_cache
