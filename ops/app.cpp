#include "ops/app.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>

#include "api/event_json.h"
#include "api/operator_keys.h"
#include "api/tenant_export.h"
#include "engine/named_thread.h"
#include "engine/rocks_books_store.h"
#include "engine/rocks_log.h"
#include "engine/secret_file.h"
#include "ops/data_folder.h"
#include "ops/effect_factory.h"
#include "ops/export_command.h"
#include "ops/mail.h"
#include "ops/relay_command.h"
#include "ops/version.h"
#include "ops/zone_tables.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kDiskInterval{500};
// Reads are ready when the cache is this close to the log's head.
constexpr std::uint64_t kReadyLagMost = 10'000;

ReportingOptions reporting_options(const ServiceSettings& services) {
  ReportingOptions options;
  options.server.host = services.mysql.host;
  options.server.port = services.mysql.port;
  options.server.unix_socket = services.mysql.socket;
  options.server.database = services.mysql.database;
  options.server.user = services.mysql.user;
  options.server.password = services.mysql.password;
  options.analyst_user = services.analyst_user;
  options.analyst_password = services.analyst_password;
  return options;
}

bool has_mysql(const ServiceSettings& services) {
  return !services.mysql.user.empty();
}

}  // namespace

DataLayout::DataLayout(std::string data)
    : directory(std::move(data)),
      config(directory + "/till.toml"),
      log(directory + "/log"),
      books(directory + "/books"),
      cache(directory + "/cache"),
      relay(directory + "/relay"),
      effects(directory + "/effects"),
      keys(directory + "/keys"),
      secrets(directory + "/secrets"),
      secret(secrets + "/master"),
      person_secret(secrets + "/persons"),
      crash_note(directory + "/crash_notes"),
      socket(directory + "/till.sock"),
      subscribers(secrets + "/subscribers.json") {}

App::App(AppOptions options) : options_(std::move(options)), layout_(options_.data) {}

App::~App() {
  stop();
}

Result<std::unique_ptr<App>> App::open(AppOptions options) {
  std::unique_ptr<App> app(new App(std::move(options)));
  if (Status opened = app->open_stores(); !opened.ok()) return opened.error();
  if (Status opened = app->open_engine(); !opened.ok()) return opened.error();
  if (Status opened = app->open_views(); !opened.ok()) return opened.error();
  if (Status opened = app->open_subscribers(); !opened.ok()) return opened.error();
  app->add_operator_routes();
  app->add_metrics();
  app->start_operational_alerts();
  app->disk_watch_ = named_thread("disk-watch", [raw = app.get()] { raw->watch_disk(); });
  return app;
}

Status App::open_stores() {
  Result<DirectoryLock> lock = DirectoryLock::take(layout_.directory);
  if (!lock.ok()) return lock.error();
  lock_ = std::make_unique<DirectoryLock>(std::move(*lock));
  // What the stores make later, such as the books made anew, is its owner's alone too.
  ::umask(0077);
  for (const std::string& folder :
       {layout_.books, layout_.cache, layout_.relay, layout_.effects, layout_.keys, layout_.secrets}) {
    if (Status made = make_private_folder(folder); !made.ok()) return made;
  }
  Result<ZoneTables> zones = load_zone_tables();
  if (!zones.ok()) return zones.error();
  domain_ = std::make_unique<RetailDomain>(std::move(*zones));

  RocksLogOptions log_options;
  log_options.directory = layout_.log;
  OpenReport report;
  Result<std::unique_ptr<Log>> log = open_rocks_log(log_options, report);
  if (!log.ok()) return log.error();
  log_ = std::move(*log);
  if (report.tail_cut) {
    spdlog::warn("the log's last group was torn and nobody was told of it: {} bytes cut, kept in {}", report.cut_bytes,
                 report.cut_file);
  }

  RocksBooksStoreOptions books_options;
  books_options.directory = layout_.books;
  Result<std::unique_ptr<BooksStore>> books = open_rocks_books_store(books_options);
  if (!books.ok()) return books.error();
  books_ = std::move(*books);

  const IfMissing if_missing = log_->head().position == kFirstPosition ? IfMissing::kMake : IfMissing::kRefuse;
  const Result<Secret> master = open_secret(layout_.secret, if_missing);
  if (!master.ok()) return master.error();
  secret_ = master.value();
  const Result<Secret> persons = open_secret(layout_.person_secret, if_missing);
  if (!persons.ok()) return persons.error();
  Result<std::unique_ptr<PersonKeys>> keys = PersonKeys::open(layout_.keys, persons.value(), if_missing);
  if (!keys.ok()) return keys.error();
  person_keys_ = std::move(*keys);
  return {};
}

