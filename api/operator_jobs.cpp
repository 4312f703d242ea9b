#include "api/operator_jobs.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "engine/json_writer.h"
#include "engine/named_thread.h"

namespace till {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t milliseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

struct OperatorJobs::Job {
  std::string id;
  std::string what;
  const Clock::time_point started = Clock::now();
  std::atomic<bool> cancelled{false};
  std::mutex mutex;  // guards what follows
  Progress progress;
  std::optional<Progress> first;  // from which the pace is taken
  Clock::time_point first_told;
  std::optional<Status> result;  // set once it has ended
  Clock::time_point ended;
  std::thread thread;

  std::string_view state() {
    const std::lock_guard lock(mutex);
    if (!result) return "running";
    if (result->ok()) return "done";
    return result->error().kind == ErrorKind::kCancelled ? "cancelled" : "failed";
  }

  bool has_ended() {
    const std::lock_guard lock(mutex);
    return result.has_value();
  }

  void tell(Progress now) {
    const std::lock_guard lock(mutex);
    if (!first || now.done < progress.done) {
      first = now;
      first_told = Clock::now();
    }
    progress = now;
  }

  void end(Status status) {
    const std::lock_guard lock(mutex);
    // The last batch may have been told of before it was applied.
    if (status.ok()) progress.done = progress.total;
    ended = Clock::now();
    result = std::move(status);
  }

  void write(JsonWriter& json) {
    json.begin_object().member("job", id).member("what", what).member("state", state());
    const std::lock_guard lock(mutex);
    json.key("done").number(progress.done).key("total").number(progress.total);
    json.key("elapsed_ms").number(milliseconds((result ? ended : Clock::now()) - started));
    if (!result && first && progress.done > first->done && progress.total >= progress.done) {
      const auto pace = static_cast<double>(milliseconds(Clock::now() - first_told)) /
                        static_cast<double>(progress.done - first->done);
      json.key("eta_ms").number(static_cast<std::int64_t>(pace * static_cast<double>(progress.total - progress.done)));
    }
    if (result && !result->ok()) json.member("error", result->error().message);
    json.end_object();
  }
};

OperatorJobs::~OperatorJobs() {
  stop();
}

Result<std::string> OperatorJobs::start(std::string what, Work work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Error{ErrorKind::kUnavailable, "the server is stopping"};
  forget_finished();
  std::size_t running = 0;
  for (const auto& job : jobs_) running += job->has_ended() ? 0 : 1;
  if (running >= kMostRunning) return Error{ErrorKind::kUnavailable, "too many jobs run already"};
  auto job = std::make_shared<Job>();
  job->id = std::to_string(++last_id_);
  job->what = std::move(what);
  jobs_.push_back(job);
  job->thread = named_thread("job", [this, job, work = std::move(work)] { run(*job, work); });
  return job->id;
}

void OperatorJobs::run(Job& job, const Work& work) {
  job.end(work(job.cancelled, [&job](Progress progress) { job.tell(progress); }));
}

void OperatorJobs::forget_finished() {
  for (auto it = jobs_.begin(); it != jobs_.end() && jobs_.size() >= kMostKept;) {
    if (!(*it)->has_ended()) {
      ++it;
      continue;
    }
    (*it)->thread.join();
    it = jobs_.erase(it);
  }
}

std::shared_ptr<OperatorJobs::Job> OperatorJobs::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& job : jobs_) {
    if (job->id == id) return job;
  }
  return nullptr;
}

void OperatorJobs::stop() {
  std::list<std::shared_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs.swap(jobs_);
  }
  for (const auto& job : jobs) job->cancelled = true;
  for (const auto& job : jobs) job->thread.join();
}

void OperatorJobs::add_routes(OperatorApi& api) {
  api.add("GET", "/operator/jobs", [this](const OperatorRequest&) {
    std::list<std::shared_ptr<Job>> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs = jobs_;
    }
    OperatorAnswer answer;
    JsonWriter json(answer.body);
    json.begin_object().array("jobs");
    for (const auto& job : jobs) job->write(json);
    json.end_array().end_object();
    return answer;
  });
  const auto tell = [this](const OperatorRequest& request, bool cancel) {
    const std::shared_ptr<Job> job = find(request.parameter);
    if (job == nullptr) return operator_problem(Error{ErrorKind::kNotFound, "no such job"});
    if (cancel) job->cancelled = true;
    OperatorAnswer answer;
    if (cancel) answer.status = kAcceptedStatus;
    JsonWriter json(answer.body);
    job->write(json);
    return answer;
  };
  api.add("GET", "/operator/jobs/{id}", [tell](const OperatorRequest& request) { return tell(request, false); });
  api.add("POST", "/operator/jobs/{id}/cancel", [tell](const OperatorRequest& request) { return tell(request, true); });
}

}  // namespace till
