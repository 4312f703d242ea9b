// The operator routes: tenants and keys, views, the log, jobs.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "api/log_verifier.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

void ring_up(ApiWorld& world, std::uint64_t sales) {
  for (std::uint64_t i = 1; i <= sales; ++i) {
    const std::string id = "r" + std::to_string(i);
    const ApiReply reply = world.send("POST", "/v1/sales", world.sale_body(id, i), world.terminal_key, id);
    INFO(reply.body);
    REQUIRE(reply.status == 201);
  }
}

JsonNode wait_for_job(ApiWorld& world, const ApiReply& started) {
  INFO(started.body);
  REQUIRE(started.status == 202);
  const std::string target = "/operator/jobs/" + std::string(started.json()["job"].text());
  for (int i = 0; i < 1000; ++i) {
    JsonNode job = world.operate("GET", target).json();
    if (job["state"].text() != "running") return job;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("the job does not end");
  return {};
}

TEST_CASE("operator: tenants and keys") {
  ApiWorld world;
  CHECK(world.operate("POST", "/operator/tenants", R"({"tenant":"Bad Name"})").status == 400);
  CHECK(world.operate("POST", "/operator/tenants", "{}").code() == "VALIDATION_FAILED");
  CHECK(world.operate("POST", "/operator/tenants", "[1]").code() == "MALFORMED_BODY");
  CHECK(world.operate("POST", "/operator/tenants", R"({"tenant":"acme","name":"Acme"})").status == 201);
  CHECK(world.operate("POST", "/operator/tenants", R"({"tenant":"acme","name":"Other"})").code() == "TENANT_EXISTS");
  CHECK(world.operate("POST", "/operator/keys", R"({"tenant":"nobody","scope":"ADMIN"})").code() == "TENANT_NOT_FOUND");
  CHECK(world.operate("POST", "/operator/keys", R"({"tenant":"acme","scope":"OPERATOR"})").status == 400);
  CHECK(world.operate("POST", "/operator/keys", R"({"tenant":"acme","scope":"TERMINAL"})").status == 400);
  const ApiReply made =
      world.operate("POST", "/operator/keys", R"({"tenant":"acme","scope":"terminal","terminal":"t1"})");
  REQUIRE(made.status == 201);
  const std::string key(made.json()["key"].text());
  CHECK(key.starts_with("till_" + std::string(made.json()["key_id"].text()) + "_"));
  CHECK(made.json()["scope"].text() == "TERMINAL");
  const ApiReply list = world.operate("GET", "/operator/keys?tenant=acme");
  REQUIRE(list.json()["keys"].items().size() == 1);
  CHECK(list.json()["keys"].items()[0]["terminal"].text() == "t1");
  CHECK(list.body.find(key.substr(key.rfind('_') + 1)) == std::string::npos);
  CHECK(world.operate("GET", "/operator/keys?tenant=nobody").status == 404);
  CHECK(world.operate("GET", "/operator/tenants").json()["tenants"].items()[0].text() == "acme");
  CHECK(world.operate("DELETE", "/operator/tenants").header("Allow") == "POST, GET");
  CHECK(world.operate("GET", "/operator/nothing").status == 404);
}

TEST_CASE("operator: a suspended tenant reads and is refused its commands until it is resumed") {
  ApiWorld world;
  world.set_up_acme();
  const std::string store = R"({"name":"High Street"})";
  CHECK(world.operate("POST", "/operator/tenants/suspend", R"({"tenant":"nobody"})").code() == "TENANT_NOT_FOUND");
  CHECK(world.operate("POST", "/operator/tenants/suspend", R"({"tenant":"Bad Name"})").status == 400);
  REQUIRE(world.operate("POST", "/operator/tenants/suspend", R"({"tenant":"acme","reason":"unpaid"})").status == 200);
  const ApiReply refused = world.send("PUT", "/v1/stores/s1", store, world.manager_key, "k1");
  CHECK(refused.status == 403);
  CHECK(refused.code() == "TENANT_SUSPENDED");
  ApiFields fields;
  fields.key = world.manager_key;
  CHECK(world.get("/v1/sales/none", fields).code() == "SALE_NOT_FOUND");
  REQUIRE(world.operate("POST", "/operator/tenants/resume", R"({"tenant":"acme"})").status == 200);
  CHECK(world.send("PUT", "/v1/stores/s1", store, world.manager_key, "k1").status == 201);
}

TEST_CASE("operator: views agree with the log, also after a rebuild") {
  ApiWorld world;
  world.set_up_acme();
  ring_up(world, 10);
  CHECK(world.send("POST", "/v1/sales/r10/void", R"({"reason":"mistake"})", world.terminal_key, "v").status == 201);
  REQUIRE(world.cache().wait_for(world.log().head().position, std::chrono::seconds(10)));
  const ApiReply list = world.operate("GET", "/operator/views");
  INFO(list.body);
  REQUIRE(list.json().items().size() == 1);
  const JsonNode before = list.json().items()[0];
  CHECK(before["lag"].integer() == 0);
  CHECK(before["state"].text() == "running");
  CHECK(before["digest"].text().size() == 16);
  const ApiReply proof = world.operate("POST", "/operator/views/verify");
  INFO(proof.body);
  CHECK(proof.json()["equal"].boolean());

  CHECK(world.operate("POST", "/operator/views/rebuild", R"({"view":"none"})").status == 404);
  const std::string body = R"({"view":")" + std::string(before["view"].text()) + "\"}";
  const JsonNode job = wait_for_job(world, world.operate("POST", "/operator/views/rebuild", body));
  INFO(job.json());
  CHECK(job["state"].text() == "done");
  CHECK(job["done"].integer() == job["total"].integer());
  const JsonNode after = world.operate("GET", "/operator/views").json().items()[0];
  CHECK(after["digest"].text() == before["digest"].text());
  CHECK(after["generation"].integer() > before["generation"].integer());
  CHECK(world.operate("POST", "/operator/views/verify", body).json()["equal"].boolean());
  const JsonNode rollback = wait_for_job(world, world.operate("POST", "/operator/views/rollback", body));
  CHECK(rollback["state"].text() == "done");
  CHECK(world.operate("POST", "/operator/views/verify", body).json()["equal"].boolean());
  CHECK(world.operate("GET", "/operator/jobs/99").status == 404);
}

