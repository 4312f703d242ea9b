// The HTTP server from outside: framing, other threads' answers, drain, where it listens.
#include "api/http_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include "api/http_client.h"
#include "tests/http_fixture.h"
#include "tests/temporary_directory.h"

namespace till {
namespace {

using namespace http_test;

TEST_CASE("requests of one kept connection are answered one after another", "[http]") {
  const auto server = serve();
  auto client = HttpClient::open(url_of(*server));
  REQUIRE(client.ok());
  for (int i = 0; i < 3; ++i) {
    const auto reply = client->request("POST", "/a?b=1", {{"Idempotency-Key", "k1"}}, "body");
    REQUIRE(reply.ok());
    CHECK(reply.value().status == 200);
    CHECK(reply.value().body == "POST /a?b=1 [body]");
    CHECK(reply.value().header("till-key") == "k1");
    CHECK(reply.value().header("date").ends_with("GMT"));
  }
  CHECK(server->counters().open_connections == 1);
  CHECK(server->counters().requests == 3);
  CHECK(server->counters().in_flight == 0);
}

TEST_CASE("pipelined requests are answered in order", "[http]") {
  SECTION("by the handler itself") {
    const auto server = serve();
    RawSocket socket(url_of(*server));
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += get("/" + std::to_string(i));
    socket.send(bytes);
    const std::string& all = socket.receive_until("HTTP/1.1 200 OK", 100);
    std::size_t at = 0;
    for (int i = 0; i < 100; ++i) {
      at = all.find("GET /" + std::to_string(i) + " []", at);
      REQUIRE(at != std::string::npos);
    }
  }
  SECTION("by another thread, which sees the second only after the first is answered") {
    Later later;
    const auto server = serve({}, later.handler());
    RawSocket socket(url_of(*server));
    socket.send(get("/1") + get("/2"));
    for (int i = 1; i <= 2; ++i) {
      REQUIRE(eventually([&] { return later.waiting() == 1; }));
      CHECK(server->counters().requests == static_cast<std::uint64_t>(i));
      later.take().front().send({200, "text/plain", "answer " + std::to_string(i), {}});
      CHECK(has(socket.receive_until("answer " + std::to_string(i)), "answer " + std::to_string(i)));
    }
  }
}

TEST_CASE("a request may arrive byte by byte", "[http]") {
  const auto server = serve();
  RawSocket socket(url_of(*server));
  for (const char c : std::string("\r\nPOST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc")) {
    REQUIRE(socket.send({&c, 1}));
  }
  CHECK(has(socket.receive_until("[abc]"), "POST /slow [abc]"));
}

TEST_CASE("chunked bodies are joined, and trailers are ignored", "[http]") {
  const auto server = serve();
  RawSocket socket(url_of(*server));
  socket.send("POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.send("4;x=y\r\nwith\r\n");
  socket.send("5\r\n gaps\r\n0\r\nIdempotency-Key: from-trailer\r\n\r\n");
  const std::string& answer = socket.receive_until("]");
  CHECK(has(answer, "POST /c [with gaps]"));
  CHECK_FALSE(has(answer, "from-trailer"));
  socket.send(get("/next"));
  CHECK(has(socket.receive_until("GET /next []"), "GET /next []"));
}

TEST_CASE("HEAD is handled as GET and answered without the body", "[http]") {
  const auto server = serve();
  auto client = HttpClient::open(url_of(*server));
  const auto reply = client->request("HEAD", "/h");
  REQUIRE(reply.ok());
  CHECK(reply.value().body.empty());
  CHECK(reply.value().header("content-length") == std::to_string(std::string("GET /h []").size()));
  CHECK(client->request("GET", "/h").value().body == "GET /h []");
}

TEST_CASE("Expect: 100-continue is answered before the body", "[http]") {
  const auto server = serve();
  RawSocket socket(url_of(*server));
  socket.send("POST /e HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(has(socket.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue"));
  socket.send("ok");
  CHECK(has(socket.receive_until("[ok]"), "POST /e [ok]"));
}

TEST_CASE("a connection closes when the client or HTTP/1.0 says so", "[http]") {
  const auto server = serve();
  CHECK(has(last_words(*server, get("/x", "Connection: close\r\n")), "Connection: close"));
  CHECK(has(last_words(*server, "GET /x HTTP/1.0\r\n\r\n"), "GET /x []"));
  RawSocket kept(url_of(*server));
  kept.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(has(kept.receive_until("GET /1 []"), "Connection: keep-alive"));
  kept.send("GET /2 HTTP/1.0\r\n\r\n");
  CHECK(has(kept.receive_all(), "GET /2 []"));
}

TEST_CASE("what could be read in two ways is refused with 400", "[http]") {
  const auto server = serve();
  const std::string bytes = GENERATE(
      as<std::string>{},
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: +1\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
      "GET / HTTP/1.1\r\nHost: t\r\nAccept: a,\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nAccept:\r\n \r\n\r\n",
      "GET / HTTP/1.1\r\nHost: t\r\nAccept:\r\n a\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n 3\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : t\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: t\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", "GET / HTTP/2.0\r\nHost: t\r\n\r\n",
      "GET /\r\n\r\n", "\x16\x03\x01 nonsense\r\n\r\n");
  INFO(bytes);
  const std::string words = last_words(*server, bytes);
  CHECK(words.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"));
  CHECK(has(words, R"("code":"BAD_REQUEST","retryable":false})"));
  CHECK(server->counters().requests == 0);
  CHECK(server->counters().refused == 1);
}

TEST_CASE("a burst of answers from another thread reaches every connection", "[http]") {
  HttpServerOptions options;
  options.io_threads = GENERATE(1u, 2u);
  Later later;
  const auto server = serve(options, later.handler());
  constexpr std::size_t kConnections = 200;
  std::vector<RawSocket> sockets;
  for (std::size_t i = 0; i < kConnections; ++i) sockets.emplace_back(url_of(*server));
  for (int round = 1; round <= 20; ++round) {
    for (auto& socket : sockets) REQUIRE(socket.send(get("/")));
    REQUIRE(eventually([&] { return later.waiting() == kConnections; }));
    for (auto& responder : later.take()) responder.send({201, "text/plain", "done", {}});
    for (auto& socket : sockets) {
      socket.receive_until("done", round);
      REQUIRE(socket.count("HTTP/1.1 201 Created") == round);
    }
  }
  CHECK(server->counters().in_flight == 0);
}

TEST_CASE("a responder dropped unused answers 500, a late one is harmless", "[http]") {
  Later later;
  auto server = serve({}, later.handler());
  RawSocket socket(url_of(*server));
  socket.send(get("/"));
  REQUIRE(eventually([&] { return later.waiting() == 1; }));
  SECTION("dropped") {
    later.take();
    const std::string head = socket.receive_until("\r\n\r\n");
    CHECK(has(head, "HTTP/1.1 500"));
    CHECK(has(head, "Content-Type: application/problem+json"));
  }
  SECTION("after the client has gone") {
    socket = RawSocket("unix:/nowhere");
    later.take().front().send({200, "text/plain", std::string(1 << 20, 'x'), {}});
    CHECK(eventually([&] { return server->counters().open_connections == 0; }));
  }
  SECTION("after the server has gone") {
    auto late = later.take();
    server.reset();
    late.front().send({200, "text/plain", "late", {}});
    CHECK(socket.receive_all().empty());
  }
}

TEST_CASE("drain finishes what has begun and closes what is idle", "[http]") {
  Later later;
  const auto server = serve({}, later.handler());
  RawSocket idle(url_of(*server));
  RawSocket busy(url_of(*server));
  busy.send(get("/"));
  REQUIRE(eventually([&] { return later.waiting() == 1 && server->counters().open_connections == 2; }));
  CHECK_FALSE(server->drain(milliseconds(20)));
  CHECK(idle.receive_all().empty());
  CHECK(idle.closed());
  CHECK_FALSE(RawSocket(url_of(*server)).connected());
  std::thread answer([&] { later.take().front().send({200, "text/plain", "bye", {}}); });
  CHECK(has(busy.receive_all(), "Connection: close"));
  busy = RawSocket("unix:/nowhere");
  CHECK(server->drain(milliseconds(10'000)));
  answer.join();
  server->stop();
  server->stop();
}

TEST_CASE("a UNIX socket serves its owner only, at any depth, and replaces a stale one", "[http]") {
  const TemporaryDirectory directory;
  const std::string deep =
      directory.path() + "/" + GENERATE(as<std::string>{}, std::string("d"), std::string(150, 'd'));
  REQUIRE(::mkdir(deep.c_str(), 0700) == 0);
  HttpServerOptions options;
  options.unix_path = deep + "/till.sock";
  const auto ask = [&] { return HttpClient::open("unix:" + options.unix_path)->request("GET", "/u"); };
  {
    const auto server = serve(options);
    CHECK(server->port() == 0);
    struct stat info;
    REQUIRE(::stat(options.unix_path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(ask().value().body == "GET /u []");
    CHECK(HttpServer::start(options, echo).error().kind == ErrorKind::kUnavailable);
    CHECK(ask().value().body == "GET /u []");
  }
  CHECK(::access(options.unix_path.c_str(), F_OK) != 0);
  CHECK(ask().error().kind == ErrorKind::kUnavailable);
  {
    auto address = unix_address(options.unix_path);
    const Descriptor stale(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(::bind(stale.get(), address->get(), address->size) == 0);
  }
  const auto server = serve(options);
  CHECK(ask().value().body == "GET /u []");
}

TEST_CASE("addresses that cannot be used are told", "[http]") {
  const auto server = serve();
  HttpServerOptions options;
  options.port = server->port();
  CHECK(HttpServer::start(options, echo).error().kind == ErrorKind::kUnavailable);
  options.address = "localhost";
  CHECK(HttpServer::start(options, echo).error().kind == ErrorKind::kInvalid);
  options.address = "127.0.0.1";
  options.tls_certificate_file = "/nowhere.pem";
  CHECK(HttpServer::start(options, echo).error().kind == ErrorKind::kInvalid);
}

}  // namespace
}  // namespace till
