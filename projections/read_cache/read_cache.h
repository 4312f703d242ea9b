// The read cache: what terminals and live screens ask, answered from RocksDB without touching the log. Disposable: a
// copy that is missing, damaged or of another history is built anew from the log, and reads answer kUnavailable until
// then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/log_digest.h"
#include "projections/managed_view.h"
#include "projections/read_cache/session_touches.h"
#include "schemas/cache.pb.h"
#include "schemas/events.pb.h"
#include "schemas/views.pb.h"

namespace till {

namespace read_cache {
class Generation;
class GenerationFiles;
struct StoreOptions;
}  // namespace read_cache

struct ReadCacheOptions {
  std::string directory;
  const Domain* domain = nullptr;  // folds the entities that have rows, and outlives the cache; null: none has rows
  std::size_t block_cache_bytes = 64u << 20;           // shared by the generations
  std::size_t write_buffer_bytes = 16u << 20;          // of each; up to three wait to be flushed
  std::size_t board_counters_most = 400'000;           // of dashboards kept in memory, about 130 bytes each
  std::size_t tenant_replace_bytes_most = 256u << 20;  // rows of one tenant that are replaced in one step
  FollowerOptions follower{
      .max_batch_transactions = 2048, .max_batch_bytes = 8u << 20, .pace = std::chrono::milliseconds(40)};
};

// An answer and the point of the log that its rows reflect, from one snapshot.
template <class T>
struct AsOf {
  LogPoint at;
  T value;
};

// One event of a stream: the transaction that holds it.
struct StreamEntry {
  StreamVersion version;
  Position position;
  friend bool operator==(const StreamEntry&, const StreamEntry&) = default;
};

// An entity with a read route, as its events leave it.
struct EntityRow {
  std::unique_ptr<google::protobuf::Message> state;
  StreamVersion version;
};

// Some of a tenant's transactions in order.
struct TenantRun {
  std::vector<TransactionPtr> transactions;
  bool whole = true;  // up to what the rows reflect; else there is at least one, and more follow
};

// Entities of one kind, or what a list of them led to.
struct EntityPage {
  struct Item {
    std::string id;
    std::optional<EntityRow> row;  // nothing where the entity has no row
  };
  std::vector<Item> items;
  std::string last;   // what to go on after; opaque
  bool more = false;  // whether anything follows
};

// Items at their reorder point or below.
struct LowStockPage {
  struct Item {
    std::string sku;
    std::int64_t on_hand_e5 = 0;
    std::int64_t available_e5 = 0;
    std::int64_t point_e5 = 0;
    std::optional<std::int64_t> target_e5;
  };
  std::vector<Item> items;
  std::string last;
  bool more = false;
};

// Of one page: items looked at, which bounds the time that it takes.
inline constexpr std::size_t kPageScanMost = 2000;

struct CachedCustomerRow {
  schema::CustomerRegistered customer;  // personal data sealed, as in the log; the id alone once erased
  std::string position;                 // of the registration, as text; of the erasure once erased
  schema::CachedCustomer state;         // everything else
};

// Queries are thread safe, from any thread, and answer kUnavailable while the rows are damaged or being built. Another
// tenant's things do not exist.
class ReadCache final : public ManagedView {
 public:
  // Opens the serving generation in `options.directory`, or begins a new one where there is none that fits the log
  // behind `feed`. `feed` outlives the cache. Rows move from start() on; queries answer kUnavailable until they have
  // reached what is durable at this moment.
  static Result<std::unique_ptr<ReadCache>> open(Feed& feed, ReadCacheOptions options);
  ~ReadCache() override;
  ReadCache(const ReadCache&) = delete;
  ReadCache& operator=(const ReadCache&) = delete;

  void start() override;
  void stop() override;
  ViewInfo info() const override;
  bool wait_for(Position target, std::chrono::milliseconds timeout) override;
  Status rebuild(const RebuildRequest& request) override;
  Status rollback(const RebuildRequest& request = {}) override;
  Result<DigestAt> digest(const std::atomic<bool>* cancelled = nullptr) override;

