// Importers and `till apply` against a real server: order, refusals, replays, trouble on the way.
#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <vector>

#include "api/http_server.h"
#include "ops/batch_sender.h"
#include "ops/terminal_probe.h"
#include "ops/trade_generator.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

// A tenant behind a socket. `before` may answer a request itself: then it returns true.
class ServedWorld {
 public:
  using Before = std::function<bool(const HttpRequest& request, HttpResponder& responder)>;

  explicit ServedWorld(Before before = nullptr) {
    world_.operate("POST", "/operator/tenants", R"({"tenant":"chain"})");
    key_ = world_.issue("chain", "admin");
    auto server = HttpServer::start(
        HttpServerOptions{}, [handler = world_.handler(), before](const HttpRequest& request, HttpResponder responder) {
          if (before && before(request, responder)) return;
          handler(request, std::move(responder));
        });
    REQUIRE(server.ok());
    server_ = std::move(*server);
  }
  ~ServedWorld() { server_->stop(); }

  BatchSender sender(std::size_t batch) {
    BatchSenderOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(server_->port());
    options.key = key_;
    options.batch_commands = batch;
    options.retry_first = std::chrono::milliseconds(1);
    options.retry_most = std::chrono::milliseconds(5);
    auto sender = BatchSender::open(options);
    REQUIRE(sender.ok());
    return std::move(*sender);
  }
  std::int64_t head() { return world_.operate("GET", "/operator/log/head").json()["head"].integer(); }
  JsonNode stats() { return world_.operate("GET", "/operator/log/stats").json(); }

 private:
  ApiWorld world_;
  std::string key_;
  std::unique_ptr<HttpServer> server_;
};

std::string upsert_store(const std::string& id) {
  return R"({"idempotency_key":"k-)" + id + R"(","command":"UpsertStore","body":{"store_id":")" + id +
         R"(","name":"Store"}})";
}

TEST_CASE("items are answered in order, a bad one by itself; sent again, nothing changes", "[ops]") {
  ServedWorld world;
  const std::vector<std::string> items = {upsert_store("a"),
                                          R"({"idempotency_key":"x","command":"Nope","body":{}})",
                                          R"({"idempotency_key":7})",
                                          upsert_store("b"),
                                          "[]",
                                          upsert_store("c")};
  for (int round = 0; round < 2; ++round) {
    const auto before = world.head();
    auto sender = world.sender(4);
    std::vector<std::string> seen;
    std::vector<bool> accepted;
    sender.on_answer([&](std::string_view item, unsigned status, const JsonNode&) {
      seen.emplace_back(item);
      accepted.push_back(status < 400);
    });
    for (const auto& item : items) REQUIRE(sender.add(item).ok());
    REQUIRE(sender.flush().ok());
    CHECK(seen == items);
    CHECK(accepted == std::vector<bool>{true, false, false, true, false, true});
    CHECK(sender.counts().accepted == 3);
    CHECK(sender.counts().rejected == 3);
    CHECK(world.head() - before == (round == 0 ? 3 : 0));
  }
}

TEST_CASE("an overloaded server is asked again, and nothing is lost or doubled", "[ops]") {
  std::atomic<int> refusals{3};
  ServedWorld world([&refusals](const HttpRequest& request, HttpResponder& responder) {
    if (request.target != "/v1/batch" || refusals-- <= 0) return false;
    responder.send(HttpResponse{503, "application/problem+json", R"({"status":503,"retryable":true})", {}});
    return true;
  });
  auto sender = world.sender(2);
  for (const char* id : {"a", "b", "c"}) REQUIRE(sender.add(upsert_store(id)).ok());
  REQUIRE(sender.flush().ok());
  CHECK(sender.counts().accepted == 3);
  CHECK(sender.counts().retries == 3);
}

TEST_CASE("a retryable item is sent again with all that follow it", "[ops]") {
  std::atomic<int> requests{0};
  ServedWorld world([&requests](const HttpRequest& request, HttpResponder& responder) {
    if (request.target != "/v1/batch" || requests++ > 0) return false;
    responder.send(HttpResponse{200,
                                "application/json",
                                R"({"results":[{"status":201,"body":{"position":"p"}},)"
                                R"({"status":503,"body":{"retryable":true}},{"status":201,"body":{"position":"q"}}]})",
                                {}});
    return true;
  });
  auto sender = world.sender(10);
  std::vector<std::string> seen;
  sender.on_answer([&seen](std::string_view item, unsigned, const JsonNode&) { seen.emplace_back(item); });
  const std::vector<std::string> items = {upsert_store("a"), upsert_store("b"), upsert_store("c")};
  for (const auto& item : items) REQUIRE(sender.add(item).ok());
  REQUIRE(sender.flush().ok());
  CHECK(seen == items);
  CHECK(requests == 2);
  CHECK(sender.counts().accepted == 3);
}

TEST_CASE("a server that stays away is given up after the time set", "[ops]") {
  BatchSenderOptions options;
  options.url = "http://127.0.0.1:1";
  options.retry_first = std::chrono::milliseconds(1);
  options.give_up = std::chrono::seconds(0);
  auto sender = BatchSender::open(options);
  REQUIRE(sender.ok());
  REQUIRE(sender->add(upsert_store("a")).ok());
  const auto status = sender->flush();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("a key that is not valid ends the sending", "[ops]") {
  ServedWorld world([](const HttpRequest&, HttpResponder& responder) {
    responder.send(HttpResponse{401, "application/problem+json", R"({"status":401,"title":"A valid API key"})", {}});
    return true;
  });
  auto sender = world.sender(1);
  REQUIRE(sender.add(upsert_store("a")).ok());
  const auto status = sender.flush();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a made-up day is accepted whole and the log's sums are the generator's", "[ops]") {
  ServedWorld world;
  auto sender = world.sender(200);
  TradeGenerator generator(TradeShape{});
  CommandStream stream(sender);
  generator.make_setup(stream.sink());
  generator.make_day(20260105, 400, stream.sink());
  REQUIRE(stream.finish().ok());
  CHECK(sender.counts().rejected == 0);
  const auto stats = world.stats();
  const auto& tenant = stats["tenants"].items().at(0);
  CHECK(tenant["sales"].integer() == generator.totals().all.sales);
  CHECK(tenant["voids"].integer() == generator.totals().voids);
  CHECK(tenant["net"].items().at(0)["amount"].integer() == generator.totals().all.net);

  TradeGenerator later(TradeShape{});
  REQUIRE(continue_terminals(sender, later).ok());
  for (std::size_t i = 0; i < later.terminal_count(); ++i) CHECK(later.next_sequence(i) == generator.next_sequence(i));
}

}  // namespace
}  // namespace till::testing