TEST_CASE("operator: the log's head, sums, records and proof") {
  ApiWorld world;
  world.set_up_acme();
  ring_up(world, 3);
  CHECK(world.send("POST", "/v1/sales/r3/void", R"({"reason":"mistake"})", world.terminal_key, "v").status == 201);
  const LogPoint head = world.log().head();
  const JsonNode told = world.operate("GET", "/operator/log/head").json();
  CHECK(told["head"].integer() == static_cast<std::int64_t>(head.position.value()));
  CHECK(told["chain"].text() == to_hex(as_bytes(head.hash)));

  const ApiReply stats = world.operate("GET", "/operator/log/stats");
  INFO(stats.body);
  const JsonNode tenant = stats.json()["tenants"].items()[0];
  CHECK(tenant["tenant"].text() == "acme");
  CHECK(tenant["sales"].integer() == 2);
  CHECK(tenant["net"].items()[0]["amount"].integer() == 1000);
  CHECK(tenant["net"].items()[0]["currency"].text() == "USD");
  CHECK(stats.json()["transactions"].integer() == static_cast<std::int64_t>(head.position.value()) - 1);

  const ApiReply records = world.operate("GET", "/operator/log/records?from=1&count=100");
  INFO(records.body);
  REQUIRE(records.json()["records"].items().size() == head.position.value());
  const JsonNode last = records.json()["records"].items().back();
  CHECK(last["command"].text() == "VoidSale");
  CHECK(last["events"].items()[0]["stream_kind"].text().size() > 0);
  CHECK(last["chain"].text() == to_hex(as_bytes(head.hash)));
  CHECK(world.operate("GET", "/operator/log/records?from=x").status == 400);
  CHECK(world.operate("GET", "/operator/log/records?from=100000").json()["records"].items().empty());

  const ApiReply proof = world.operate("POST", "/operator/log/verify");
  INFO(proof.body);
  CHECK(proof.json()["ok"].boolean());
  CHECK(proof.json()["verified"].integer() == static_cast<std::int64_t>(head.position.value()));
  CHECK(world.operate("POST", "/operator/clock/confirm").json()["ready"].boolean());
}