Status App::open_engine() {
  EngineOptions engine_options;
  engine_options.books_bytes = options_.config.books_memory_bytes;
  engine_options.crash_note_path = layout_.crash_note;
  engine_options.on_failure = options_.on_failure;
  engine_options.on_recovery = [](std::uint64_t done, std::uint64_t total) {
    spdlog::info("folding the log into the books: {} of {} transactions", done, total);
  };
  Result<std::unique_ptr<Engine>> engine = Engine::open(*log_, *books_, *domain_, engine_options);
  if (!engine.ok()) return engine.error();
  engine_ = std::move(*engine);
  Result<std::unique_ptr<PersonEraser>> eraser = PersonEraser::open(*engine_, *person_keys_);
  if (!eraser.ok()) return eraser.error();
  person_eraser_ = std::move(*eraser);
  Result<std::unique_ptr<Credentials>> credentials = Credentials::open(*engine_);
  if (!credentials.ok()) return credentials.error();
  credentials_ = std::move(*credentials);
  activity_ = std::make_unique<Activity>(engine_->feed(), *domain_);
  return {};
}

RelayOptions App::relay_options() const {
  RelayOptions options;
  options.url = options_.config.services.nats_url;
  options.directory = layout_.relay;
  options.max_age = std::chrono::days(options_.config.nats_max_age_days);
  options.max_bytes = static_cast<std::int64_t>(options_.config.nats_max_bytes);
  return options;
}

Status App::open_views() {
  ReadCacheOptions cache_options;
  cache_options.directory = layout_.cache;
  cache_options.domain = domain_.get();
  cache_options.block_cache_bytes = options_.config.cache_memory_bytes;
  Result<std::unique_ptr<ReadCache>> cache = ReadCache::open(engine_->feed(), cache_options);
  if (!cache.ok()) return cache.error();
  cache_ = std::move(*cache);
  const ServiceSettings& services = options_.config.services;
  if (has_mysql(services)) {
    reporting_ = std::make_unique<Reporting>(engine_->feed(), reporting_options(services));
  }
  if (!services.nats_url.empty()) {
    relay_ = std::make_unique<Relay>(engine_->feed(), *domain_, relay_options());
  }
  if (const EffectSettings& settings = options_.config.effects; !settings.export_directory.empty()) {
    ExportOptions export_options;
    export_options.directory = settings.export_directory;
    export_options.interval = std::chrono::seconds(settings.export_interval_seconds);
    export_ = std::make_unique<ExportFollower>(engine_->feed(), *domain_, append_event_json, export_options);
  }
  queries_ = std::make_unique<ViewQueries>(*cache_, reporting_.get(), domain_->zones());
  if (!options_.config.effects.mail.url.empty()) {
    Result<std::unique_ptr<SmtpMailSender>> mail = make_mail_sender(options_.config.effects.mail);
    if (!mail.ok()) return mail.error();
    mail_ = std::move(*mail);
  }
  if (relay_) {
    const ServerParts parts{*engine_, *domain_, domain_->zones(), *person_keys_, secret_, *queries_};
    EffectSetOptions effect_options{layout_.effects, relay_options(), options_.config.effects, mail_.get()};
    Result<std::unique_ptr<EffectSet>> effects = EffectSet::open(parts, std::move(effect_options));
    if (!effects.ok()) return effects.error();
    effects_ = std::move(*effects);
    queries_->set_effects(effects_->host());
  }
  ServiceOptions service_options;
  service_options.version = kVersion;
  service_options.rate_limit.commands_per_second = options_.config.commands_per_second;
  service_options.rate_limit.burst = options_.config.burst_commands;
  service_options.rate_limit.terminal_commands_per_second = options_.config.terminal_commands_per_second;
  service_options.rate_limit.terminal_burst = options_.config.terminal_burst_commands;
  service_options.not_ready_because = [this] { return not_ready_because(); };
  service_ =
      std::make_unique<Service>(*engine_, *queries_, *credentials_, *person_keys_, secret_, metrics_, service_options);
  cache_->start();
  if (reporting_) reporting_->start();
  if (relay_) relay_->start();
  if (effects_) effects_->start(options_.deliver);
  if (export_) export_->start();
  timers_ = std::make_unique<Timers>(*engine_, *cache_, domain_->zones(), secret_, TimersOptions{});
  timers_->start();
  return {};
}

// Not through the effects: what it tells of is that they do not work.
void App::start_operational_alerts() {
  const EffectSettings& settings = options_.config.effects;
  const bool nobody = settings.alerts_slack_url.empty() && settings.alerts_mail_to.empty();
  if (nobody || !options_.deliver) return;
  OperationalAlertsOptions alerts;
  alerts.server = settings.alerts_server;
  alerts.slack_url = settings.alerts_slack_url;
  alerts.mail_to = settings.alerts_mail_to;
  alerts.limits.errors_most_ppm = static_cast<std::uint32_t>(settings.alerts_errors_most_ppm);
  alerts.limits.lag_most = settings.alerts_lag_most;
  const auto sample = [this] {
    OperationalSample taken;
    taken.views = follower_samples();
    taken.durable = engine_->feed().durable().position;
    if (effects_) {
      for (const EffectInfo& info : effects_->host().list()) {
        taken.effects.push_back({info.name, info.status.error, info.counts.dead});
      }
    }
    taken.groups = metrics_.latency().counts();
    taken.disk_reserve_reached = disk_reserve_reached_;
    return taken;
  };
  const SendMail mail = mail_ ? text_mail(*mail_, settings.mail) : SendMail();
  operational_alerts_ = std::make_unique<OperationalAlerts>(std::move(alerts), sample, effect_time, http_post, mail);
  operational_alerts_->start();
}

