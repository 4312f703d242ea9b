// One generation of the read cache: a database of rows with the checkpoint that says from how much of the log they
// come.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "engine/follower.h"
#include "engine/result.h"
#include "projections/managed_view.h"
#include "projections/read_cache/board_cache.h"
#include "projections/read_cache/change_set.h"
#include "projections/read_cache/store.h"

namespace till::read_cache {

inline constexpr std::string_view kViewName = "read_cache";

// Writing (checkpoint, apply, finish_bulk, replace_tenant): one thread at a time. Reading: any thread.
class Generation final : public View {
 public:
  // kCorrupt and kInvalid: not rows that this program can use.
  static Result<std::shared_ptr<Generation>> open(const std::string& directory, std::uint64_t number, Purpose purpose,
                                                  const StoreOptions& options);
  ~Generation() override;
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  std::uint64_t number() const { return number_; }
  std::string_view name() const override { return kViewName; }
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;
  // Where apply() got to; for a bulk generation beyond what is written. The writing thread only.
  LogPoint at() const { return at_; }
  // Where the rows that readers see stand. Any thread.
  Position position() const { return Position(readable_position_.load(std::memory_order_acquire)); }

  // Rows of this tenant only; before the first apply().
  void keep_only(std::string tenant) { only_tenant_ = std::move(tenant); }
  // Writes what is gathered and sorts the whole once; the bulk generation is to be closed then and opened to serve.
  Status finish_bulk(const std::atomic<bool>* cancelled);

  // Puts `shadow`'s rows of `tenant` in the place of this generation's as one step; both stand at the same position.
  // kInvalid where that takes more than `bytes_most`.
  Status replace_tenant(const std::string& tenant, Generation& shadow, std::size_t bytes_most);
  // Drops the tombstones that replace_tenant() left. Any thread.
  void compact_tenant(const std::string& tenant);

  // Reads are refused until the rows reach `position`: a generation begun anew must not deny what the former one knew.
  void serve_from(Position position) { serve_from_ = position.value(); }
  Position serve_from() const { return Position(serve_from_); }
  // kUnavailable where damaged or not yet there.
  Status readable() const;
  // Called at most once, on the thread that met the damage.
  void on_damage(std::function<void()> handler);
  void report_damage(const std::string& what);
  bool damaged() const { return damaged_.load(std::memory_order_acquire); }
  // The directory goes with the object.
  void discard_on_close() { discard_ = true; }
  void keep_on_close() { discard_ = false; }

  rocksdb::DB& db() const { return *db_; }
  BoardCache& boards() const { return boards_; }
  // Error of a read; damage is reported.
  Error read_error(const rocksdb::Status& status, std::string_view doing);
  Error read_error(Error error);

  // Sums over all rows of one snapshot, or over one tenant's. kCancelled soon after `cancelled`, which may be null, is
  // set.
  Result<DigestAt> digest(std::string_view tenant = {}, const std::atomic<bool>* cancelled = nullptr);
  // All rows but the store's own, ascending by key, of one snapshot.
  Status dump(const std::function<void(std::string_view key, std::string_view value)>& visit,
              std::string_view tenant = {});

 private:
  Generation(std::string directory, std::uint64_t number, Purpose purpose, std::unique_ptr<rocksdb::DB> db,
             const StoreOptions& options);
  Status gather(std::span<const TransactionPtr> batch);
  Status write_changes();
  Status write(rocksdb::WriteBatch& batch);

  const std::string directory_;
  const std::uint64_t number_;
  const Purpose purpose_;
  std::unique_ptr<rocksdb::DB> db_;
  std::string only_tenant_;
  LogPoint at_;  // of the writer
  ChangeSet changes_;
  bool resume_needed_ = false;
  mutable BoardCache boards_;
  std::atomic<std::uint64_t> readable_position_{0};
  std::atomic<std::uint64_t> serve_from_{0};
  std::atomic<bool> damaged_{false};
  std::atomic<bool> discard_{false};
  std::mutex damage_mutex_;
  std::function<void()> damage_handler_;
};

}  // namespace till::read_cache