TEST_CASE("operator: a confirmed clock is answered when commands are taken again") {
  MemoryLog log(LogId{7});
  MemoryBooksStore store;
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  std::atomic<std::int64_t> now{1'000'000'000'000};
  EngineOptions options;
  options.clock = [&] { return Micros(now); };
  auto engine = Engine::open(log, store, domain, options);
  REQUIRE(engine.ok());
  OperatorLog routes(log, **engine, domain);
  OperatorApi api;
  routes.add_routes(api);
  for (int jump = 0; jump < 3; ++jump) {
    now += 48LL * 3600 * 1'000'000;
    while ((*engine)->ready()) std::this_thread::yield();
    CHECK(call(api.handler(), "POST", "/operator/clock/confirm", {}, {}).json()["ready"].boolean());
  }
  api.stop();
  (*engine)->stop();
}

TEST_CASE("operator: a changed byte anywhere in the log is found, and where") {
  ApiWorld world;
  world.set_up_acme();
  ring_up(world, 2);
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  const std::uint64_t head = world.log().head().position.value();
  for (std::uint64_t wrong = 1; wrong <= head; ++wrong) {
    LogVerifier verifier(world.log().id(), domain);
    Status result;
    for (std::uint64_t at = 1; at <= head && result.ok(); ++at) {
      std::string stored = *world.log().read(Position(at));
      if (at == wrong) stored[stored.size() / 2] = static_cast<char>(stored[stored.size() / 2] ^ 1);
      result = verifier.add(Position(at), stored);
    }
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().message.starts_with("position " + std::to_string(wrong) + ":"));
  }
}

