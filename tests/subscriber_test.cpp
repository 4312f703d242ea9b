// Subscribers outside: what is kept of them, their consumers in a real stream, and their users on a nats-server whose
// configuration is Till's.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "api/operator_api.h"
#include "engine/durable_file.h"
#include "ops/private_servers.h"
#include "ops/subscribers.h"
#include "projections/relay/stream.h"
#include "projections/relay/subscriber_consumers.h"
#include "tests/api_world.h"
#include "tests/relay_world.h"
#include "tests/temporary_directory.h"

namespace till::relay_test {
namespace {

using namespace std::chrono_literals;

Subscriber subscriber_of(const std::string& tenant, const std::string& name) {
  return {tenant, name, "$2b$04$hash"};
}

SubscriberLag lag_of(const RelayOptions& stream, const Subscriber& subscriber) {
  const auto lags = read_lags(stream, {&subscriber, 1});
  REQUIRE(lags.ok());
  REQUIRE(lags->front().has_value());
  return *lags->front();
}

// How many of the log's messages a tenant has.
std::uint64_t messages_of(StreamProbe& probe, const std::string& tenant) {
  const std::string prefix = "till." + tenant + ".";
  const std::vector<StoredMessage> all = probe.all();
  return static_cast<std::uint64_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& one) { return one.subject.starts_with(prefix); }));
}

// Takes the oldest message that the consumer has not given yet, over a connection of the stream's own account.
void take_one(const RelayOptions& stream, const Subscriber& subscriber) {
  Result<NatsConnection> connection = nats_connect(stream);
  REQUIRE(connection.ok());
  const std::string request = "$JS.API.CONSUMER.MSG.NEXT." + stream.stream + "." + subscriber_name(subscriber);
  natsMsg* answer = nullptr;
  REQUIRE(natsConnection_RequestString(&answer, connection->get(), request.c_str(), "1", 5000) == NATS_OK);
  const NatsMessage message(answer);
  REQUIRE(natsMsg_GetDataLength(answer) > 0);
  REQUIRE(natsConnection_PublishString(connection->get(), natsMsg_GetReply(answer), "+ACK") == NATS_OK);
  REQUIRE(natsConnection_Flush(connection->get()) == NATS_OK);
}

unsigned mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777u;
}

// A nats-server as `up` runs it, with a stream, and those who subscribe to it.
class SubscriberWorld {
 public:
  SubscriberWorld() {
    auto nats = PrivateNats::start(folder_.path(), folder_.path() + "/nats.log");
    REQUIRE(nats.ok());
    nats_.emplace(std::move(*nats));
    nats_->describe(services_);
    options_.stream.url = services_.nats_url;
    options_.registry_file = folder_.path() + "/subscribers.json";
    options_.accounts_file = services_.nats_accounts_file;
    options_.pid_file = services_.nats_pid_file;
    options_.tenant_exists = [this](std::string_view tenant) {
      const std::lock_guard lock(mutex_);
      return tenant != gone_;
    };
    options_.check_every = 50ms;
    make_stream();
    open();
  }
  ~SubscriberWorld() { subscribers_->stop(); }

  void make_stream() {
    Result<NatsConnection> connection = nats_connect(options_.stream);
    REQUIRE(connection.ok());
    REQUIRE(Stream::ensure(connection->get(), options_.stream).ok());
  }

  // As a server that is started again.
  void open() {
    if (subscribers_) subscribers_->stop();
    auto opened = Subscribers::open(options_);
    REQUIRE(opened.ok());
    subscribers_ = std::move(*opened);
    subscribers_->start();
    api_ = std::make_unique<OperatorApi>();
    subscribers_->add_routes(*api_);
  }

