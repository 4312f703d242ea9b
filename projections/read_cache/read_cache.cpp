#include "projections/read_cache/read_cache.h"

#include <thread>

#include <spdlog/spdlog.h>

#include "engine/named_thread.h"
#include "projections/history.h"
#include "projections/read_cache/generation.h"
#include "projections/read_cache/generation_files.h"
#include "projections/read_cache/queries.h"

namespace till {

using read_cache::Generation;
using read_cache::Purpose;

namespace {

constexpr int kBlockCacheShardBits = 4;
// Between two tries to replace a damaged generation.
constexpr std::chrono::seconds kRepairRetry{2};
// How long wait_for() sleeps on one follower before it looks whether another one serves.
constexpr std::chrono::milliseconds kWaitSlice{50};
// A reader leaves a generation within a request; one that takes longer closes it itself.
constexpr std::chrono::seconds kReadersLeaveWithin{10};
constexpr std::chrono::milliseconds kReadersLeavePoll{1};

}  // namespace

ReadCache::ReadCache(Feed& feed, ReadCacheOptions options)
    : feed_(feed),
      options_(std::move(options)),
      store_options_(std::make_unique<read_cache::StoreOptions>()),
      files_(std::make_unique<read_cache::GenerationFiles>(options_.directory)) {
  store_options_->write_buffer_bytes = options_.write_buffer_bytes;
  store_options_->board_counters_most = options_.board_counters_most;
  store_options_->domain = options_.domain;
  store_options_->block_cache = rocksdb::NewLRUCache(options_.block_cache_bytes, kBlockCacheShardBits);
}

ReadCache::~ReadCache() {
  stop();
}

Result<std::unique_ptr<ReadCache>> ReadCache::open(Feed& feed, ReadCacheOptions options) {
  std::unique_ptr<ReadCache> cache(new ReadCache(feed, std::move(options)));
  const std::lock_guard lock(cache->change_mutex_);
  if (Status files = cache->files_->open(); !files.ok()) return files.error();
  if (Status opened = cache->open_serving(); !opened.ok()) return opened.error();
  return cache;
}

// The generation, if its rows are of this log: kCorrupt and kInvalid ask for a new one. A folder that cannot be read is
// kCorrupt here: what it holds is in the log as well.
Result<std::shared_ptr<Generation>> ReadCache::open_usable(std::uint64_t number) {
  auto opened = Generation::open(files_->path(number), number, Purpose::kServe, *store_options_);
  if (!opened.ok()) {
    const bool unreadable = opened.error().kind == ErrorKind::kUnavailable;
    return Error{unreadable ? ErrorKind::kCorrupt : opened.error().kind, opened.error().message};
  }
  const LogPoint at = (*opened)->at();
  Result<History> history = compare_history(feed_, at);
  if (!history.ok()) return history.error();
  switch (*history) {
    case History::kSame:
      return opened;
    case History::kOther:
      return Error{ErrorKind::kInvalid, "its position " + std::to_string(at.position.value()) + " is not in this log"};
    case History::kLost:
      break;
  }
  return Error{ErrorKind::kHistoryMismatch,
               "log: ends at position " + std::to_string(feed_.durable().position.value()) +
                   " or has another history, but the read cache reflects " + std::to_string(at.position.value()) +
                   " of the same epoch or a later one; restore it from a backup, or accept the loss with: till log "
                   "repair --accept-loss"};
}

Status ReadCache::open_serving() {
  if (files_->serving() == 0) return begin_anew_at_open("");
  auto opened = open_usable(files_->serving());
  if (opened.ok()) {
    // The rows may be a recent tail short after a power cut, or far behind: what was known before must not be denied.
    (*opened)->serve_from(feed_.durable().position);
    publish(std::move(*opened));
    return {};
  }
  // The cache is a lower bound of what was durable: a log that lost it must not be served.
  const ErrorKind kind = opened.error().kind;
  if (kind == ErrorKind::kUnavailable || kind == ErrorKind::kHistoryMismatch) return opened.error();
  return begin_anew_at_open(opened.error().message);
}

// Nothing is open then, so that the folders of former generations can go.
Status ReadCache::begin_anew_at_open(const std::string& reason) {
  if (Status begun = begin_anew(reason); !begun.ok()) {
    return Error{ErrorKind::kUnavailable, "read cache: no generation can be begun in " + options_.directory +
                                              "; make that folder usable, or remove it: " + begun.error().message +
                                              (reason.empty() ? "" : "; the former one was given up: " + reason)};
  }
  return files_->remove_orphans();
}

// An empty generation that follows the log from its beginning; reads wait until it knows what is durable now.
Status ReadCache::begin_anew(const std::string& reason) {
  const std::uint64_t number = files_->next();
  auto opened = Generation::open(files_->path(number), number, Purpose::kServe, *store_options_);
  if (!opened.ok()) return opened.error();
  (*opened)->serve_from(feed_.durable().position);
  if (Status set = files_->set(number, 0); !set.ok()) return set;
  if (!reason.empty()) spdlog::warn("read cache: built anew as generation {}: {}", number, reason);
  {
    const std::lock_guard lock(mutex_);
    note_ = reason;
  }
  publish(std::move(*opened));
  return {};
}

std::shared_ptr<ReadCache::Serving> ReadCache::serving() const {
  const std::lock_guard lock(mutex_);
  return serving_;
}

std::shared_ptr<Generation> ReadCache::generation() const {
  const std::lock_guard lock(mutex_);
  return serving_->generation;
}

// From here on queries see `generation`; its follower runs where the cache was started. The former follower is stopped
// by the caller, who may stand on its thread.
void ReadCache::publish(std::shared_ptr<Generation> generation) {
  generation->on_damage([this] {
    const std::lock_guard lock(mutex_);
    supervisor_wake_.notify_all();
  });
  auto next = std::make_shared<Serving>();
  // It stands there from the first moment: who asks meanwhile must not hear of position 0.
  next->follower = std::make_unique<Follower>(feed_, *generation, options_.follower, generation->at());
  next->generation = std::move(generation);
  const std::lock_guard lock(mutex_);
  if (started_ && !stopping_) next->follower->start();
  serving_ = std::move(next);
  supervisor_wake_.notify_all();
}

void ReadCache::start() {
  const std::lock_guard lock(mutex_);
  if (started_) return;
  started_ = true;
  stopping_ = false;
  serving_->follower->start();
  supervisor_ = named_thread("cache-watch", [this] { supervise(); });
}

void ReadCache::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!started_) return;
    stopping_ = true;
    supervisor_wake_.notify_all();
  }
  supervisor_.join();
  serving()->follower->stop();
  const std::lock_guard lock(mutex_);
  started_ = false;
}