Status App::open_subscribers() {
  const ServiceSettings& services = options_.config.services;
  SubscribersOptions options;
  options.stream.url = services.nats_url;
  options.registry_file = layout_.subscribers;
  options.accounts_file = services.nats_accounts_file;
  options.pid_file = services.nats_pid_file;
  options.tenant_exists = [this](std::string_view tenant) { return credentials_->tenant_exists(tenant); };
  Result<std::unique_ptr<Subscribers>> subscribers = Subscribers::open(std::move(options));
  if (!subscribers.ok()) return subscribers.error();
  subscribers_ = std::move(*subscribers);
  subscribers_->start();
  return {};
}

void App::add_operator_routes() {
  std::vector<ManagedView*> views{cache_.get()};
  if (reporting_) views.push_back(reporting_.get());
  operator_views_ = std::make_unique<OperatorViews>(engine_->feed(), jobs_, views);
  if (relay_) {
    operator_views_->add_follower([this] { return ViewInfo{"relay", 1, relay_->status().follower}; });
  }
  if (export_) {
    operator_views_->add_follower([this] { return ViewInfo{"export", 1, export_->status().follower}; });
    add_export_route(operator_api_, engine_->feed(), *export_);
  }
  operator_log_ = std::make_unique<OperatorLog>(*log_, *engine_, *domain_);
  add_key_routes(operator_api_, *engine_, *credentials_);
  add_tenant_export_route(operator_api_, engine_->feed(), *domain_, *person_keys_, *credentials_);
  operator_views_->add_routes(operator_api_);
  operator_log_->add_routes(operator_api_);
  jobs_.add_routes(operator_api_);
  add_relay_route(operator_api_, relay_.get());
  if (effects_) {
    effects_->add_routes(operator_api_);
  } else {
    operator_api_.add("GET", "/operator/effects", [](const OperatorRequest&) {
      return OperatorAnswer{200, "{\"effects\":[]}"};
    });
  }
  subscribers_->add_routes(operator_api_);
}

std::vector<FollowerSample> App::follower_samples() const {
  std::vector<FollowerSample> followers;
  followers.push_back({"read_cache", cache_->info().status});
  followers.push_back({"credentials", credentials_->status()});
  followers.push_back({"activity", activity_->status()});
  followers.push_back({"person_eraser", person_eraser_->status()});
  followers.push_back({"timers", timers_->status()});
  if (reporting_) followers.push_back({"reporting", reporting_->info().status});
  if (relay_) followers.push_back({"relay", relay_->status().follower});
  if (effects_) followers.push_back({"effect_actions", effects_->actions_status()});
  if (effects_) followers.push_back({"effect_states", effects_->knowledge_status()});
  if (export_) followers.push_back({"export", export_->status().follower});
  return followers;
}

void App::add_metrics() {
  metrics_.add_source([this](MetricsText& text) {
    const LogPoint durable = engine_->feed().durable();
    write_engine_metrics(text, engine_->stats(), engine_->ready(), durable);
    const std::vector<FollowerSample> followers = follower_samples();
    write_follower_metrics(text, followers, durable.position);
    activity_->write(text);
    if (effects_) write_effect_metrics(text, effects_->host().list());
    service_->write_metrics(text);
  });
}

std::string App::not_ready_because() const {
  if (draining_) return "the server is stopping";
  if (!engine_->ready()) return "commands wait for the log, or for an operator to confirm the clock";
  const std::uint64_t head = engine_->feed().durable().position.value();
  const FollowerStatus cache = cache_->info().status;
  if (cache.state == FollowerState::kStopped) return "the read cache has stopped";
  if (cache.at.position.value() + kReadyLagMost < head) return "the read cache is catching up";
  return {};
}

void App::watch_disk() {
  while (!stopping_) {
    std::error_code trouble;
    const auto space = std::filesystem::space(layout_.directory, trouble);
    if (!trouble) {
      disk_reserve_reached_ = space.available < options_.config.disk_reserve_bytes;
      engine_->set_disk_reserve_reached(disk_reserve_reached_);
    }
    std::this_thread::sleep_for(kDiskInterval);
  }
}

void App::stop() {
  if (stopping_.exchange(true)) return;
  if (disk_watch_.joinable()) disk_watch_.join();
  if (operational_alerts_) operational_alerts_->stop();
  jobs_.stop();
  operator_api_.stop();
  if (service_) service_->stop();
  if (timers_) timers_->stop();
  if (effects_) effects_->stop();
  if (engine_) engine_->stop();
  if (subscribers_) subscribers_->stop();
  if (relay_) relay_->stop();
  if (export_) export_->stop();
  if (reporting_) reporting_->stop();
  if (cache_) cache_->stop();
  if (activity_) activity_->stop();
  if (credentials_) credentials_->stop();
  if (person_eraser_) person_eraser_->stop();
}

}  // namespace till