  testing::ApiReply ask(std::string_view method, std::string_view target, const std::string& body = {}) {
    return testing::call(api_->handler(), method, target, body, {});
  }
  // The password.
  std::string add(const std::string& tenant, const std::string& name) {
    const auto reply = ask("POST", "/operator/subscribers", R"({"tenant":")" + tenant + R"(","name":")" + name + "\"}");
    INFO(reply.body);
    REQUIRE(reply.status == 201);
    CHECK(reply.json()["applied"].boolean());
    return std::string(reply.json()["password"].text());
  }
  unsigned revoke(const std::string& tenant, const std::string& name) {
    return ask("POST", "/operator/subscribers/revoke", R"({"tenant":")" + tenant + R"(","name":")" + name + "\"}")
        .status;
  }
  bool reaches(const std::string& tenant, const std::string& name, const std::string& password) {
    return try_subscriber(options_.stream, subscriber_of(tenant, name), password).ok();
  }
  void delete_tenant(const std::string& tenant) {
    const std::lock_guard lock(mutex_);
    gone_ = tenant;
  }
  const SubscribersOptions& options() const { return options_; }
  PrivateNats& nats() { return *nats_; }

 private:
  const TemporaryDirectory folder_;
  std::optional<PrivateNats> nats_;
  ServiceSettings services_;
  SubscribersOptions options_;
  std::mutex mutex_;
  std::string gone_;
  std::unique_ptr<Subscribers> subscribers_;
  std::unique_ptr<OperatorApi> api_;
};

}  // namespace

TEST_CASE("no two subscribers have one name, and only plain names are taken", "[subscribers]") {
  CHECK(subscriber_name("acme", "erp") == "subscriber_acme_erp");
  CHECK(subscriber_name("a-b", "c") != subscriber_name("a", "b-c"));
  for (const char* name : {"erp", "ERP-2", "a"}) CHECK(is_subscriber_name(name));
  for (const char* name : {"", "a_b", "a.b", "a b", "a*", "a>", "\"", "ä"}) CHECK_FALSE(is_subscriber_name(name));
  CHECK_FALSE(is_subscriber_name(std::string(33, 'a')));
}

TEST_CASE("an account reaches its own consumer and its tenant's subjects", "[subscribers]") {
  const std::string account = subscriber_account(RelayOptions(), subscriber_of("acme", "erp"));
  CHECK(account.find("\"subscriber_acme_erp\": {") == 0);
  CHECK(account.find("\"till.acme.>\"") != std::string::npos);
  CHECK(
      account.find("{ service: { account: \"TILL\", subject: \"$JS.API.CONSUMER.MSG.NEXT.TILL.subscriber_acme_erp\" }, "
                   "to: \"$JS.till.API.CONSUMER.MSG.NEXT.TILL.subscriber_acme_erp\" }") != std::string::npos);
  for (const char* other : {"\"till.>\"", "\">\"", "CONSUMER.DELETE", "CONSUMER.CREATE", "STREAM"}) {
    CHECK(account.find(other) == std::string::npos);
  }
}

TEST_CASE("the registry keeps subscribers without their passwords", "[subscribers]") {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/subscribers.json";
  const auto hash = hash_of_password("open sesame");
  REQUIRE(hash.ok());
  CHECK(hash->starts_with("$2b$04$"));
  CHECK(hash.value() != hash_of_password("open sesame").value());
  {
    auto registry = SubscriberRegistry::open(path);
    REQUIRE(registry.ok());
    CHECK(registry->all().empty());
    REQUIRE(registry->add({"acme", "erp", *hash}).ok());
    REQUIRE(registry->add({"zeta", "erp", *hash}).ok());
    CHECK(registry->add({"acme", "erp", *hash}).error().kind == ErrorKind::kInvalid);
  }
  CHECK(mode_of(path) == 0600);
  CHECK(read_file(path)->find("sesame") == std::string::npos);
  auto registry = SubscriberRegistry::open(path);
  REQUIRE(registry.ok());
  REQUIRE(registry->find("acme", "erp") != nullptr);
  CHECK(registry->find("acme", "erp")->password_hash == *hash);
  REQUIRE(registry->remove("acme", "erp").ok());
  REQUIRE(registry->remove("acme", "nobody").ok());
  CHECK(registry->find("acme", "erp") == nullptr);
  CHECK(registry->all().size() == 1);
}

