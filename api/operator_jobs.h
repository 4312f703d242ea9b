// Long work that an operator starts, looks at, and may cancel.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "api/operator_api.h"
#include "engine/result.h"
#include "projections/managed_view.h"

namespace till {

// Begun, and goes on after the answer.
inline constexpr unsigned kAcceptedStatus = 202;

// Each job has its own thread. Thread safe.
//   GET  /operator/jobs               -> {jobs:[…]}
//   GET  /operator/jobs/{id}          -> {job, what, state, done, total, elapsed_ms, eta_ms?, error?}
//   POST /operator/jobs/{id}/cancel   -> the same
// state: running, done, failed or cancelled. eta_ms is told once the job has moved: at its pace so far, which begins
// anew where the job begins counting anew.
class OperatorJobs {
 public:
  using Work = std::function<Status(const std::atomic<bool>& cancelled, const std::function<void(Progress)>& tell)>;

  ~OperatorJobs();
  // The id of the job; kUnavailable where kMostRunning run already.
  Result<std::string> start(std::string what, Work work);
  void add_routes(OperatorApi& api);
  // Cancels what runs and waits for it. Idempotent.
  void stop();

  static constexpr std::size_t kMostRunning = 4;
  static constexpr std::size_t kMostKept = 100;  // finished ones, the oldest are forgotten

 private:
  struct Job;
  void run(Job& job, const Work& work);
  void forget_finished();
  std::shared_ptr<Job> find(std::string_view id) const;

  mutable std::mutex mutex_;
  std::list<std::shared_ptr<Job>> jobs_;
  std::uint64_t last_id_ = 0;
  bool stopping_ = false;
};

}  // namespace till
