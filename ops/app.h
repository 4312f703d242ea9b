// Everything of one data folder put together: log, books, views, relay, HTTP service and operator routes, without
// sockets. `serve` puts listeners in front of it; the other subcommands open it where no server runs.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "api/activity.h"
#include "api/credentials.h"
#include "api/metrics.h"
#include "api/operational_alerts.h"
#include "api/operator_api.h"
#include "api/operator_jobs.h"
#include "api/operator_log.h"
#include "api/operator_views.h"
#include "api/service.h"
#include "api/timers.h"
#include "api/view_queries.h"
#include "commands/retail_domain.h"
#include "engine/books_store.h"
#include "engine/durable_file.h"
#include "engine/engine.h"
#include "engine/log.h"
#include "engine/person_keys.h"
#include "ops/config.h"
#include "ops/effect_set.h"
#include "ops/subscribers.h"
#include "projections/effects/export_follower.h"
#include "projections/person_eraser.h"
#include "projections/read_cache/read_cache.h"
#include "projections/relay/relay.h"
#include "projections/reporting/reporting.h"

namespace till {

// Names below a data folder.
struct DataLayout {
  explicit DataLayout(std::string directory);
  std::string directory, config, log, books, cache, relay, effects, keys, secrets, secret, person_secret, crash_note,
      socket;
  std::string subscribers;
};

struct AppOptions {
  std::string data;
  ServerConfig config;
  // False: nothing is sent outside; for who only looks, or asks for something.
  bool deliver = true;
  // The log failed: the process has to end, non-zero. Called once, from any thread.
  std::function<void(const Error&)> on_failure;
};

// One thread opens, starts and stops it; the parts it hands out are thread safe.
class App {
 public:
  // Takes the directory lock, recovers, starts every follower. Errors as those of the stores: kNotFound and
  // kHistoryMismatch of the log among them.
  static Result<std::unique_ptr<App>> open(AppOptions options);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  HttpHandler public_handler() { return service_->handler(); }
  HttpGate public_gate() { return service_->gate(); }
  HttpHandler operator_handler() { return operator_api_.handler(); }
  Metrics& metrics() { return metrics_; }

  // From now on /readyz says that the server is stopping; requests are still answered.
  void begin_drain() { draining_ = true; }
  // Everything that was accepted is durable and the stores are closed. Idempotent.
  void stop();

 private:
  explicit App(AppOptions options);
  Status open_stores();
  Status open_engine();
  Status open_views();
  Status open_subscribers();
  RelayOptions relay_options() const;
  void start_operational_alerts();
  void add_operator_routes();
  std::vector<FollowerSample> follower_samples() const;
  void add_metrics();
  std::string not_ready_because() const;
  void watch_disk();

  const AppOptions options_;
  const DataLayout layout_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<RetailDomain> domain_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<BooksStore> books_;
  std::unique_ptr<PersonKeys> person_keys_;
  MasterSecret secret_{};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<PersonEraser> person_eraser_;
  std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<Activity> activity_;
  std::unique_ptr<ReadCache> cache_;
  std::unique_ptr<Reporting> reporting_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<ExportFollower> export_;
  std::unique_ptr<Subscribers> subscribers_;
  std::unique_ptr<ViewQueries> queries_;
  std::unique_ptr<MailSender> mail_;
  std::unique_ptr<EffectSet> effects_;
  Metrics metrics_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Timers> timers_;
  OperatorJobs jobs_;
  std::unique_ptr<OperatorViews> operator_views_;
  std::unique_ptr<OperatorLog> operator_log_;
  OperatorApi operator_api_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> disk_reserve_reached_{false};
  std::unique_ptr<OperationalAlerts> operational_alerts_;
  std::thread disk_watch_;
};

}  // namespace till
