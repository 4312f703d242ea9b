// Operator routes for the log itself.
//
//   GET  /operator/log/head     {log_id, epoch, head, position, chain}
//   GET  /operator/log/stats    the same with {transactions, events, tenants:[…]}
//   GET  /operator/log/records  ?from=&count=: {head, records:[…]}
//   POST /operator/log/verify   {ok, verified, events, log_id, epoch, head, position, chain, error?}
//   POST /operator/clock/confirm  {ready}
//
// head is a plain number, position the text that clients see, hashes are hexadecimal.
#pragma once

#include <atomic>
#include <mutex>

#include "api/operator_api.h"
#include "engine/domain.h"
#include "engine/engine.h"
#include "engine/log.h"
#include "projections/log_digest.h"

namespace till {

// Thread safe. Everything given outlives it; it outlives the OperatorApi.
class OperatorLog {
 public:
  OperatorLog(Log& log, Engine& engine, const Domain& domain);
  void add_routes(OperatorApi& api);

  static constexpr std::size_t kRecordsMost = 1000;  // of one answer

 private:
  OperatorAnswer head() const;
  OperatorAnswer stats(const std::atomic<bool>& stopping);
  OperatorAnswer records(const OperatorRequest& request) const;
  OperatorAnswer verify(const std::atomic<bool>& stopping) const;
  OperatorAnswer confirm_clock();

  Log& log_;
  Engine& engine_;
  Feed& feed_;
  const Domain& domain_;
  std::mutex digest_mutex_;
  LogDigest digest_;  // goes on from one call of stats to the next
};

// One record as JSON, for people: header, events with their names, the answer that was given. `edit` may change a copy
// of each event before it is shown.
using EditEvent = void (*)(google::protobuf::Message& event);
std::string record_json(const Transaction& transaction, const Domain& domain, EditEvent edit = nullptr);

}  // namespace till
