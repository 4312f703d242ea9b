// Reads the log for a rebuild: while one batch is applied, the next is read and decoded on another thread.
#pragma once

#include <cstddef>
#include <future>
#include <vector>

#include "engine/follower.h"
#include "engine/result.h"

namespace till {

// One thread at a time. Holds one batch beside the caller's. The destructor waits for the read under way.
class ReadAhead {
 public:
  // `feed` outlives it. Batches have at most `max_count` transactions and about `max_bytes`.
  ReadAhead(Feed& feed, std::size_t max_count, std::size_t max_bytes)
      : feed_(feed), max_count_(max_count), max_bytes_(max_bytes) {}
  // As Feed::read(). Fast where `after` is the end of the batch before.
  Status read(Position after, std::vector<TransactionPtr>& out);

 private:
  struct Batch {
    Position after;
    Status status;
    std::vector<TransactionPtr> transactions;
  };
  Batch fetch(Position after);

  Feed& feed_;
  const std::size_t max_count_;
  const std::size_t max_bytes_;
  std::future<Batch> next_;
};

}  // namespace till
