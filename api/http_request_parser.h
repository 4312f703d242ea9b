// Reads one request from a connection's buffer: Beast's state machine, keeping only what HttpRequest names, as places
// in the buffer instead of copies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/asio.h"
#include "api/http.h"
#include "api/http_shared.h"

namespace till {

// Stricter than Beast where requests could be read in two ways: no obs-fold, no Transfer-Encoding but `chunked`, never
// with Content-Length or under HTTP/1.0, one Host, no field twice that names one value. Trailers are ignored.
class HttpRequestParser final : private beast_http::basic_parser<true> {
 public:
  enum class Progress { kNeedMore, kDone, kBad, kHeaderTooLarge, kBodyTooLarge, kBodiesTooLarge };

  // `body` receives the body; both references outlive the parser.
  HttpRequestParser(const HttpServerOptions& options, std::string& body, BodyCharge& charge);

  // Parses bytes [begin, end) of `base` and moves `begin` past what was understood. Bytes before `begin` must stay in
  // place (relative to base) until the header is done.
  Progress feed(const char* base, std::size_t& begin, std::size_t end);

  bool has_begun() const { return got_some(); }
  bool header_done() const { return is_header_done(); }
  // Place of the first byte after the header; once header_done().
  std::size_t header_end() const { return header_end_; }
  bool expects_continue() const { return expects_continue_; }
  bool wants_keep_alive() const { return keep_alive(); }
  bool is_http_1_0() const { return version_ < 11; }
  bool is_head() const { return is_head_; }
  // Why progress was kBad.
  std::string_view trouble() const { return trouble_; }
  // Bytes of a Content-Length body still to come; 0 where unknown.
  std::uint64_t remaining() const { return content_length_remaining().value_or(0); }

  // The request, as views into `base` (which may have moved since) and of the body what has come; once header_done().
  HttpRequest request(const char* base) const;

 private:
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    bool present = false;
  };
  using View = boost::beast::string_view;
  using BeastError = boost::beast::error_code;

  void on_request_impl(beast_http::verb, View method, View target, int version, BeastError& error) override;
  void on_response_impl(int, View, int, BeastError&) override {}
  void on_field_impl(beast_http::field field, View name, View value, BeastError& error) override;
  void on_header_impl(BeastError& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(View piece, BeastError& error) override;
  void on_chunk_header_impl(std::uint64_t, View, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, BeastError& error) override;
  void on_finish_impl(BeastError&) override {}

  Place* place_of(beast_http::field field, View name);
  bool is_folded(View name, View value) const;
  void refuse(std::string_view trouble, BeastError& error);
  Place place(View text) const;
  Progress progress_of(const BeastError& error);

  const HttpServerOptions& options_;
  std::string& body_;
  BodyCharge& charge_;
  const char* base_ = nullptr;
  std::size_t end_ = 0;
  std::size_t header_end_ = 0;
  int version_ = 11;
  bool in_trailer_ = false;
  bool is_head_ = false;
  bool expects_continue_ = false;
  bool has_transfer_encoding_ = false;
  std::string_view trouble_;
  Place method_, target_, host_, content_type_, accept_, authorization_, idempotency_key_, if_match_, at_least_,
      prefer_, traceparent_;
};

}  // namespace till
