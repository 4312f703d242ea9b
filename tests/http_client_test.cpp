// The two clients against a real server, and TLS between them.
#include "api/http_client.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>
#include <vector>

#include "api/http_server.h"
#include "api/load_answer_parser.h"
#include "api/load_client.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<HttpServer> serve(HttpServerOptions options, HttpHandler handler) {
  auto server = HttpServer::start(std::move(options), std::move(handler));
  REQUIRE(server.ok());
  return std::move(server.value());
}

void say_target(const HttpRequest& request, HttpResponder responder) {
  responder.send({200, "text/plain", std::string(request.target) + std::string(request.body), {}});
}

std::string url_of(const HttpServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

TEST_CASE("endpoints are parsed strictly", "[http]") {
  const auto endpoint = parse_endpoint("http://[::1]:8080/");
  REQUIRE(endpoint.ok());
  CHECK(endpoint.value().host == "::1");
  CHECK(endpoint.value().port == "8080");
  CHECK(parse_endpoint("https://shop.example").value().port == "443");
  CHECK(parse_endpoint("unix:/run/till.sock").value().is_unix);
  for (const char* bad :
       {"", "ftp://a:1", "http://", "http://a:b", "http://a:", "http://a:1/path", "unix:", "http://[::1"}) {
    INFO(bad);
    CHECK(parse_endpoint(bad).error().kind == ErrorKind::kInvalid);
  }
}

TEST_CASE("a kept connection that the server closed is replaced, but only for what can be repeated", "[http]") {
  HttpServerOptions options;
  options.idle_timeout = milliseconds(50);
  const auto server = serve(options, say_target);
  auto client = HttpClient::open(url_of(*server));
  const auto idle = [&] {
    while (server->counters().open_connections > 0) std::this_thread::sleep_for(milliseconds(5));
  };
  REQUIRE(client->request("GET", "/1").ok());
  idle();
  CHECK(client->request("GET", "/2").value().body == "/2");
  idle();
  CHECK(client->request("POST", "/3", {{"idempotency-key", "k"}}, "b").value().body == "/3b");
  idle();
  CHECK(client->request("POST", "/4", {}, "b").error().kind == ErrorKind::kOutcomeUnknown);
  CHECK(client->request("POST", "/5", {}, "b").value().body == "/5b");
}

TEST_CASE("the client tells what went wrong", "[http]") {
  auto server = serve({}, [](const HttpRequest& request, HttpResponder responder) {
    static std::vector<HttpResponder> kept;  // never answered
    if (request.target == "/large") return responder.send({200, "text/plain", std::string(1 << 20, 'x'), {}});
    kept.push_back(std::move(responder));
  });
  HttpClientOptions options;
  options.request_timeout = milliseconds(100);
  options.max_reply_bytes = 1000;
  const std::string url = url_of(*server);
  auto client = HttpClient::open(url, options);
  CHECK(client->request("GET", "/never").error().kind == ErrorKind::kOutcomeUnknown);
  CHECK(client->request("GET", "/large").error().kind == ErrorKind::kCorrupt);
  CHECK(client->request("GET", "/a", {{"X", "1\r\nY: 2"}}).error().kind == ErrorKind::kInvalid);
  CHECK(client->request("GET", "/a b").error().kind == ErrorKind::kInvalid);
  server->stop();
  CHECK(client->request("GET", "/gone").error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("TLS serves a client that trusts its certificate, and no other", "[http]") {
  const TemporaryDirectory directory;
  const std::string certificate = directory.path() + "/cert.pem";
  const std::string key = directory.path() + "/key.pem";
  const std::string command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext " +
                              std::string("subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ") + key + " -out " +
                              certificate + " 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  HttpServerOptions options;
  options.tls_certificate_file = certificate;
  options.tls_key_file = key;
  options.header_timeout = milliseconds(500);
  options.max_body_bytes = 2 << 20;
  const auto server = serve(options, say_target);
  const std::string place = "127.0.0.1:" + std::to_string(server->port());
  HttpClientOptions trusting;
  trusting.ca_file = certificate;
  auto client = HttpClient::open("https://" + place, trusting);
  const std::string large(1 << 20, 'z');
  CHECK(client->request("GET", "/1").value().body == "/1");
  CHECK(client->request("POST", "/2", {}, large).value().body == "/2" + large);
  CHECK(client->request("POST", "/3", {{"Expect", "100-continue"}}, "now").value().body == "/3now");
  CHECK(server->counters().open_connections == 1);
  const auto refused = client->request("POST", "/4", {}, std::string(3 << 20, 'z'));
  CHECK((refused.ok() ? refused.value().status == 413 : refused.error().kind == ErrorKind::kOutcomeUnknown));
  CHECK(HttpClient::open("https://" + place)->request("GET", "/5").error().kind == ErrorKind::kUnavailable);
  CHECK_FALSE(HttpClient::open("http://" + place)->request("GET", "/6").ok());
  CHECK(client->request("GET", "/7").value().body == "/7");
}

TEST_CASE("the load client counts every answer once", "[http]") {
  std::atomic<std::uint64_t> handled{0};
  const auto server = serve({}, [&](const HttpRequest&, HttpResponder responder) {
    ++handled;
    responder.send({201, "text/plain", "made", {}});
  });
  LoadOptions options;
  options.url = url_of(*server);
  options.connections = 8;
  options.duration = milliseconds(10'000);
  options.requests_per_second = GENERATE(0u, 2000u);
  std::uint64_t made = 0;
  std::uint64_t answered = 0;
  LoadCallbacks callbacks;
  callbacks.next = [&](unsigned, std::string& out) {
    if (made == 1000) return false;
    ++made;
    out = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
    return true;
  };
  callbacks.answered = [&](const LoadAnswer& answer) {
    REQUIRE(answer.status == 201);
    REQUIRE(answer.body == "made");
    ++answered;
  };
  const auto result = run_load(options, callbacks);
  REQUIRE(result.ok());
  CHECK(answered == 1000);
  CHECK(result.value().sent == 1000);
  CHECK(result.value().answered == 1000);
  CHECK(result.value().lost == 0);
  CHECK(handled == 1000);
}

TEST_CASE("the load client reports lost requests and goes on", "[http]") {
  HttpServerOptions options;
  options.max_body_bytes = 10;  // beyond: 413 and the connection closes
  const auto server = serve(options, say_target);
  LoadOptions load;
  load.url = url_of(*server);
  load.connections = 1;
  int made = 0;
  std::vector<unsigned> statuses;
  LoadCallbacks callbacks;
  callbacks.next = [&](unsigned, std::string& out) {
    ++made;
    if (made > 3) return false;
    out = made == 2 ? "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\nhello world"
                    : "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
    return true;
  };
  callbacks.answered = [&](const LoadAnswer& answer) { statuses.push_back(answer.status); };
  const auto result = run_load(load, callbacks);
  REQUIRE(result.ok());
  CHECK(statuses == std::vector<unsigned>{200, 413, 200});
  CHECK(result.value().reconnects == 1);
}

TEST_CASE("answers are cut by their Content-Length", "[http]") {
  ParsedAnswer answer;
  const std::string whole = "HTTP/1.1 201 Created\r\nX: y\r\ncontent-length: 3\r\nConnection: Close\r\n\r\nabc";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    REQUIRE(parse_answer(whole.substr(0, size), 100, answer) == AnswerProgress::kNeedMore);
  }
  REQUIRE(parse_answer(whole, 100, answer) == AnswerProgress::kWhole);
  CHECK(answer.status == 201);
  CHECK(answer.body == "abc");
  CHECK(answer.closes);
  CHECK(parse_answer(whole, 2, answer) == AnswerProgress::kBad);
  CHECK(parse_answer("HTTP/1.1 200 OK\r\n\r\n", 100, answer) == AnswerProgress::kBad);
  CHECK(parse_answer("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", 100, answer) == AnswerProgress::kBad);
  CHECK(parse_answer("HTTP/1.1 204 No Content\r\n\r\n", 100, answer) == AnswerProgress::kWhole);
}

}  // namespace
}  // namespace till
