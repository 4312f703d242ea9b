#include "ops/subscribers.h"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "api/wire_values.h"
#include "engine/durable_file.h"
#include "engine/json_writer.h"
#include "engine/named_thread.h"
#include "ops/private_servers.h"

namespace till {
namespace {

constexpr std::size_t kSubscriberPasswordLength = 32;
constexpr unsigned kAccountsMode = 0600;
constexpr unsigned kMadeStatus = 201;
constexpr std::size_t kAccountsBytesMost = 4u << 20;
// For nats-server to read its configuration; a new account is whole at the second reading only, since at the first one
// its imports find nobody.
constexpr std::chrono::milliseconds kReloadTakes{500};
constexpr int kReloadsMost = 10;

// Without user and password.
std::string address_alone(const std::string& url) {
  const std::size_t at = url.rfind('@');
  if (at != std::string::npos) return url.substr(at + 1);
  const std::size_t scheme = url.find("://");
  return scheme == std::string::npos ? url : url.substr(scheme + 3);
}

// The process of the file, where it is a nats-server still: a file may outlive its server, and a number be given again.
Result<pid_t> nats_process(const std::string& pid_file) {
  const Result<std::string> text = read_file(pid_file);
  if (!text.ok()) return Error{ErrorKind::kUnavailable, text.error().message};
  pid_t pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  const Result<std::string> name = read_file("/proc/" + std::to_string(pid) + "/comm");
  if (pid > 1 && name.ok() && name->starts_with("nats-server")) return pid;
  return Error{ErrorKind::kUnavailable, "no nats-server runs with the number in " + pid_file};
}

OperatorAnswer wrong_member(const std::string& sentence) {
  return operator_problem(Error{ErrorKind::kInvalid, sentence});
}

}  // namespace

Result<std::unique_ptr<Subscribers>> Subscribers::open(SubscribersOptions options) {
  Result<SubscriberRegistry> registry = SubscriberRegistry::open(options.registry_file);
  if (!registry.ok()) return registry.error();
  return std::unique_ptr<Subscribers>(new Subscribers(std::move(options), std::move(*registry)));
}

Subscribers::Subscribers(SubscribersOptions options, SubscriberRegistry registry)
    : options_(std::move(options)), registry_(std::move(registry)) {}

Subscribers::~Subscribers() {
  stop();
}

void Subscribers::start() {
  thread_ = named_thread("subscribers", [this] { run(); });
}

void Subscribers::stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_wish_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Subscribers::add_routes(OperatorApi& api) {
  api.add("POST", "/operator/subscribers", [this](const OperatorRequest& request) { return add(request); });
  api.add("GET", "/operator/subscribers", [this](const OperatorRequest&) { return list(); });
  api.add("POST", "/operator/subscribers/revoke", [this](const OperatorRequest& request) { return revoke(request); });
}

OperatorAnswer Subscribers::add(const OperatorRequest& request) {
  Subscriber subscriber;
  subscriber.tenant = request.text("tenant");
  subscriber.name = request.text("name");
  const std::string_view start = request.text("start");
  if (!is_subscriber_name(subscriber.name)) return wrong_member("name is 1-32 of A-Z a-z 0-9 -");
  if (!start.empty() && start != "oldest" && start != "new") return wrong_member("start is oldest or new");
  if (!options_.tenant_exists(subscriber.tenant)) return operator_problem(schema::TENANT_NOT_FOUND, {});
  const std::string password = random_secret(kSubscriberPasswordLength);
  Result<std::string> hash = hash_of_password(password);
  if (!hash.ok()) return operator_problem(hash.error());
  subscriber.password_hash = std::move(*hash);
  const std::lock_guard lock(mutex_);
  const Status made = make(subscriber, password, start == "new" ? SubscriberStart::kNew : SubscriberStart::kOldest);
  return made.ok() ? added(subscriber, password) : operator_problem(made.error());
}

Status Subscribers::make(const Subscriber& subscriber, const std::string& password, SubscriberStart start) {
  if (options_.stream.url.empty()) return Error{ErrorKind::kUnavailable, "no NATS server is configured"};
  if (Status kept = registry_.add(subscriber); !kept.ok()) return kept;
  // One that a former subscriber of the name left would begin where that one stood.
  Status status = remove_consumer(options_.stream, subscriber);
  if (status.ok()) status = ensure_consumers(options_.stream, {&subscriber, 1}, start);
  if (status.ok() && is_own_server()) status = apply(subscriber, password);
  if (!status.ok()) static_cast<void>(end(subscriber));
  return status;
}

OperatorAnswer Subscribers::added(const Subscriber& subscriber, const std::string& password) const {
  const std::string user = subscriber_name(subscriber);
  OperatorAnswer answer{kMadeStatus, {}};
  JsonWriter json(answer.body);
  json.begin_object().member("tenant", subscriber.tenant).member("name", subscriber.name).member("user", user);
  json.member("password", password).member("server", address_alone(options_.stream.url));
  json.member("stream", options_.stream.stream).member("consumer", user).member("domain", kSubscriberDomain);
  json.key("applied").boolean(is_own_server());
  if (!is_own_server()) json.member("configuration", subscriber_account(options_.stream, subscriber));
  json.end_object();
  return answer;
}

OperatorAnswer Subscribers::list() {
  const std::lock_guard lock(mutex_);
  const std::vector<Subscriber>& all = registry_.all();
  std::vector<std::optional<SubscriberLag>> lags(all.size());
  if (!all.empty() && !options_.stream.url.empty()) {
    if (auto found = read_lags(options_.stream, all); found.ok()) lags = std::move(*found);
  }
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().array("subscribers");
  for (std::size_t i = 0; i < all.size(); ++i) {
    json.begin_object().member("tenant", all[i].tenant).member("name", all[i].name);
    json.member("user", subscriber_name(all[i]));
    if (lags[i]) json.key("waiting").number(lags[i]->waiting).key("unacknowledged").number(lags[i]->unacknowledged);
    json.end_object();
  }
  json.end_array().key("applied").boolean(is_own_server());
  json.member("exports", subscriber_exports(options_.stream)).member("configuration", accounts()).end_object();
  return answer;
}

OperatorAnswer Subscribers::revoke(const OperatorRequest& request) {
  const std::lock_guard lock(mutex_);
  const Subscriber* const found = registry_.find(request.text("tenant"), request.text("name"));
  if (found == nullptr) return operator_problem(Error{ErrorKind::kNotFound, "no such subscriber"});
  const Subscriber subscriber = *found;
  if (Status ended = end(subscriber); !ended.ok()) return operator_problem(ended.error());
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().member("tenant", subscriber.tenant).member("name", subscriber.name);
  json.member("user", subscriber_name(subscriber)).key("revoked").boolean(true);
  json.key("applied").boolean(is_own_server()).end_object();
  return answer;
}

// Once it is out of the registry it has ended: its user is gone at the next start of nats-server at the latest, and a
// consumer without a user is read by nobody.
Status Subscribers::end(const Subscriber& subscriber) {
  if (Status removed = registry_.remove(subscriber.tenant, subscriber.name); !removed.ok()) return removed;
  Status told;
  if (is_own_server()) told = write_accounts();
  if (told.ok() && is_own_server()) told = reload();
  if (!told.ok()) spdlog::warn("subscribers: {}", told.error().message);
  if (options_.stream.url.empty()) return {};
  if (Status gone = remove_consumer(options_.stream, subscriber); !gone.ok()) {
    spdlog::warn("subscribers: {}", gone.error().message);
  }
  return {};
}

std::string Subscribers::accounts() const {
  std::string text;
  for (const Subscriber& subscriber : registry_.all()) text += subscriber_account(options_.stream, subscriber);
  return text;
}

Status Subscribers::write_accounts() const {
  return replace_file(options_.accounts_file, accounts(), kAccountsMode);
}

Status Subscribers::reload() const {
  const Result<pid_t> pid = nats_process(options_.pid_file);
  if (!pid.ok()) return pid.error();
  if (::kill(pid.value(), SIGHUP) == 0) return {};
  return Error{ErrorKind::kUnavailable, "nats-server cannot be told to read its configuration again"};
}

Status Subscribers::apply(const Subscriber& subscriber, const std::string& password) const {
  if (Status written = write_accounts(); !written.ok()) return written;
  Status tried;
  for (int i = 0; i < kReloadsMost; ++i) {
    if (Status told = reload(); !told.ok()) return told;
    std::this_thread::sleep_for(kReloadTakes);
    tried = try_subscriber(options_.stream, subscriber, password);
    if (tried.ok()) return {};
  }
  return tried;
}

void Subscribers::run() {
  std::string told;
  std::unique_lock stop_lock(stop_mutex_);
  while (!stopping_) {
    stop_lock.unlock();
    const Status checked = check();
    const std::string trouble = checked.ok() ? std::string() : checked.error().message;
    if (!trouble.empty() && trouble != told) spdlog::warn("subscribers: {}", trouble);
    told = trouble;
    stop_lock.lock();
    stop_wish_.wait_for(stop_lock, options_.check_every, [this] { return stopping_; });
  }
}

Status Subscribers::check() {
  const std::lock_guard lock(mutex_);
  Status status = end_those_of_deleted_tenants();
  if (status.ok() && is_own_server()) status = restore_accounts();
  if (!status.ok() || registry_.all().empty() || options_.stream.url.empty()) return status;
  return ensure_consumers(options_.stream, registry_.all(), SubscriberStart::kOldest);
}

Status Subscribers::end_those_of_deleted_tenants() {
  const std::vector<Subscriber> all = registry_.all();
  for (const Subscriber& subscriber : all) {
    if (options_.tenant_exists(subscriber.tenant)) continue;
    spdlog::info("subscribers: {} ends with its tenant", subscriber_name(subscriber));
    if (Status ended = end(subscriber); !ended.ok()) return ended;
  }
  return {};
}

// After a restore of the data folder the file may be older than the registry.
Status Subscribers::restore_accounts() const {
  const Result<std::string> present = read_file(options_.accounts_file, kAccountsBytesMost);
  if (present.ok() && present.value() == accounts()) return {};
  if (Status written = write_accounts(); !written.ok()) return written;
  if (Status told = reload(); !told.ok()) return told;
  std::this_thread::sleep_for(kReloadTakes);
  return reload();
}

}  // namespace till
