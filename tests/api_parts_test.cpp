// The small parts of the API by themselves, and the whole of it over a real socket.
#include <catch2/catch.hpp>

#include <thread>

#include "api/at_least.h"
#include "api/fingerprint.h"
#include "api/http_client.h"
#include "api/http_server.h"
#include "api/rate_limit.h"
#include "api/worker_pool.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

TEST_CASE("worker pool: a full queue refuses, and what was taken is run") {
  std::atomic<int> ran{0};
  std::atomic<bool> go{false};
  WorkerPool pool(1, 2);
  const auto job = [&] {
    while (!go) std::this_thread::yield();
    ++ran;
  };
  REQUIRE(pool.post(job));
  while (pool.queued() > 0) std::this_thread::yield();
  CHECK(pool.post(job));
  CHECK(pool.post(job));
  CHECK_FALSE(pool.post(job));
  go = true;
  pool.stop();
  CHECK(ran == 3);
  CHECK_FALSE(pool.post(job));
}

class PositionOnly : public Queries {
 public:
  std::atomic<std::uint64_t> position{0};

  bool reached(QueryView, Position target) override { return position >= target.value(); }
  std::string_view missing(QueryView) const override { return {}; }
  bool failing(QueryView) const override { return false; }
  Result<Lookup<schema::SaleView>> sale(std::string_view, std::string_view, const std::optional<AsOfPoint>&) override {
    return none();
  }
  Result<Lookup<SealedCustomer>> customer(std::string_view, std::string_view) override { return none(); }
  Result<Lookup<ShownEntity>> entity(std::string_view, EntityKind, std::string_view,
                                     const std::optional<AsOfPoint>&) override {
    return none();
  }
  Result<Reflected<schema::Availability>> availability(std::string_view, std::string_view,
                                                       const std::vector<std::string>&,
                                                       const std::optional<AsOfPoint>&) override {
    return none();
  }
  Result<Reflected<schema::Dashboard>> dashboard(std::string_view, std::string_view, std::int32_t) override {
    return none();
  }
  Result<Reflected<schema::SalesReport>> sales_report(std::string_view, const ReportRange&) override { return none(); }
  Result<Reflected<ChangesPage>> changes(std::string_view, const ChangesRequest&) override { return none(); }
  Result<TableReportAt> table_report(const TableReportRequest&) override { return none(); }
  Result<Lookup<schema::Receipt>> sale_receipt(std::string_view, std::string_view) override { return none(); }
  Result<Lookup<schema::Receipt>> return_receipt(std::string_view, std::string_view) override { return none(); }
  Result<Lookup<schema::ProductView>> product(std::string_view, std::string_view,
                                              const std::optional<AsOfPoint>&) override {
    return none();
  }
  Result<std::vector<schema::ProductView>> products_of(std::string_view, const std::set<std::string>&) override {
    return none();
  }
  Result<Paged<schema::ProductList>> products(std::string_view, const PageRequest&) override { return none(); }
  Result<Paged<schema::LowStock>> low_stock(std::string_view, std::string_view, const PageRequest&) override {
    return none();
  }
  Result<Paged<schema::SessionList>> open_sessions(std::string_view, std::string_view, const PageRequest&) override {
    return none();
  }
  Result<Paged<schema::ShiftList>> open_shifts(std::string_view, std::string_view, schema::ShiftState::Status,
                                               const PageRequest&) override {
    return none();
  }
  Result<TouchAnswer> touch_session(std::string_view, std::string_view, std::string_view) override { return none(); }
  Result<Paged<schema::DeadLetterList>> dead_letters(std::string_view, std::string_view, const PageRequest&) override {
    return none();
  }
  Result<Lookup<schema::DeadLetter>> dead_letter(std::string_view, std::string_view) override { return none(); }
  Result<Lookup<Paged<schema::WebhookDeliveryList>>> webhook_deliveries(std::string_view, std::string_view,
                                                                        const PageRequest&) override {
    return none();
  }

 private:
  static Error none() { return {ErrorKind::kUnavailable, "holds no rows"}; }
};