TEST_CASE("a registry that is damaged is refused", "[subscribers]") {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/subscribers.json";
  for (const char* text : {"{", R"({"subscribers":[{"tenant":"acme","name":"a b","password_hash":"x"}]})",
                           R"({"subscribers":[{"tenant":"A","name":"a","password_hash":"x"}]})",
                           R"({"subscribers":[{"tenant":"a","name":"a","password_hash":"x\" } }"}]})"}) {
    CAPTURE(text);
    REQUIRE(replace_file(path, text).ok());
    const auto refused = SubscriberRegistry::open(path);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::kInvalid);
  }
}

TEST_CASE("a consumer shows the subjects of its tenant, once", "[subscribers][nats]") {
  World world;
  world.server.start();
  world.log.add(60);
  auto relay = world.relay();
  require_caught_up(*relay, world.head());
  StreamProbe probe(world.server.url());
  const Subscriber acme = subscriber_of("acme", "erp");
  const Subscriber late = subscriber_of("acme", "late");
  REQUIRE(ensure_consumers(world.options, {&acme, 1}, SubscriberStart::kOldest).ok());
  REQUIRE(ensure_consumers(world.options, {&late, 1}, SubscriberStart::kNew).ok());
  const std::uint64_t all = messages_of(probe, "acme");
  REQUIRE(all > 0);
  CHECK(lag_of(world.options, acme).waiting == all);
  CHECK(lag_of(world.options, late).waiting == 0);
  take_one(world.options, acme);
  // What is there stays as it is.
  REQUIRE(ensure_consumers(world.options, {&acme, 1}, SubscriberStart::kOldest).ok());
  CHECK(lag_of(world.options, acme).waiting == all - 1);
  REQUIRE(remove_consumer(world.options, acme).ok());
  REQUIRE(remove_consumer(world.options, acme).ok());
  CHECK_FALSE(read_lags(world.options, {&acme, 1})->front().has_value());
  relay->stop();
}

TEST_CASE("a consumer that went with its stream comes back and begins anew", "[subscribers][nats]") {
  World world;
  world.server.start();
  world.log.add(40);
  auto relay = world.relay();
  require_caught_up(*relay, world.head());
  relay->stop();
  StreamProbe probe(world.server.url());
  const Subscriber acme = subscriber_of("acme", "erp");
  REQUIRE(ensure_consumers(world.options, {&acme, 1}, SubscriberStart::kOldest).ok());
  const std::uint64_t all = messages_of(probe, "acme");
  for (std::uint64_t i = 0; i < all; ++i) take_one(world.options, acme);
  probe.remove_stream();
  REQUIRE_FALSE(ensure_consumers(world.options, {&acme, 1}, SubscriberStart::kOldest).ok());
  relay = world.relay();
  require_caught_up(*relay, world.head());
  REQUIRE(ensure_consumers(world.options, {&acme, 1}, SubscriberStart::kOldest).ok());
  CHECK(lag_of(world.options, acme).waiting == all);
  relay->stop();
}

TEST_CASE("a new subscriber can log in when it is told its password, and a revoked one cannot", "[subscribers][nats]") {
  SubscriberWorld world;
  const std::string erp = world.add("acme", "erp");
  CHECK(world.reaches("acme", "erp", erp));
  CHECK_FALSE(world.reaches("acme", "erp", erp + "x"));
  const std::string shop = world.add("zeta", "shop");
  CHECK(world.reaches("acme", "erp", erp));
  CHECK(world.reaches("zeta", "shop", shop));
  CHECK(shop != erp);
  CHECK_FALSE(try_subscriber(world.options().stream, subscriber_of("zeta", "shop"), erp).ok());
  CHECK(world.ask("GET", "/operator/subscribers").json()["subscribers"].items().size() == 2);
  CHECK(mode_of(world.options().accounts_file) == 0600);
  CHECK(world.revoke("acme", "erp") == 200);
  CHECK(world.revoke("acme", "erp") == 404);
  CHECK(eventually([&] { return !world.reaches("acme", "erp", erp); }));
  CHECK(world.reaches("zeta", "shop", shop));
  // A name that is free again begins anew.
  const std::string again = world.add("acme", "erp");
  CHECK(world.reaches("acme", "erp", again));
  CHECK_FALSE(world.reaches("acme", "erp", erp));
}

