#include "api/http_client.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <optional>

#include "api/asio.h"

namespace till {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::uint32_t kMaxReplyHeaderBytes = 64 << 10;

class ReplyParser final : public beast_http::basic_parser<false> {
 public:
  ReplyParser(HttpReply& reply, std::size_t max_bytes) : reply_(reply), max_bytes_(max_bytes) {
    eager(true);
    header_limit(kMaxReplyHeaderBytes);
    body_limit(max_bytes);
  }

 private:
  using View = boost::beast::string_view;
  using BeastError = boost::beast::error_code;

  void on_request_impl(beast_http::verb, View, View, int, BeastError&) override {}
  void on_response_impl(int status, View, int, BeastError&) override { reply_.status = static_cast<unsigned>(status); }
  void on_field_impl(beast_http::field, View name, View value, BeastError&) override {
    std::string lower(name.data(), name.size());
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    reply_.headers.emplace_back(std::move(lower), std::string(value.data(), value.size()));
  }
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(View piece, BeastError& error) override {
    if (reply_.body.size() + piece.size() > max_bytes_) {
      error = beast_http::error::body_limit;
      return 0;
    }
    reply_.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, BeastError& error) override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(BeastError&) override {}

  HttpReply& reply_;
  std::size_t max_bytes_;
};

bool has_line_break(std::string_view text) {
  return text.find_first_of("\r\n") != std::string_view::npos;
}

bool may_repeat(std::string_view method, const HttpHeaders& headers) {
  if (method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE") return true;
  return std::any_of(headers.begin(), headers.end(),
                     [](const auto& header) { return strcasecmp(header.first.c_str(), "Idempotency-Key") == 0; });
}

Error unknown_outcome(const Error& cause) {
  return Error{ErrorKind::kOutcomeUnknown, "the request was sent, but " + cause.message};
}

// Bytes of an answer as they come in, and how many of them the parser has taken.
struct Arrival {
  std::string bytes;
  std::size_t begin = 0;
};

// Feeds what has arrived; true where the reply is whole.
Result<bool> feed(ReplyParser& parser, Arrival& arrival) {
  while (!parser.is_done() && arrival.begin < arrival.bytes.size()) {
    boost::beast::error_code error;
    const std::size_t left = arrival.bytes.size() - arrival.begin;
    const std::size_t used = parser.put({arrival.bytes.data() + arrival.begin, left}, error);
    arrival.begin += used;
    if (error == beast_http::error::need_more) break;
    if (error) return Error{ErrorKind::kCorrupt, "the server's answer cannot be read: " + error.message()};
    if (used == 0) break;
  }
  arrival.bytes.erase(0, arrival.begin);
  arrival.begin = 0;
  return parser.is_done();
}

}  // namespace

std::string_view HttpReply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

HttpClient::HttpClient(Endpoint endpoint, HttpClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

Result<HttpClient> HttpClient::open(std::string_view url, HttpClientOptions options) {
  auto endpoint = parse_endpoint(url);
  if (!endpoint) return endpoint.error();
  return HttpClient(std::move(endpoint.value()), std::move(options));
}

Status HttpClient::ensure_connected() {
  if (wire_) return {};
  auto wire =
      HttpWire::connect(endpoint_, options_.ca_file, std::chrono::steady_clock::now() + options_.connect_timeout);
  if (!wire) return wire.error();
  wire_ = std::move(wire.value());
  return {};
}

std::string HttpClient::format(std::string_view method, std::string_view target, const HttpHeaders& headers,
                               std::string_view body) const {
  std::string bytes;
  bytes.reserve(512 + body.size());
  bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ");
  if (endpoint_.is_unix) {
    bytes += "localhost";
  } else if (endpoint_.host.find(':') != std::string::npos) {
    bytes += "[" + endpoint_.host + "]:" + endpoint_.port;
  } else {
    bytes += endpoint_.host + ":" + endpoint_.port;
  }
  bytes += "\r\n";
  for (const auto& [name, value] : headers) bytes.append(name).append(": ").append(value).append("\r\n");
  const bool carries_body = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (carries_body) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  bytes += "\r\n";
  bytes += body;
  return bytes;
}

Result<HttpReply> HttpClient::request(std::string_view method, std::string_view target, const HttpHeaders& headers,
                                      std::string_view body) {
  bool malformed = has_line_break(method) || has_line_break(target) || target.find(' ') != std::string_view::npos;
  for (const auto& [name, value] : headers) malformed = malformed || has_line_break(name) || has_line_break(value);
  if (malformed) return Error{ErrorKind::kInvalid, "a request line or header must not have line breaks"};
  const std::string bytes = format(method, target, headers, body);
  const bool reused = wire_ != nullptr;
  if (const Status connected = ensure_connected(); !connected.ok()) return connected.error();
  bool nothing_came = false;
  auto reply = exchange(bytes, method == "HEAD", nothing_came);
  if (!reply.ok() && reused && nothing_came && may_repeat(method, headers)) {
    if (const Status connected = ensure_connected(); !connected.ok()) return connected.error();
    reply = exchange(bytes, method == "HEAD", nothing_came);
  }
  return reply;
}

// `nothing_came`: the connection ended before the first byte of an answer, as a kept one does that was idle too long.
Result<HttpReply> HttpClient::exchange(std::string_view bytes, bool is_head, bool& nothing_came) {
  const auto deadline = std::chrono::steady_clock::now() + options_.request_timeout;
  auto wire = std::move(wire_);  // given back only after a whole answer
  nothing_came = true;
  // A server that refuses early answers before it has read everything: look for that answer where sending fails.
  const Status sent = wire->send(bytes, deadline);
  HttpReply reply;
  std::optional<ReplyParser> parser;
  parser.emplace(reply, options_.max_reply_bytes).skip(is_head);
  Arrival arrival;
  std::array<char, kReadBytes> piece;
  for (bool whole = false; !whole;) {
    const auto got = wire->receive(piece.data(), piece.size(), deadline);
    if (!got) {
      nothing_came = nothing_came && std::chrono::steady_clock::now() < deadline;
      return unknown_outcome(sent.ok() ? got.error() : sent.error());
    }
    if (got.value() == 0) {
      boost::beast::error_code error = beast_http::error::partial_message;
      if (parser->got_some()) parser->put_eof(error);
      if (error) return unknown_outcome(Error{ErrorKind::kUnavailable, "the connection was closed"});
      return reply;
    }
    nothing_came = false;
    arrival.bytes.append(piece.data(), got.value());
    auto fed = feed(*parser, arrival);
    while (fed.ok() && fed.value() && reply.status < 200) {  // 100 Continue and the like precede the answer
      reply = HttpReply{};
      parser.emplace(reply, options_.max_reply_bytes).skip(is_head);
      fed = feed(*parser, arrival);
    }
    if (!fed) return fed.error();
    whole = fed.value();
  }
  if (parser->keep_alive() && sent.ok() && arrival.bytes.empty()) {
    wire_ = std::move(wire);
  }
  return reply;
}

}  // namespace till
