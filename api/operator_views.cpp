#include "api/operator_views.h"

#include <algorithm>
#include <utility>

#include "api/metrics.h"
#include "engine/json_writer.h"
#include "engine/position_text.h"
#include "engine/transaction.h"
#include "projections/digest_difference.h"

namespace till {
namespace {

constexpr std::size_t kDifferencesTold = 100;
constexpr std::size_t kDigestTextLength = 16;

std::string text_of(const LogPoint& point) {
  return position_text(point.log_id, point.epoch, point.position);
}

void write_info(JsonWriter& json, const ViewInfo& info, Position durable, const std::string* digest) {
  const LogPoint& at = info.status.at;
  const std::uint64_t lag = durable > at.position ? durable.value() - at.position.value() : 0;
  json.begin_object().member("view", info.view).key("generation").number(info.generation);
  json.member("position", text_of(at)).key("lag").number(lag).member("state", state_name(info.status.state));
  json.key("digest");
  if (digest != nullptr) {
    json.string(*digest);
  } else {
    json.raw("null");
  }
  if (!info.status.error.empty()) json.member("error", info.status.error);
  json.end_object();
}

OperatorAnswer job_answer(Result<std::string> job) {
  if (!job.ok()) return operator_problem(job.error());
  OperatorAnswer answer{kAcceptedStatus, {}};
  JsonWriter(answer.body).begin_object().member("job", *job).end_object();
  return answer;
}

void write_differences(JsonWriter& json, const std::vector<DigestDifference>& differences) {
  json.array("differences");
  for (const DigestDifference& one : differences) {
    json.begin_object().member("tenant", one.key.tenant).member("currency", one.key.currency);
    json.member("field", one.field).key("view").raw(to_text(one.view)).key("log").raw(to_text(one.log)).end_object();
  }
  json.end_array();
}

// Only the rules that are broken.
void write_broken(JsonWriter& json, const std::vector<SelfCheck>& checks) {
  json.array("broken");
  for (const SelfCheck& check : checks) {
    if (check.rows == 0) continue;
    json.begin_object().member("check", check.name).key("rows").number(check.rows).member("example", check.example);
    json.end_object();
  }
  json.end_array();
}

bool all_hold(const std::vector<SelfCheck>& checks) {
  return std::ranges::all_of(checks, [](const SelfCheck& check) { return check.rows == 0; });
}

}  // namespace

std::string digest_text(const Digests& digests) {
  std::string all;
  for (const auto& [key, digest] : digests) {
    if (digest == Digest{}) continue;
    all.append(key.tenant).append("/").append(key.currency);
    for (const DigestField& field : kDigestFields) all.append(" ").append(to_text(digest.*field.value));
    all.push_back('\n');
  }
  return to_hex(as_bytes(sha256(all))).substr(0, kDigestTextLength);
}

OperatorViews::OperatorViews(Feed& feed, OperatorJobs& jobs, std::vector<ManagedView*> views)
    : feed_(feed), jobs_(jobs), views_(std::move(views)) {}

ManagedView* OperatorViews::find(std::string_view name) const {
  for (ManagedView* const view : views_) {
    if (view->info().view == name) return view;
  }
  return nullptr;
}

// The digests read whole views; ?digest=no leaves them out.
OperatorAnswer OperatorViews::list(const OperatorRequest& request, const std::atomic<bool>& stopping) {
  const bool with_digest = request.text("digest") != "no";
  const Position durable = feed_.durable().position;
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_array();
  for (ManagedView* const view : views_) {
    ViewInfo info = view->info();
    std::string text;
    if (with_digest) {
      Result<DigestAt> digest = view->digest(&stopping);
      if (digest.ok()) {
        text = digest_text(digest->digests);
        info.status.at = digest->at;
      } else if (info.status.error.empty()) {
        info.status.error = digest.error().message;
      }
    }
    write_info(json, info, durable, text.empty() ? nullptr : &text);
  }
  for (const auto& follower : followers_) write_info(json, follower(), durable, nullptr);
  json.end_array();
  return answer;
}

OperatorAnswer OperatorViews::rebuild(const OperatorRequest& request) {
  ManagedView* const view = find(request.text("view"));
  if (view == nullptr) return operator_problem(Error{ErrorKind::kNotFound, "no such view"});
  const std::string tenant(request.text("tenant"));
  std::string what = "rebuild " + std::string(request.text("view"));
  if (!tenant.empty()) what += " of tenant " + tenant;
  return job_answer(jobs_.start(
      std::move(what), [view, tenant](const std::atomic<bool>& cancelled, const std::function<void(Progress)>& tell) {
        RebuildRequest rebuild;
        rebuild.tenant = tenant;
        rebuild.on_progress = tell;
        rebuild.cancelled = &cancelled;
        return view->rebuild(rebuild);
      }));
}

OperatorAnswer OperatorViews::rollback(const OperatorRequest& request) {
  ManagedView* const view = find(request.text("view"));
  if (view == nullptr) return operator_problem(Error{ErrorKind::kNotFound, "no such view"});
  return job_answer(jobs_.start("rollback " + std::string(request.text("view")),
                                [view](const std::atomic<bool>& cancelled, const std::function<void(Progress)>& tell) {
                                  RebuildRequest rollback;
                                  rollback.on_progress = tell;
                                  rollback.cancelled = &cancelled;
                                  return view->rollback(rollback);
                                }));
}

Result<Digests> OperatorViews::log_digests(const std::string& view, const LogPoint& point,
                                           const std::atomic<bool>& stopping) {
  const Position at = point.position;
  const Result<LogPoint> in_log = feed_.point_at(at);
  if (!in_log.ok()) return in_log.error();
  if (in_log.value().hash != point.hash) {
    return Error{ErrorKind::kHistoryMismatch,
                 "the view stands at position " + std::to_string(at.value()) + " of another history than this log's"};
  }
  const std::lock_guard lock(digests_mutex_);
  LogDigest& digest = digests_[view];
  // After a rebuild or rollback a view may stand before its last proof.
  if (digest.position() > at) digest = LogDigest();
  // Another view's proof may have come further already.
  for (const auto& [name, other] : digests_) {
    if (other.position() > digest.position() && other.position() <= at) digest = other;
  }
  if (Status advanced = advance_digest(feed_, at, digest, &stopping); !advanced.ok()) return advanced.error();
  return digest.digests();
}

bool OperatorViews::verify_view(ManagedView& view, const std::atomic<bool>& stopping, JsonWriter& json) {
  const std::string name = view.info().view;
  json.begin_object().member("view", name);
  const Result<DigestAt> in_view = view.digest(&stopping);
  const Result<Digests> in_log = in_view.ok() ? log_digests(name, in_view.value().at, stopping) : in_view.error();
  const Result<std::vector<SelfCheck>> checks = in_log.ok() ? view.self_checks(&stopping) : in_log.error();
  bool equal = false;
  if (checks.ok()) {
    const auto differences = compare_digests(in_view.value(), in_log.value(), "", kDifferencesTold);
    equal = differences.empty() && all_hold(checks.value());
    json.member("position", text_of(in_view.value().at)).member("digest", digest_text(in_view.value().digests));
    json.key("equal").boolean(equal).key("compared").boolean(true);
    json.key("checks").number(std::uint64_t{checks.value().size()});
    write_differences(json, differences);
    write_broken(json, checks.value());
  } else {
    // Rows of another history differ from this log, whatever they are.
    const bool compared = checks.error().kind == ErrorKind::kHistoryMismatch;
    json.key("equal").boolean(false).key("compared").boolean(compared).array("differences").end_array();
    json.member("error", checks.error().message);
  }
  json.end_object();
  return equal;
}

OperatorAnswer OperatorViews::verify(const OperatorRequest& request, const std::atomic<bool>& stopping) {
  const std::string_view wanted = request.text("view");
  if (!wanted.empty() && find(wanted) == nullptr) {
    return operator_problem(Error{ErrorKind::kNotFound, "no such view"});
  }
  bool all_equal = true;
  std::string views;
  JsonWriter json(views);
  json.begin_array();
  for (ManagedView* const view : views_) {
    if (!wanted.empty() && view->info().view != wanted) continue;
    if (!verify_view(*view, stopping, json)) all_equal = false;
  }
  json.end_array();
  OperatorAnswer answer;
  JsonWriter(answer.body).begin_object().key("equal").boolean(all_equal).key("views").raw(views).end_object();
  return answer;
}

void OperatorViews::add_routes(OperatorApi& api) {
  const std::atomic<bool>& stopping = api.stopping();
  api.add("GET", "/operator/views",
          [this, &stopping](const OperatorRequest& request) { return list(request, stopping); });
  api.add("POST", "/operator/views/rebuild", [this](const OperatorRequest& request) { return rebuild(request); });
  api.add("POST", "/operator/views/rollback", [this](const OperatorRequest& request) { return rollback(request); });
  api.add("POST", "/operator/views/verify",
          [this, &stopping](const OperatorRequest& request) { return verify(request, stopping); });
}

}  // namespace till
