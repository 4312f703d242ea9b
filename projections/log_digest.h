// The log's own side of a view's digest: separate small code that reads records and shares nothing with the views.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/follower.h"
#include "engine/result.h"
#include "projections/managed_view.h"

namespace till {

// Folds transactions into digests, from position 1 on. One thread; copies go on separately.
class LogDigest {
 public:
  void add(const Transaction& transaction);
  const Digests& digests() const { return digests_; }
  Position position() const { return position_; }

  // Further counts up to position(); records about the log itself count as transactions of the empty tenant.
  const std::map<std::string, std::uint64_t>& transactions() const { return transactions_; }
  std::uint64_t events() const { return events_; }

 private:
  Digests digests_;
  Position position_;
  std::map<std::string, std::uint64_t> transactions_;
  std::uint64_t events_ = 0;
};

// Reads `feed` until `digest` stands at `target`. A digest kept from an earlier call goes on from where it stood.
// kCancelled soon after `cancelled` is set; `tell` is told how far it got. Both may be null.
Status advance_digest(Feed& feed, Position target, LogDigest& digest, const std::atomic<bool>* cancelled = nullptr,
                      const std::function<void(Progress)>& tell = nullptr);

}  // namespace till
