// What the handlers share: the parts behind the HTTP API, the identity of the log, and the bounded pools.
#pragma once

#include <cstddef>
#include <string>

#include "api/at_least.h"
#include "api/command_counts.h"
#include "api/contact_index.h"
#include "api/fingerprint.h"
#include "api/pin_hash.h"
#include "api/queries.h"
#include "api/rate_limit.h"
#include "api/webhook_secret.h"
#include "api/worker_pool.h"
#include "engine/engine.h"
#include "engine/person_keys.h"
#include "engine/position_text.h"

namespace till {

struct PoolLimits {
  std::size_t sealing_threads = 2;  // personal data: a new person's key is one synced write
  std::size_t sealing_queue = 1024;
  std::size_t batch_threads = 1;  // reads what batches bring, which would hold up the I/O threads
  std::size_t batch_queue = 256;
  std::size_t answer_threads = 2;  // replays (reads of the log) and the answers of batches
  std::size_t answer_queue = 16'384;
  std::size_t report_threads = 4;  // each may wait for the database server
  std::size_t report_queue = 64;
};

// Everything outlives the HTTP server and the engine's last completion.
struct ApiParts {
  ApiParts(Engine& engine_, Queries& queries_, PersonKeys& person_keys_, const MasterSecret& secret,
           RateLimitOptions rate_limit_, const PoolLimits& limits);
  // Ends the waits and the pools; what is queued is still answered.
  void stop();

  // The text of a position of the log as it is now open.
  std::string text_of(Position position) const { return position_text(log_id, epoch, position); }
  std::string text_of(const LogPoint& point) const { return position_text(point.log_id, point.epoch, point.position); }

  Engine& engine;
  Queries& queries;
  PersonKeys& person_keys;
  const Fingerprinter fingerprinter;
  const PinHasher pin_hasher;
  const ContactIndex contacts;
  const WebhookSecrets webhook_secrets;
  const LogId log_id;
  const Epoch epoch;  // of every transaction accepted by this process
  RateLimit rate_limit;
  CommandCounts counts;
  AtLeastWaits waits;
  WorkerPool sealing;
  WorkerPool batches;
  WorkerPool answers;
  WorkerPool reports;
};

}  // namespace till
