// Proves a log record by record: density, hashes, every chain.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "engine/domain.h"
#include "engine/log.h"
#include "engine/result.h"
#include "engine/transaction.h"
#include "engine/vocabulary.h"

namespace till {

struct LogVerification {
  std::uint64_t verified = 0;  // records that were found good, from position 1 on
  std::uint64_t events = 0;
  LogPoint last;  // the last good record
  Status result;  // kCorrupt names the position and what is wrong with it
};

// Feeds on stored bytes in order. Shares only hashing and decoding with what wrote them. One thread.
class LogVerifier {
 public:
  // `domain` outlives this object.
  LogVerifier(const LogId& log_id, const Domain& domain);

  // The next record; position 1 comes first. After an error no further record is to be given.
  Status add(Position position, std::string_view stored);
  const LogPoint& last() const { return last_; }
  std::uint64_t events() const { return events_; }

 private:
  struct Chain {
    std::uint64_t seq = 0;
    Hash hash{};
  };
  Status check_place(const Transaction& transaction, Position position) const;
  Status check_tenant(const Transaction& transaction);
  Status check_terminal(const Transaction& transaction);

  const LogId log_id_;
  const Domain& domain_;
  LogPoint last_;
  std::int64_t recorded_at_us_ = 0;
  std::uint64_t events_ = 0;
  std::map<std::string, Chain, std::less<>> tenants_;
  std::map<std::pair<std::string, std::string>, Chain> terminals_;
};

// Reads the whole log up to its head at the time of the call; the log may be appended to meanwhile. kCancelled soon
// after `cancelled`, which may be null, is set.
LogVerification verify_log(const Log& log, const Domain& domain, const std::atomic<bool>* cancelled = nullptr);

}  // namespace till
