// The write side as one thing: open it, submit commands, read what is durable.
//
// Threads: submit() from any thread; completions run on the commit thread and must only hand over. The sequencer thread
// alone reads and writes the books. Everything else here is thread safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

class Log;
class BooksStore;
class Stage;

struct CommandRequest {
  std::string tenant;
  std::string key;  // idempotency key
  Fingerprint fingerprint{};
  std::unique_ptr<google::protobuf::Message> body;  // the domain's command message
  schema::Origin origin = schema::ONLINE;
  std::string actor;
  std::string traceparent;
  std::string bound_terminal;     // the only terminal that the actor may act for; empty: any
  std::uint32_t actor_scope = 0;  // as in DecideContext
};

enum class OutcomeKind : std::uint8_t {
  kAccepted,        // durable at `position`; `answer` is what to tell
  kReplayed,        // the first result of this key or content stands at `position`: answer_at() has it
  kRejected,        // `rejection`
  kKeyReused,       // the key belongs to another request
  kOverloaded,      // the tenant's queue is full; nothing was decided
  kNotReady,        // starting, stopping, or the clock waits for confirmation; nothing was decided
  kDiskReserve,     // free space below the reserve; nothing was decided
  kOutcomeUnknown,  // the log failed: may or may not be durable; the process is about to stop
  kTooLarge,        // a door of the record format was exceeded; nothing was decided
  kCrashed,         // the same command stopped the process before
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kNotReady;
  Position position;
  std::string answer;  // serialized answer message of kAccepted
  Rejection rejection;
};

// Called once per submission, with one outcome per command in the order submitted.
using Completion = std::function<void(std::vector<Outcome>&&)>;

struct EngineOptions {
  std::size_t tenant_queue_commands = 20'000;  // waiting, per tenant
  std::size_t slice_commands = 32;             // taken from one tenant before the next has its turn
  std::size_t group_transactions = 2048;       // in one synced write
  std::size_t group_bytes = 1u << 20;
  std::size_t ring_transactions = 16'384;  // decoded recent transactions kept for followers
  std::size_t ring_bytes = 64u << 20;
  std::size_t books_bytes = 256u << 20;            // memory of the books before cold entities leave it
  std::size_t flush_transactions = 1024;           // dirty entities are handed to the books' store this often
  std::size_t replay_transactions_most = 200'000;  // tail of the log that may be missing from the books' store on disk
  std::chrono::milliseconds clock_jump_most{std::chrono::hours(24)};
  std::chrono::hours key_lifetime{30 * 24};
  std::string crash_note_path;  // empty: no notes are kept
  // False: nothing goes on by itself; who opened the engine steps its stages, all on one thread.
  bool threads = true;
  std::function<Micros()> clock;  // null: the system's clock
  // Measures what passes between two looks at `clock`; null: the system's steady clock.
  std::function<std::chrono::steady_clock::time_point()> steady_clock;
  std::chrono::steady_clock::time_point steady_now() const {
    return steady_clock ? steady_clock() : std::chrono::steady_clock::now();
  }
  // Called once, on a thread of the engine, when a write or sync of the log failed, or the books can no longer be read
  // or written: the process has to end.
  std::function<void(const Error&)> on_failure;
  // Called now and then while the books are brought up to the head at open: transactions done, and in all.
  std::function<void(std::uint64_t done, std::uint64_t total)> on_recovery;
};

// Counters since start; read without locks, so that sums may be a moment apart.
struct EngineStats {
  std::uint64_t groups = 0;
  std::uint64_t transactions = 0;
  std::uint64_t rejections = 0;
  std::uint64_t replays = 0;
  std::uint64_t refusals = 0;  // reused keys, too large, crashed before, not ready
  std::uint64_t bytes = 0;
  std::uint64_t sync_us_total = 0;
  std::uint64_t sync_us_last = 0;
  std::uint64_t group_last = 0;
  std::uint64_t queued_commands = 0;
  std::uint64_t queue_waits = 0;  // submissions whose first command was reached
  std::uint64_t queue_wait_us_total = 0;
  std::uint64_t books_entities = 0;
  std::uint64_t books_bytes = 0;
  std::uint64_t books_loads = 0;
  std::uint64_t recovered_transactions = 0;  // replayed into the books at open
};

// Its parts that go on by themselves, in the order of a command's way.
enum class EngineStage : std::uint8_t { kLoader, kSequencer, kCommit, kFlusher };
inline constexpr std::size_t kEngineStages = 4;

class Engine {
 public:
  // Recovers the books up to the head of `log` and starts the threads. `log`, `store` and `domain` outlive the engine.
  static Result<std::unique_ptr<Engine>> open(Log& log, BooksStore& store, const Domain& domain, EngineOptions options);
  virtual ~Engine() = default;

  // All commands of one submission belong to one tenant and are decided in order. Refusals for the whole submission
  // call back on this thread before returning.
  virtual void submit(std::vector<CommandRequest>&& commands, Completion done) = 0;

  // The answer message stored with the transaction at a durable position of `tenant`; kNotFound for another's.
  virtual Result<std::string> answer_at(std::string_view tenant, Position position) = 0;

  virtual Feed& feed() = 0;

  // Every entity of a kind as the books hold it at the head; only between open() and the first submit().
  virtual Status scan(EntityKind kind, const std::function<void(std::string_view tenant, std::string_view id,
                                                                const google::protobuf::Message& state)>& visit) = 0;

  virtual EngineStats stats() const = 0;
  // False from the moment that the log failed, the clock jumped, or stop() began.
  virtual bool ready() const = 0;
  // Set from outside: refuse commands with kDiskReserve while true.
  virtual void set_disk_reserve_reached(bool reached) = 0;
  // An operator confirms the clock after a jump.
  virtual void confirm_clock() = 0;

  // Where options.threads is false: a part to be stepped.
  virtual Stage& stage(EngineStage which) = 0;

  // Answers what is queued, flushes the books, joins the threads. Idempotent.
  virtual void stop() = 0;
};

}  // namespace till