// Waits for damage and begins a new generation in place of the damaged one.
void ReadCache::supervise() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    supervisor_wake_.wait(lock, [&] { return stopping_ || serving_->generation->damaged(); });
    if (stopping_) return;
    lock.unlock();
    const Status replaced = replace_damaged();
    lock.lock();
    if (replaced.ok()) continue;
    spdlog::error("read cache: a new generation could not be begun: {}", replaced.error().message);
    supervisor_wake_.wait_for(lock, kRepairRetry, [&] { return stopping_; });
  }
}

Status ReadCache::replace_damaged() {
  const std::lock_guard change(change_mutex_);
  std::shared_ptr<Serving> damaged = serving();
  if (!damaged->generation->damaged()) return {};  // a rebuild was faster
  damaged->follower->stop();
  if (Status begun = begin_anew("the former generation was damaged"); !begun.ok()) return begun;
  close(std::move(damaged));
  return {};
}

// Its last readers go first, so that the files are closed here, neither in a reader's time nor under whoever opens them
// again.
void ReadCache::close(std::shared_ptr<Serving> former) {
  former->follower->stop();
  if (former->generation->damaged()) former->generation->discard_on_close();
  const auto deadline = std::chrono::steady_clock::now() + kReadersLeaveWithin;
  while ((former.use_count() > 1 || former->generation.use_count() > 1) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kReadersLeavePoll);
  }
}

ViewInfo ReadCache::info() const {
  const std::shared_ptr<Serving> now = serving();
  ViewInfo info{std::string(read_cache::kViewName), now->generation->number(), now->follower->status()};
  const Status readable = now->generation->readable();
  if (!readable.ok() && info.status.error.empty()) {
    const std::lock_guard lock(mutex_);
    info.status.error = readable.error().message + (note_.empty() ? "" : " (" + note_ + ")");
  }
  return info;
}

bool ReadCache::wait_for(Position target, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const std::shared_ptr<Serving> now = serving();
    if (now->follower->position() >= target) return true;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    {
      const std::lock_guard lock(mutex_);
      if (!started_ || stopping_) return false;
    }
    const auto slice = std::min(left, kWaitSlice);
    const auto until = std::chrono::steady_clock::now() + slice;
    if (now->follower->wait_for(target, slice)) return true;
    // A follower that has stopped does not wait; another may take its place.
    std::this_thread::sleep_until(until);
  }
}

Result<DigestAt> ReadCache::digest(const std::atomic<bool>* cancelled) {
  const auto now = generation();
  if (Status readable = now->readable(); !readable.ok()) return readable.error();
  return now->digest({}, cancelled);
}

Status ReadCache::dump(const std::function<void(std::string_view key, std::string_view value)>& visit) {
  return generation()->dump(visit);
}

Result<AsOf<std::optional<schema::SaleView>>> ReadCache::sale(std::string_view tenant, std::string_view sale_id,
                                                              std::optional<Position> as_of) {
  return read_cache::find_sale(*generation(), tenant, sale_id, as_of);
}

Result<AsOf<std::optional<CachedCustomerRow>>> ReadCache::customer(std::string_view tenant,
                                                                   std::string_view customer_id) {
  return read_cache::find_customer(*generation(), tenant, customer_id);
}

Result<AsOf<schema::Availability>> ReadCache::availability(std::string_view tenant, std::string_view store,
                                                           std::span<const std::string_view> skus) {
  return read_cache::availability(*generation(), tenant, store, skus);
}

Result<AsOf<schema::Dashboard>> ReadCache::dashboard(std::string_view tenant, std::string_view store,
                                                     std::int32_t business_date) {
  return read_cache::dashboard(*generation(), tenant, store, business_date);
}

Result<AsOf<std::vector<StreamEntry>>> ReadCache::history(std::string_view tenant, EntityKind kind, std::string_view id,
                                                          StreamVersion from, std::size_t limit) {
  return read_cache::history(*generation(), tenant, kind, id, from, limit);
}

Result<AsOf<std::vector<Position>>> ReadCache::tenant_positions(std::string_view tenant, Position after,
                                                                std::size_t limit) {
  return read_cache::tenant_positions(*generation(), tenant, after, limit);
}

Result<AsOf<Position>> ReadCache::tenant_position_at(std::string_view tenant, Micros time) {
  return read_cache::tenant_position_at(*generation(), tenant, time);
}

}  // namespace till