  // With `as_of`: as the tenant's transactions up to that position left it.
  Result<AsOf<std::optional<schema::SaleView>>> sale(std::string_view tenant, std::string_view sale_id,
                                                     std::optional<Position> as_of = std::nullopt);
  Result<AsOf<std::optional<CachedCustomerRow>>> customer(std::string_view tenant, std::string_view customer_id);
  // An entity of a kind that has a read route.
  Result<AsOf<std::optional<EntityRow>>> entity(std::string_view tenant, EntityKind kind, std::string_view id);
  // Visits every entity of these kinds, each of which has a read route, of all tenants: for each tenant kind by kind in
  // the order given, ascending by id. One snapshot; the point of the log that it reflects.
  using VisitEntity = std::function<void(std::string_view tenant, EntityKind kind, std::string_view id,
                                         const google::protobuf::Message& state)>;
  Result<LogPoint> scan(std::span<const EntityKind> kinds, const VisitEntity& visit);
  // The same as the tenant's transactions up to `position` left it, made from the nearest image and the log; reads up
  // to kBucketMembers transactions.
  Result<AsOf<std::optional<EntityRow>>> entity_at(std::string_view tenant, EntityKind kind, std::string_view id,
                                                   Position position);
  // Items in the order asked; zeros for a SKU that the store never held.
  Result<AsOf<schema::Availability>> availability(std::string_view tenant, std::string_view store,
                                                  std::span<const std::string_view> skus);
  // The same as the tenant's transactions up to `position` left it; reads a few transactions of the log for each SKU.
  Result<AsOf<schema::Availability>> availability_at(std::string_view tenant, std::string_view store,
                                                     std::span<const std::string_view> skus, Position position);
  // `store` empty: the whole tenant. `business_date` is yyyymmdd. kInvalid where a sum leaves 64 bits.
  Result<AsOf<schema::Dashboard>> dashboard(std::string_view tenant, std::string_view store,
                                            std::int32_t business_date);
  // Entities of a kind by id after `after`, at most `limit`.
  Result<AsOf<EntityPage>> entities(std::string_view tenant, EntityKind kind, std::string_view after,
                                    std::size_t limit);
  // Those of the ids asked, in their order.
  Result<AsOf<EntityPage>> entities(std::string_view tenant, EntityKind kind, std::span<const std::string> ids);
  // Sessions or shifts that began in a store and were not ended since, by rank and id, after `after`: `last` of a page
  // before, or empty. Sessions that end at `ends_after` or before are left out; those that somebody ended are not.
  Result<AsOf<EntityPage>> open_entities(std::string_view tenant, EntityKind kind, std::string_view store,
                                         std::string_view after, Micros ends_after, std::size_t limit);
  // How many shifts of a store, or of the whole tenant where `store` is empty, are not closed; counted up to `most`.
  Result<std::size_t> open_shifts(std::string_view tenant, std::string_view store, std::size_t most);
  // By SKU after `after`, at most `limit`; a page looks at kPageScanMost reorder points at most.
  Result<AsOf<LowStockPage>> low_stock(std::string_view tenant, std::string_view store, std::string_view after,
                                       std::size_t limit);
  // What keeps sessions from idling out. Not rows: they are forgotten with the process, and no digest knows them.
  SessionTouches& touches() { return touches_; }

  // Events of a stream from version `from` on, ascending, at most `limit`.
  Result<AsOf<std::vector<StreamEntry>>> history(std::string_view tenant, EntityKind kind, std::string_view id,
                                                 StreamVersion from, std::size_t limit);
  // The tenant's transactions after `after`, ascending, at most `limit`.
  Result<AsOf<std::vector<Position>>> tenant_positions(std::string_view tenant, Position after, std::size_t limit);
  // These transactions themselves, read from the log: at most `limit`, and about `max_bytes`.
  Result<AsOf<TenantRun>> transactions(std::string_view tenant, Position after, std::size_t limit,
                                       std::size_t max_bytes);
  // The tenant's last transaction recorded at `time` or before; position 0 where there is none.
  Result<AsOf<Position>> tenant_position_at(std::string_view tenant, Micros time);

  // All rows of the serving generation, ascending by key, of one snapshot, without its own marks: equal bytes for equal
  // positions, however the rows came about.
  Status dump(const std::function<void(std::string_view key, std::string_view value)>& visit);

 private:
  // What queries see: replaced as one.
  struct Serving {
    std::shared_ptr<read_cache::Generation> generation;
    std::unique_ptr<Follower> follower;
  };

  ReadCache(Feed& feed, ReadCacheOptions options);
  Status set_level_at(std::string_view tenant, const std::string& stock_id, Position position,
                      schema::Availability::Item& item, LogPoint& at);
  // The events of one stream in `transaction`, onto its state.
  void fold_stream(const Transaction& transaction, EntityKind kind, std::string_view id, EntityRow& row) const;
  Status open_serving();
  Result<std::shared_ptr<read_cache::Generation>> open_usable(std::uint64_t number);
  Status begin_anew(const std::string& reason);
  Status begin_anew_at_open(const std::string& reason);
  std::shared_ptr<Serving> serving() const;
  std::shared_ptr<read_cache::Generation> generation() const;
  void publish(std::shared_ptr<read_cache::Generation> generation);
  void supervise();
  Status replace_damaged();

  Status rebuild_whole(const RebuildRequest& request);
  Status rebuild_tenant(const RebuildRequest& request);
  Status build(read_cache::Generation& generation, LogDigest* digest, const RebuildRequest& request,
               const std::function<Position()>& target);
  Status catch_up(read_cache::Generation& generation, Position target, LogDigest* digest,
                  const RebuildRequest& request);
  Status switch_to(std::shared_ptr<read_cache::Generation> next, const RebuildRequest& request);
  Status switch_held(std::shared_ptr<read_cache::Generation>& next, const Serving& former, Position at,
                     const RebuildRequest& request);
  Status take_place(read_cache::Generation& next, const Serving& former);
  static void close(std::shared_ptr<Serving> former);
  Status hold(Serving& serving, const std::function<Status(LogPoint)>& action);

  Feed& feed_;
  const ReadCacheOptions options_;
  const std::unique_ptr<read_cache::StoreOptions> store_options_;
  const std::unique_ptr<read_cache::GenerationFiles> files_;

  SessionTouches touches_;

  std::mutex change_mutex_;                // held while generations change: open, rebuild, rollback, repair
  std::unique_ptr<LogDigest> log_digest_;  // of the last proof, so that the next goes on from there

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<Serving> serving_;
  std::string note_;  // why the serving generation was begun anew
  bool started_ = false;
  bool stopping_ = false;
  std::condition_variable supervisor_wake_;
  std::thread supervisor_;
};

}  // namespace till