TEST_CASE("at least: reads go on when their position is reached, or their time is over, or at the end") {
  using namespace std::chrono_literals;
  PositionOnly view;
  AtLeastWaits waits(view);
  std::array<std::atomic<int>, 5> told{};  // 1: reached, -1: not
  const auto wait = [&](std::size_t index, std::uint64_t target, std::chrono::milliseconds timeout) {
    return waits.wait(QueryView::kReadCache, Position(target), timeout,
                      [&told, index](bool reached) { told[index] = reached ? 1 : -1; });
  };
  view.position = 5;
  REQUIRE(wait(0, 5, 10s));
  CHECK(told[0] == 1);
  REQUIRE(wait(1, 6, 0s));
  CHECK(told[1] == -1);
  REQUIRE(wait(2, 7, 10s));
  REQUIRE(wait(3, 8, 30ms));
  REQUIRE(wait(4, 9, 10s));
  view.position = 7;
  const auto until = std::chrono::steady_clock::now() + 10s;
  while ((told[2] == 0 || told[3] == 0) && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
  CHECK(told[2] == 1);
  CHECK(told[3] == -1);
  CHECK(told[4] == 0);
  waits.stop();
  CHECK(told[4] == -1);
  CHECK_FALSE(wait(4, 9, 10s));
}

TEST_CASE("rate limit: refills by time, and a batch may go into debt") {
  RateLimit limit({10, 20});
  RateLimit::Clock::time_point now{};
  for (int i = 0; i < 20; ++i) CHECK(limit.take("a", now).allowed);
  CHECK_FALSE(limit.take("a", now).allowed);
  CHECK(limit.take("b", now).allowed);
  now += std::chrono::milliseconds(100);
  CHECK(limit.take("a", now).allowed);
  CHECK_FALSE(limit.take("a", now).allowed);
  limit.charge("a", 30, now, {});
  const RateLimit::Verdict verdict = limit.take("a", now);
  CHECK_FALSE(verdict.allowed);
  CHECK(verdict.retry_after_s == 4);
  CHECK_FALSE(limit.take("a", now + std::chrono::milliseconds(3000)).allowed);
  CHECK(limit.take("a", now + std::chrono::milliseconds(3200)).allowed);
  CHECK_FALSE(RateLimit({}).enabled());
}

TEST_CASE("rate limit: what a terminal's request turns out to hold is charged to the terminal as well") {
  RateLimit limit({.commands_per_second = 100, .burst = 100, .terminal_commands_per_second = 1, .terminal_burst = 5});
  const RateLimit::Clock::time_point now{};
  CHECK(limit.take("a", now, "t1").terminal_remaining == 4);
  limit.charge("a", 6, now, "t1");
  const RateLimit::Verdict verdict = limit.take("a", now, "t1");
  CHECK_FALSE(verdict.allowed);
  CHECK(verdict.remaining == 93);
  CHECK(verdict.retry_after_s == 3);
  CHECK(limit.take("a", now, "t2").allowed);
}

TEST_CASE("fingerprint: depends on tenant, command and every field, not on time") {
  const Fingerprinter fingerprinter(MasterSecret{1});
  schema::VoidSale one;
  one.set_sale_id("r1");
  one.set_reason("x");
  const auto key = fingerprinter.key_for("acme");
  const Fingerprint print = Fingerprinter::of(key, one);
  CHECK(Fingerprinter::of(Fingerprinter(MasterSecret{1}).key_for("acme"), one) == print);
  CHECK(Fingerprinter::of(fingerprinter.key_for("other"), one) != print);
  CHECK(Fingerprinter::of(Fingerprinter(MasterSecret{2}).key_for("acme"), one) != print);
  schema::VoidSale two = one;
  two.set_reason("y");
  CHECK(Fingerprinter::of(key, two) != print);
  // The same fields on the wire, another command.
  schema::UpsertStore store;
  store.set_store_id("r1");
  store.set_name("x");
  CHECK(store.SerializeAsString() == one.SerializeAsString());
  CHECK(Fingerprinter::of(key, store) != print);
}

TEST_CASE("frequent names: the most frequent stays, whatever comes between") {
  FrequentNames names(4);
  for (int i = 0; i < 1000; ++i) {
    names.add("hot", 1);
    names.add("cold-" + std::to_string(i), 1);
  }
  const auto top = names.top(2);
  REQUIRE(top.size() == 2);
  CHECK(top[0].name == "hot");
  CHECK(top[0].count >= 1000);
}

TEST_CASE("activity: no regular load keeps step with the sample of streams") {
  for (std::uint64_t period = 1; period <= 64; ++period) {
    constexpr std::uint64_t kLooks = 8000;
    std::uint64_t sampled = 0;
    for (std::uint64_t i = 0; i < kLooks; ++i) sampled += Activity::sampled(Position(1 + i * period)) ? 1 : 0;
    CAPTURE(period, sampled);
    CHECK(sampled > kLooks / Activity::kStreamSample * 8 / 10);
    CHECK(sampled < kLooks / Activity::kStreamSample * 12 / 10);
  }
}

TEST_CASE("commands are counted by tenant, the busiest by name") {
  CommandCounts counts;
  for (std::size_t i = 0; i < CommandCounts::kTenantsShown + 5; ++i) {
    counts.add("t" + std::to_string(i), FateCounts{1000 - i, 1, 0, 0});
  }
  counts.add("t1", CommandFate::kReplayed);
  MetricsText text;
  counts.write(text);
  const auto has = [&](std::string_view line) { return text.text().find(line) != std::string::npos; };
  CHECK(has("{tenant=\"t1\",outcome=\"accepted\"} 999\n"));
  CHECK(has("{tenant=\"t1\",outcome=\"replayed\"} 1\n"));
  CHECK_FALSE(has("{tenant=\"t50\""));
  CHECK(has("{tenant=\"_other\",outcome=\"accepted\"} " + std::to_string(950 + 949 + 948 + 947 + 946) + "\n"));
  CHECK(has("{tenant=\"_other\",outcome=\"rejected\"} 5\n"));
}

TEST_CASE("metrics: text of the exposition format, from every source") {
  ApiWorld world;
  world.set_up_acme();
  for (std::uint64_t i = 1; i <= 16; ++i) {
    const std::string id = "r" + std::to_string(i);
    REQUIRE(world.send("POST", "/v1/sales", world.sale_body(id, i), world.terminal_key, id).status == 201);
  }
  CHECK(world.send("POST", "/v1/sales", "{", world.terminal_key, "k").status == 400);
  CHECK(world.send("POST", "/v1/sales", world.sale_body("r1", 1), world.terminal_key, "r1").status == 201);
  CHECK(world.send("POST", "/v1/sales", world.sale_body("r17", 99), world.terminal_key, "r17").status == 409);
  CHECK(world.send("POST", "/v1/sales", world.sale_body("r17", 17), world.terminal_key, "r1").status == 422);
  std::string text;
  // Counted by a follower, so a moment later.
  for (int i = 0; i < 1000; ++i) {
    text = world.metrics().text();
    if (text.find("till_hot_stream_events{stream=\"acme/") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  INFO(text);
  const auto has = [&](std::string_view line) { return text.find(line) != std::string::npos; };
  CHECK(has("# TYPE till_http_request_duration_seconds histogram\n"));
  CHECK(has("till_http_request_duration_seconds_count{group=\"sales\",status=\"2xx\"} 17\n"));
  CHECK(has("till_http_request_duration_seconds_bucket{group=\"sales\",status=\"4xx\",le=\"+Inf\"} 3\n"));
  CHECK(has("till_ready 1\n"));
  CHECK(has("till_view_lag{view=\"cache\"}"));
  CHECK(has("till_view_state{view=\"credentials\",state=\"running\"} 1\n"));
  CHECK(has("till_tenant_transactions_total{tenant=\"acme\"}"));
  // 16 sales and the five commands that set the tenant up.
  CHECK(has("till_tenant_commands_total{tenant=\"acme\",outcome=\"accepted\"} 21\n"));
  CHECK(has("till_tenant_commands_total{tenant=\"acme\",outcome=\"rejected\"} 1\n"));
  CHECK(has("till_tenant_commands_total{tenant=\"acme\",outcome=\"replayed\"} 1\n"));
  CHECK(has("till_tenant_commands_total{tenant=\"acme\",outcome=\"refused\"} 2\n"));
  CHECK(has("till_tenant_commands_total{tenant=\"_other\",outcome=\"accepted\"} 0\n"));
  CHECK(has("till_hot_stream_events{stream=\"acme/"));
  CHECK(has("till_pool_queued{pool=\"reports\"} 0\n"));
  CHECK(seconds_text(1'500) == "0.0015");
  CHECK(seconds_text(2'000'000) == "2");
}

TEST_CASE("api: over a socket, with parallel duplicates of one key only one is made") {
  ApiWorld world;
  world.set_up_acme();
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start({}, world.handler());
  REQUIRE(server.ok());
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port());
  const Position before = world.log().head().position;
  std::vector<std::thread> threads;
  std::array<std::string, 8> bodies;
  std::atomic<int> replays{0};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    threads.emplace_back([&, i] {
      Result<HttpClient> client = HttpClient::open(url);
      if (!client.ok()) return;
      const HttpHeaders headers{{"Authorization", "Bearer " + world.terminal_key},
                                {"Idempotency-Key", "k1"},
                                {"Content-Type", "application/json"}};
      Result<HttpReply> reply = client->request("POST", "/v1/sales", headers, world.sale_body("r1", 1));
      if (!reply.ok()) {
        bodies[i] = reply.error().message;
        return;
      }
      bodies[i] = reply->body;
      if (reply->header("idempotent-replayed") == "true") ++replays;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(world.log().head().position == before.next());
  INFO(bodies[0]);
  CHECK(replays == 7);
  for (const std::string& body : bodies) CHECK(body == bodies[0]);
  CHECK(bodies[0].find("\"sale_id\":\"r1\"") != std::string::npos);
  (*server)->stop();
}

}  // namespace
}  // namespace till::testing