TEST_CASE("operator: a job tells how long it will take at its pace so far") {
  OperatorJobs jobs;
  OperatorApi api;
  jobs.add_routes(api);
  std::atomic<int> step{0};
  const Result<std::string> id =
      jobs.start("walk", [&](const std::atomic<bool>& cancelled, const std::function<void(Progress)>& tell) {
        tell({1000, 3000});
        for (int told = 0; !cancelled && told < 2; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
          if (step <= told) continue;
          ++told;
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          tell({told == 1 ? 2000u : 10u, 3000});
        }
        while (!cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return Status(Error{ErrorKind::kCancelled, "cancelled"});
      });
  REQUIRE(id.ok());
  const auto told = [&](std::int64_t done) {
    JsonNode job;
    for (int i = 0; i < 2000 && job["done"].integer(-1) != done; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      job = call(api.handler(), "GET", "/operator/jobs/" + id.value(), {}, {}).json();
    }
    REQUIRE(job["done"].integer(-1) == done);
    return job;
  };
  CHECK_FALSE(told(1000).has("eta_ms"));
  step = 1;
  CHECK(told(2000)["eta_ms"].integer() >= 50);  // as much again as has been done
  step = 2;
  CHECK_FALSE(told(10).has("eta_ms"));  // counting anew
  api.stop();
  jobs.stop();
}

TEST_CASE("operator: a proof of the log or of views ends when the server stops") {
  ApiWorld world;
  world.set_up_acme();
  ring_up(world, 5);
  REQUIRE(world.cache().wait_for(world.log().head().position, std::chrono::seconds(20)));
  const std::atomic<bool> cancelled{true};
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  CHECK(verify_log(world.log(), domain, &cancelled).result.error().kind == ErrorKind::kCancelled);
  CHECK(world.cache().digest(&cancelled).error().kind == ErrorKind::kCancelled);
  LogDigest digest;
  const Status scanned = advance_digest(world.engine().feed(), world.log().head().position, digest, &cancelled);
  CHECK(scanned.error().kind == ErrorKind::kCancelled);
}

TEST_CASE("operator: a view that is not available is not compared, one of another history differs") {
  class OneView final : public ManagedView {
   public:
    void start() override {}
    void stop() override {}
    ViewInfo info() const override { return {"one", 1, {}}; }
    bool wait_for(Position, std::chrono::milliseconds) override { return true; }
    Status rebuild(const RebuildRequest&) override { return {}; }
    Status rollback(const RebuildRequest&) override { return {}; }
    Result<DigestAt> digest(const std::atomic<bool>*) override { return answer; }
    Result<std::vector<SelfCheck>> self_checks(const std::atomic<bool>*) override { return checks; }
    Result<DigestAt> answer = Error{ErrorKind::kUnavailable, "away"};
    std::vector<SelfCheck> checks;
  };
  ApiWorld world;
  world.set_up_acme();
  OneView view;
  OperatorJobs jobs;
  OperatorApi api;
  OperatorViews views(world.engine().feed(), jobs, {&view});
  views.add_routes(api);
  const auto verify = [&] {
    return call(api.handler(), "POST", "/operator/views/verify", {}, {}).json()["views"].items()[0];
  };
  CHECK_FALSE(verify()["equal"].boolean());
  CHECK_FALSE(verify()["compared"].boolean());
  DigestAt foreign;
  foreign.at = world.log().head();
  foreign.at.hash[0] ^= 1;
  view.answer = foreign;
  CHECK_FALSE(verify()["equal"].boolean());
  CHECK(verify()["compared"].boolean());
  DigestAt wrong;
  wrong.at = world.log().head();
  wrong.digests[{"acme", "USD"}].net = (WideSum{1} << 70);
  view.answer = wrong;
  CHECK(verify()["compared"].boolean());
  CHECK(verify()["differences"].items()[0]["view"].text() == "1180591620717411303424");
  // A view that says what the log says may still break a rule of its own.
  DigestAt right;
  right.at = world.log().head();
  LogDigest log;
  REQUIRE(advance_digest(world.engine().feed(), right.at.position, log).ok());
  right.digests = log.digests();
  view.answer = right;
  view.checks = {{"kept", 0, {}}};
  CHECK(verify()["equal"].boolean());
  CHECK(verify()["broken"].items().empty());
  view.checks.push_back({"lines of a sale", 3, "acme/S1"});
  CHECK_FALSE(verify()["equal"].boolean());
  CHECK(verify()["compared"].boolean());
  REQUIRE(verify()["broken"].items().size() == 1);
  CHECK(verify()["broken"].items()[0]["check"].text() == "lines of a sale");
  CHECK(verify()["broken"].items()[0]["rows"].integer() == 3);
  api.stop();
}

TEST_CASE("operator: a cancelled job ends as cancelled, and only so many run") {
  OperatorJobs jobs;
  OperatorApi api;
  jobs.add_routes(api);
  const auto wait = [](const std::atomic<bool>& cancelled, const std::function<void(Progress)>& tell) {
    tell({1, 2});
    while (!cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return Status(Error{ErrorKind::kCancelled, "cancelled"});
  };
  const Result<std::string> first = jobs.start("wait", wait);
  REQUIRE(first.ok());
  for (std::size_t i = 1; i < OperatorJobs::kMostRunning; ++i) REQUIRE(jobs.start("wait", wait).ok());
  CHECK(jobs.start("wait", wait).error().kind == ErrorKind::kUnavailable);
  const std::string target = "/operator/jobs/" + first.value();
  CHECK(call(api.handler(), "POST", target + "/cancel", {}, {}).status == 202);
  for (int i = 0; i < 1000 && call(api.handler(), "GET", target, {}, {}).json()["state"].text() == "running"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const JsonNode ended = call(api.handler(), "GET", target, {}, {}).json();
  CHECK(ended["state"].text() == "cancelled");
  CHECK(ended["done"].integer() == 1);
  CHECK(ended["error"].text() == "cancelled");
  CHECK(jobs.start("nothing", [](const auto&, const auto&) { return Status(); }).ok());
  api.stop();
  jobs.stop();
}

}  // namespace
}  // namespace till::testing
