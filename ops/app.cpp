#include "ops/app.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>

#include "api/operator_keys.h"
#include "api/tenant_export.h"
#include "engine/named_thread.h"
#include "engine/rocks_books_store.h"
#include "engine/rocks_log.h"
#include "engine/secret_file.h"
#include "ops/data_folder.h"
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
      keys(directory + "/keys"),
      secrets(directory + "/secrets"),
      secret(secrets + "/master"),
      person_secret(secrets + "/persons"),
      crash_note(directory + "/crash_notes"),
      socket(directory + "/till.sock") {}

App::App(AppOptions options) : options_(std::move(options)), layout_(options_.data) {}

App::~App() {
  stop();
}

Result<std::unique_ptr<App>> App::open(AppOptions options) {
  std::unique_ptr<App> app(new App(std::move(options)));
  if (Status opened = app->open_stores(); !opened.ok()) return opened.error();
  if (Status opened = app->open_engine(); !opened.ok()) return opened.error();
  if (Status opened = app->open_views(); !opened.ok()) return opened.error();
  app->add_operator_routes();
  app->add_metrics();
  app->disk_watch_ = named_thread("disk-watch", [raw = app.get()] { raw->watch_disk(); });
  return app;
}

Status App::open_stores() {
  Result<DirectoryLock> lock = DirectoryLock::take(layout_.directory);
  if (!lock.ok()) return lock.error();
  lock_ = std::make_unique<DirectoryLock>(std::move(*lock));
  // What the stores make later, such as the books made anew, is its owner's alone too.
  ::umask(0077);
  for (const std::string& folder : {layout_.books, layout_.cache, layout_.relay, layout_.keys, layout_.secrets}) {
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
    RelayOptions relay_options;
    relay_options.url = services.nats_url;
    relay_options.directory = layout_.relay;
    relay_options.max_age = std::chrono::days(options_.config.nats_max_age_days);
    relay_options.max_bytes = static_cast<std::int64_t>(options_.config.nats_max_bytes);
    relay_ = std::make_unique<Relay>(engine_->feed(), *domain_, relay_options);
  }
  queries_ = std::make_unique<ViewQueries>(*cache_, reporting_.get(), domain_->zones());
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
  timers_ = std::make_unique<Timers>(*engine_, *cache_, domain_->zones(), secret_, TimersOptions{});
  timers_->start();
  return {};
}

void App::add_operator_routes() {
  std::vector<ManagedView*> views{cache_.get()};
  if (reporting_) views.push_back(reporting_.get());
  operator_views_ = std::make_unique<OperatorViews>(engine_->feed(), jobs_, views);
  if (relay_) {
    operator_views_->add_follower([this] { return ViewInfo{"relay", 1, relay_->status().follower}; });
  }
  operator_log_ = std::make_unique<OperatorLog>(*log_, *engine_, *domain_);
  add_key_routes(operator_api_, *engine_, *credentials_);
  add_tenant_export_route(operator_api_, engine_->feed(), *domain_, *person_keys_, *credentials_);
  operator_views_->add_routes(operator_api_);
  operator_log_->add_routes(operator_api_);
  jobs_.add_routes(operator_api_);
  add_relay_route(operator_api_, relay_.get());
}

void App::add_metrics() {
  metrics_.add_source([this](MetricsText& text) {
    const LogPoint durable = engine_->feed().durable();
    write_engine_metrics(text, engine_->stats(), engine_->ready(), durable);
    std::vector<FollowerSample> followers;
    followers.push_back({"read_cache", cache_->info().status});
    followers.push_back({"credentials", credentials_->status()});
    followers.push_back({"activity", activity_->status()});
    followers.push_back({"person_eraser", person_eraser_->status()});
    followers.push_back({"timers", timers_->status()});
    if (reporting_) followers.push_back({"reporting", reporting_->info().status});
    if (relay_) followers.push_back({"relay", relay_->status().follower});
    write_follower_metrics(text, followers, durable.position);
    activity_->write(text);
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
    if (!trouble) engine_->set_disk_reserve_reached(space.available < options_.config.disk_reserve_bytes);
    std::this_thread::sleep_for(kDiskInterval);
  }
}

void App::stop() {
  if (stopping_.exchange(true)) return;
  if (disk_watch_.joinable()) disk_watch_.join();
  jobs_.stop();
  operator_api_.stop();
  if (service_) service_->stop();
  if (timers_) timers_->stop();
  if (engine_) engine_->stop();
  if (relay_) relay_->stop();
  if (reporting_) reporting_->stop();
  if (cache_) cache_->stop();
  if (activity_) activity_->stop();
  if (credentials_) credentials_->stop();
  if (person_eraser_) person_eraser_->stop();
}

}  // namespace till
