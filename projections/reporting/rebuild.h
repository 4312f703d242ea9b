// Rebuild, rebuild of one tenant, rollback: new rows beside the serving ones, proven against the log, then one switch.
#pragma once

#include <functional>
#include <memory>

#include "projections/log_digest.h"
#include "projections/managed_view.h"
#include "projections/reporting/generations.h"
#include "projections/reporting/serving_view.h"
#include "projections/reporting/writer.h"

namespace till::reporting {

// What a rebuild needs of the view it works on.
struct RebuildSite {
  Feed& feed;
  const ReportingOptions& options;
  ServingView& view;
  // Runs the action while nothing is applied to the serving generation. The action is given the position that the new
  // rows have to reach; it may run on another thread while the caller waits.
  std::function<Status(const std::function<Status(Position)>&)> while_still;
  const std::atomic<bool>& stopping;
};

// Brings a set of tables forward by own reads of the log and folds the log's digest beside it. One thread at a time.
class Filler {
 public:
  Filler(const RebuildSite& site, const RebuildRequest& request, WriterTarget target);
  // From where the tables stand. kHistoryMismatch where that is not in this log.
  Status start();
  // To `target` exactly; does nothing where the tables are beyond it. `quiet`: tells no progress.
  Status advance_to(Position target, bool quiet = false);
  // Until little is missing at `limit()`, which moves. kUnavailable where the log stays ahead.
  Status approach(const std::function<Position()>& limit);
  // The rows' digest against the log's, both at position().
  Status verify();
  const LogPoint& at() const { return at_; }
  bool cancelled() const;

 private:
  const RebuildSite& site_;
  const RebuildRequest& request_;
  TableWriter writer_;
  LogDigest digest_;
  LogPoint at_;
};

// One of these at a time. Errors: kCancelled, kUnavailable (the server, or tables in use), kCorrupt (verification),
// kPoison.
class Rebuilder {
 public:
  Rebuilder(const RebuildSite& site, const RebuildRequest& request) : site_(site), request_(request) {}
  Status rebuild_all();
  Status rebuild_tenant();
  Status rollback();

 private:
  Status connect();
  Status fill_generation(std::uint64_t generation, const Generations& present);
  Status switch_to(Filler& filler, const Generations& to);
  Status try_switch(Filler& filler, const Generations& to, Position target, bool& in_use);
  Status fill_shadow(std::uint64_t serving);
  Status check_tenant_rows(const std::string& prefix);
  Status replace_tenant(Filler& filler, std::uint64_t serving);
  void drop_unless_used(std::uint64_t generation);

  const RebuildSite& site_;
  const RebuildRequest& request_;
  std::unique_ptr<SqlConnection> maintenance_;
};

}  // namespace till::reporting
