#include "projections/reporting/reporting.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "projections/reporting/generations.h"
#include "projections/reporting/reader_pool.h"
#include "projections/reporting/rebuild.h"
#include "projections/reporting/report.h"
#include "projections/reporting/row_digest.h"
#include "projections/reporting/self_check.h"
#include "projections/reporting/serving_view.h"

namespace till {

using namespace reporting;

bool parse_report_group(std::string_view text, ReportGroup& group) {
  constexpr std::pair<std::string_view, ReportGroup> kNames[] = {
      {"store", ReportGroup::kStore},      {"day", ReportGroup::kDay},           {"hour", ReportGroup::kHour},
      {"product", ReportGroup::kProduct},  {"category", ReportGroup::kCategory}, {"tender", ReportGroup::kTender},
      {"employee", ReportGroup::kEmployee}};
  const auto* const found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& name) { return name.first == text; });
  if (found == std::end(kNames)) return false;
  group = found->second;
  return true;
}

class Reporting::Impl {
 public:
  Impl(Feed& feed, ReportingOptions options)
      : feed_(feed),
        options_(std::move(options)),
        view_(feed_, options_, maintenance_),
        follower_(feed_, view_, options_.follower),
        readers_(options_.server, {options_.reader_sessions, options_.reader_wait, options_.report_timeout}) {}

  void start() {
    const std::lock_guard lock(lifecycle_);
    stopping_ = false;
    started_ = true;
    follower_.start();
  }

  void stop() {
    stopping_ = true;
    {
      const std::lock_guard lock(lifecycle_);
      started_ = false;
      follower_.stop();
    }
    // A rebuild looks at stopping_ between its batches; after it nothing touches the server any more.
    const std::lock_guard ended(maintenance_);
  }

  ViewInfo info() const { return {"reporting", view_.generation(), follower_.status()}; }

  bool wait_for(Position target, std::chrono::milliseconds timeout) { return follower_.wait_for(target, timeout); }

  Status rebuild(const RebuildRequest& request) {
    return maintain(request, request.tenant.empty() ? &Rebuilder::rebuild_all : &Rebuilder::rebuild_tenant);
  }

  Status rollback(const RebuildRequest& request) { return maintain(request, &Rebuilder::rollback); }

  Result<DigestAt> digest(const std::atomic<bool>* cancelled) { return scan<DigestAt>(cancelled, read_row_digest); }

  Result<std::vector<SelfCheck>> self_checks(const std::atomic<bool>* cancelled) {
    return scan<std::vector<SelfCheck>>(cancelled, read_self_checks);
  }

  Result<SalesReportAt> sales_report(const SalesReportRequest& request) {
    return ours<SalesReportAt>([&](SqlConnection& connection) { return read_sales_report(connection, request); });
  }

  Result<TableReportAt> table_report(const TableReportRequest& request) {
    return ours<TableReportAt>([&](SqlConnection& connection) { return read_table_report(connection, request); });
  }

 private:
  // What `read` finds in the serving tables; one such long scan of them at a time.
  template <class Answer, class Read>
  Result<Answer> scan(const std::atomic<bool>* cancelled, const Read& read) {
    const std::lock_guard lock(digest_);
    auto connection = SqlConnection::open(options_.server, SessionKind::kReader, options_.maintenance_timeout);
    if (!connection.ok()) return connection.error();
    Result<Generations> generations = read_generations(**connection);
    if (!generations.ok()) return generations.error();
    if (generations->serving == 0) return Error{ErrorKind::kUnavailable, "reporting has not begun yet"};
    return read(**connection, generation_prefix(generations->serving),
                [&] { return stopping_ || (cancelled != nullptr && cancelled->load()); });
  }

  // A report by a session of the pool, where it is one of this log and of rows that have come far enough.
  template <class Answer, class Read>
  Result<Answer> ours(const Read& read) {
    Answer report;
    Status done = readers_.run([&](SqlConnection& connection) -> Status {
      Result<Answer> result = read(connection);
      if (!result.ok()) return result.error();
      report = std::move(result.value());
      return {};
    });
    if (!done.ok()) return done.error();
    // Rows of another history stay in their tables until a rebuild; nobody may take them for this log's.
    if (Status known = check_history(feed_, report.at); !known.ok()) {
      return Error{ErrorKind::kUnavailable, known.error().message};
    }
    if (const Position from = view_.serve_from(); report.at.position < from) {
      return Error{ErrorKind::kUnavailable, "reporting is being built: " + std::to_string(report.at.position.value()) +
                                                " of " + std::to_string(from.value()) + " transactions"};
    }
    return report;
  }

  Status maintain(const RebuildRequest& request, Status (Rebuilder::*work)()) {
    const std::unique_lock lock(maintenance_, std::try_to_lock);
    if (!lock.owns_lock()) return Error{ErrorKind::kUnavailable, "another rebuild or rollback of reporting is running"};
    const RebuildSite site{feed_, options_, view_, [this](const auto& action) { return while_still(action); },
                           stopping_};
    Rebuilder rebuilder(site, request);
    return (rebuilder.*work)();
  }

  // A follower that has stopped, as on rows of another history, is started again after the action: on the new rows.
  Status while_still(const std::function<Status(Position)>& action) {
    std::unique_lock lock(lifecycle_);
    if (started_ && follower_.status().state != FollowerState::kStopped) {
      lock.unlock();
      return follower_.while_held([&](LogPoint at) { return action(at.position); });
    }
    follower_.stop();
    Status done = action(feed_.durable().position);
    if (started_ && !stopping_) follower_.start();
    return done;
  }

  Feed& feed_;
  const ReportingOptions options_;
  std::mutex maintenance_;  // one rebuild, rollback or beginning anew at a time
  ServingView view_;
  Follower follower_;
  ReaderPool readers_;
  std::mutex lifecycle_;  // start and stop of the follower
  std::mutex digest_;
  bool started_ = false;
  std::atomic<bool> stopping_{false};
};

Reporting::Reporting(Feed& feed, ReportingOptions options) {
  SqlConnection::init_driver();
  impl_ = std::make_unique<Impl>(feed, std::move(options));
}

Reporting::~Reporting() {
  stop();
}

void Reporting::start() {
  impl_->start();
}
void Reporting::stop() {
  impl_->stop();
}
ViewInfo Reporting::info() const {
  return impl_->info();
}
bool Reporting::wait_for(Position target, std::chrono::milliseconds timeout) {
  return impl_->wait_for(target, timeout);
}
Status Reporting::rebuild(const RebuildRequest& request) {
  return impl_->rebuild(request);
}
Status Reporting::rollback(const RebuildRequest& request) {
  return impl_->rollback(request);
}
Result<DigestAt> Reporting::digest(const std::atomic<bool>* cancelled) {
  return impl_->digest(cancelled);
}
Result<std::vector<SelfCheck>> Reporting::self_checks(const std::atomic<bool>* cancelled) {
  return impl_->self_checks(cancelled);
}
Result<SalesReportAt> Reporting::sales_report(const SalesReportRequest& request) {
  return impl_->sales_report(request);
}
Result<TableReportAt> Reporting::table_report(const TableReportRequest& request) {
  return impl_->table_report(request);
}

}  // namespace till
