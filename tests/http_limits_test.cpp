// What a client does beyond a bound of the HTTP server costs only that client.

#include <atomic>

#include "api/http_client.h"
#include "tests/http_fixture.h"

namespace till {
namespace {

using namespace http_test;

TEST_CASE("headers and bodies beyond their limits are refused", "[http]") {
  HttpServerOptions options;
  options.max_header_bytes = 8 << 10;
  options.max_body_bytes = 1 << 20;
  const auto server = serve(options);
  SECTION("431 in one field, in many, and in the target") {
    const std::string large(9 << 10, 'x');
    CHECK(has(last_words(*server, get("/", "X: " + large + "\r\n")), R"("status":431)"));
    std::string many;
    for (int i = 0; i < 900; ++i) many += "X: 12345678\r\n";
    CHECK(has(last_words(*server, get("/", many)), R"("code":"HEADERS_TOO_LARGE")"));
    CHECK(has(last_words(*server, get("/" + large)), R"("status":431)"));
  }
  SECTION("a header just below the limit is served") {
    RawSocket socket(url_of(*server));
    socket.send(get("/near", "X: " + std::string((8 << 10) - 100, 'x') + "\r\n"));
    CHECK(has(socket.receive_until("[]"), "GET /near []"));
  }
  SECTION("413 by Content-Length, before the body is sent") {
    const auto words = last_words(*server, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1048577\r\n\r\n");
    CHECK(has(words, R"("status":413)"));
    CHECK(has(words, R"("code":"BODY_TOO_LARGE")"));
  }
  SECTION("413 where chunks add up") {
    std::string bytes = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 17; ++i) bytes += "10000\r\n" + std::string(0x10000, 'b') + "\r\n";
    RawSocket socket(url_of(*server));
    std::thread sender([&] { socket.send(bytes); });
    CHECK(has(socket.receive_until(R"("status":413)"), R"("status":413)"));
    sender.join();
  }
  SECTION("a body of exactly the limit is served") {
    auto client = HttpClient::open(url_of(*server));
    const auto reply = client->request("POST", "/", {}, std::string(1 << 20, 'b'));
    REQUIRE(reply.ok());
    CHECK(reply.value().body.size() == (1 << 20) + std::string("POST / []").size());
  }
}

TEST_CASE("a body that is still to come may be refused by its header", "[http]") {
  const HttpGate gate = [](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (head.authorization == "Bearer good") return std::nullopt;
    return HttpResponse{401, "text/plain", "no", {}};
  };
  auto started = HttpServer::start({}, echo, gate);
  REQUIRE(started.ok());
  const HttpServer& server = *started.value();
  const std::string post = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1048576\r\n";
  CHECK(has(last_words(server, post + "\r\n"), "HTTP/1.1 401"));
  CHECK(has(last_words(server, post + "Expect: 100-continue\r\n\r\n"), "HTTP/1.1 401"));
  auto client = HttpClient::open(url_of(server));
  const auto reply = client->request("POST", "/", {{"Authorization", "Bearer good"}}, std::string(1 << 20, 'b'));
  REQUIRE(reply.ok());
  CHECK(reply.value().status == 200);
}

TEST_CASE("large bodies of all connections together are bounded", "[http]") {
  HttpServerOptions options;
  options.max_buffered_body_bytes = 256 << 10;
  options.linger_timeout = milliseconds(60'000);
  const auto server = serve(options);
  RawSocket refused(url_of(*server));
  refused.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1048576\r\n\r\n" + std::string(512 << 10, 'b'));
  const std::string& words = refused.receive_until("}");
  CHECK(words.starts_with("HTTP/1.1 503"));
  CHECK(has(words, R"("code":"OVERLOADED","retryable":true})"));
  // The refused connection still lingers, but what it held is free again.
  CHECK(server->counters().open_connections == 1);
  auto client = HttpClient::open(url_of(*server));
  for (const std::size_t size : {100 << 10, 200 << 10, 200 << 10}) {
    const auto reply = client->request("POST", "/", {}, std::string(size, 'b'));
    REQUIRE(reply.ok());
    CHECK(reply.value().status == 200);
  }
}

TEST_CASE("slow clients are cut off", "[http]") {
  HttpServerOptions options;
  options.header_timeout = milliseconds(150);
  options.body_timeout = milliseconds(150);
  options.write_timeout = milliseconds(150);
  options.idle_timeout = milliseconds(400);
  const auto server = serve(options, [](const HttpRequest&, HttpResponder responder) {
    responder.send({200, "text/plain", std::string(64 << 20, 'x'), {}});
  });
  SECTION("in the header: 408") {
    const auto words = last_words(*server, "GET / HTTP/1.1\r\nHost");
    CHECK(has(words, R"("code":"REQUEST_TIMEOUT","retryable":true})"));
    CHECK(server->counters().timeouts == 1);
  }
  SECTION("in the body, though a byte comes now and then: 408") {
    RawSocket socket(url_of(*server));
    socket.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n");
    std::atomic<bool> end{false};
    std::thread drip([&] {
      while (!end && socket.send("x")) std::this_thread::sleep_for(milliseconds(20));
    });
    CHECK(has(socket.receive_until(R"("status":408)"), R"("status":408)"));
    end = true;
    drip.join();
  }
  SECTION("in reading the answer: closed") {
    RawSocket socket(url_of(*server));
    socket.send(get("/"));
    CHECK(eventually([&] { return server->counters().open_connections == 0 && server->counters().requests == 1; }));
    CHECK(server->counters().timeouts == 1);
  }
  SECTION("idle: closed without a word") {
    RawSocket socket(url_of(*server));
    CHECK(socket.receive_all().empty());
    CHECK(socket.closed());
    CHECK(server->counters().timeouts == 0);
  }
}

TEST_CASE("a large answer reaches a reader that keeps reading", "[http]") {
  const std::string large(32 << 20, 'y');
  const auto server = serve({}, [&](const HttpRequest&, HttpResponder responder) {
    responder.send({200, "text/plain", large, {}});
  });
  auto client = HttpClient::open(url_of(*server));
  for (int i = 0; i < 2; ++i) CHECK(client->request("GET", "/").value().body == large);
}

TEST_CASE("a thousand idle connections do not disturb another", "[http]") {
  const auto server = serve();
  std::vector<RawSocket> idle;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(url_of(*server));
  auto client = HttpClient::open(url_of(*server));
  for (int i = 0; i < 100; ++i) REQUIRE(client->request("GET", "/").value().status == 200);
  REQUIRE(eventually([&] { return server->counters().open_connections == 1001; }));
  idle.back().send(get("/still"));
  CHECK(has(idle.back().receive_until("[]"), "GET /still []"));
  idle.clear();
  CHECK(eventually([&] { return server->counters().open_connections == 1; }));
}

TEST_CASE("beyond the limit of connections, a new one gets 503 and is closed", "[http]") {
  HttpServerOptions options;
  options.max_connections = 2;
  const auto server = serve(options);
  auto first = HttpClient::open(url_of(*server));
  auto second = HttpClient::open(url_of(*server));
  REQUIRE(first->request("GET", "/").value().status == 200);
  REQUIRE(second->request("GET", "/").value().status == 200);
  const auto words = last_words(*server, get("/"));
  CHECK(words.starts_with("HTTP/1.1 503"));
  CHECK(has(words, "Retry-After: 1\r\n"));
  CHECK(has(words, R"("code":"OVERLOADED","retryable":true})"));
  first->disconnect();
  CHECK(eventually([&] { return server->counters().open_connections == 1; }));
  CHECK(first->request("GET", "/").value().status == 200);
}

TEST_CASE("beyond the limit of requests in flight, one gets 503 on a connection that lives on", "[http]") {
  HttpServerOptions options;
  options.max_in_flight = 1;
  Later later;
  const auto server = serve(options, later.handler());
  RawSocket held(url_of(*server));
  held.send(get("/held"));
  REQUIRE(eventually([&] { return later.waiting() == 1; }));
  RawSocket other(url_of(*server));
  other.send(get("/other"));
  CHECK(has(other.receive_until("}"), R"("code":"OVERLOADED")"));
  later.take().front().send({200, "text/plain", "first", {}});
  CHECK(has(held.receive_until("first"), "200 OK"));
  other.send(get("/again"));
  REQUIRE(eventually([&] { return later.waiting() == 1; }));
  later.take().front().send({200, "text/plain", "second", {}});
  CHECK(has(other.receive_until("second"), "200 OK"));
}

}  // namespace
}  // namespace till