TEST_CASE("what cannot be a subscriber is refused and leaves nothing", "[subscribers][nats]") {
  SubscriberWorld world;
  const auto add = [&](const std::string& body) { return world.ask("POST", "/operator/subscribers", body).status; };
  world.delete_tenant("nobody");
  CHECK(add(R"({"tenant":"nobody","name":"erp"})") == 404);
  CHECK(add(R"({"tenant":"acme","name":"e_rp"})") == 400);
  CHECK(add(R"({"tenant":"acme"})") == 400);
  CHECK(add(R"({"tenant":"acme","name":"erp","start":"yesterday"})") == 400);
  world.add("acme", "erp");
  CHECK(add(R"({"tenant":"acme","name":"erp"})") == 400);
  world.nats().stop();
  CHECK(add(R"({"tenant":"acme","name":"shop"})") == 503);
  CHECK(world.ask("GET", "/operator/subscribers").json()["subscribers"].items().size() == 1);
}

TEST_CASE("subscribers outlive their servers", "[subscribers][nats]") {
  SubscriberWorld world;
  const std::string password = world.add("acme", "erp");
  world.nats().stop();
  REQUIRE(world.nats().restart().ok());
  CHECK(eventually([&] { return world.reaches("acme", "erp", password); }));
  // A data folder that was restored, a consumer that was lost.
  REQUIRE(replace_file(world.options().accounts_file, "").ok());
  REQUIRE(remove_consumer(world.options().stream, subscriber_of("acme", "erp")).ok());
  world.open();
  CHECK(eventually([&] { return world.reaches("acme", "erp", password); }));
  world.delete_tenant("acme");
  CHECK(eventually([&] { return !world.reaches("acme", "erp", password); }));
  CHECK(eventually([&] { return world.ask("GET", "/operator/subscribers").json()["subscribers"].items().empty(); }));
}

TEST_CASE("for another's server the configuration is told instead", "[subscribers][nats]") {
  World world;
  world.server.start();
  auto relay = world.relay();
  world.log.add(1);
  require_caught_up(*relay, world.head());
  relay->stop();
  const TemporaryDirectory folder;
  SubscribersOptions options;
  options.stream = world.options;
  options.registry_file = folder.path() + "/subscribers.json";
  options.tenant_exists = [](std::string_view) { return true; };
  auto subscribers = Subscribers::open(options);
  REQUIRE(subscribers.ok());
  OperatorApi api;
  (*subscribers)->add_routes(api);
  const auto reply =
      testing::call(api.handler(), "POST", "/operator/subscribers", R"({"tenant":"acme","name":"erp"})", {});
  REQUIRE(reply.status == 201);
  CHECK_FALSE(reply.json()["applied"].boolean());
  CHECK(reply.json()["configuration"].text().starts_with("\"subscriber_acme_erp\": {"));
  CHECK(lag_of(world.options, subscriber_of("acme", "erp")).unacknowledged == 0);
  const auto all = testing::call(api.handler(), "GET", "/operator/subscribers", {}, {});
  CHECK(all.json()["configuration"].text() == reply.json()["configuration"].text());
  CHECK(all.json()["exports"].text().find("$JS.ACK.TILL.*.>") != std::string_view::npos);
}

}  // namespace till::relay_test
