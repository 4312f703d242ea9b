// Operator routes for the views: where they stand, rebuild, rollback, and the proof against the log.
//   GET  /operator/views                          -> [{view, generation, position, lag, state, digest, error?}]
//   POST /operator/views/rebuild   {view, tenant?} -> 202 {job}
//   POST /operator/views/rollback  {view}          -> 202 {job}
//   POST /operator/views/verify    {view?}         -> {equal, views:[{view, position, equal, compared, checks,
//                                                      differences:[…], broken:[{check, rows, example}], error?}]}
// A view that could not be read or has no place in the log now was not compared; it is not equal, and not different.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/operator_api.h"
#include "api/operator_jobs.h"
#include "engine/follower.h"
#include "projections/log_digest.h"
#include "projections/managed_view.h"

namespace till {

class JsonWriter;

// Thread safe. Everything given outlives it; it outlives the OperatorApi.
class OperatorViews {
 public:
  OperatorViews(Feed& feed, OperatorJobs& jobs, std::vector<ManagedView*> views);

  // A follower that is listed, but neither rebuilt nor verified.
  void add_follower(std::function<ViewInfo()> info) { followers_.push_back(std::move(info)); }
  void add_routes(OperatorApi& api);

 private:
  OperatorAnswer list(const OperatorRequest& request, const std::atomic<bool>& stopping);
  OperatorAnswer rebuild(const OperatorRequest& request);
  OperatorAnswer rollback(const OperatorRequest& request);
  OperatorAnswer verify(const OperatorRequest& request, const std::atomic<bool>& stopping);
  // Writes what was found; whether the view equals the log and keeps its own rules.
  bool verify_view(ManagedView& view, const std::atomic<bool>& stopping, JsonWriter& json);
  ManagedView* find(std::string_view name) const;
  // The log's side at the position of a view; goes on from where it stood at the last call where it can.
  Result<Digests> log_digests(const std::string& view, const LogPoint& point, const std::atomic<bool>& stopping);

  Feed& feed_;
  OperatorJobs& jobs_;
  const std::vector<ManagedView*> views_;
  std::vector<std::function<ViewInfo()>> followers_;
  std::mutex digests_mutex_;
  std::map<std::string, LogDigest> digests_;  // by view, each at the position of its last proof
};

// A short name of all the numbers: equal digests, equal text.
std::string digest_text(const Digests& digests);

}  // namespace till
