#include "api/http_request_parser.h"

#include <strings.h>

#include <algorithm>

namespace till {
namespace {

using beast_http::field;

bool same_word(boost::beast::string_view text, std::string_view word) {
  return text.size() == word.size() && strncasecmp(text.data(), word.data(), word.size()) == 0;
}

// Path and query of a target in absolute form, which proxies may send; any other target as it is.
std::string_view origin_form(std::string_view target) {
  if (target.empty() || target.front() == '/') return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

HttpRequestParser::HttpRequestParser(const HttpServerOptions& options, std::string& body, BodyCharge& charge)
    : options_(options), body_(body), charge_(charge) {
  eager(false);  // so that put() stops where the header ends
  header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
  body_limit(options.max_body_bytes);
}

HttpRequestParser::Progress HttpRequestParser::feed(const char* base, std::size_t& begin, std::size_t end) {
  base_ = base;
  end_ = end;
  while (!is_done()) {
    // Empty lines before a request are leftovers of sloppy clients (RFC 9112, 2.2).
    while (!got_some() && begin < end && (base[begin] == '\r' || base[begin] == '\n')) ++begin;
    if (begin == end) return Progress::kNeedMore;
    BeastError error;
    const bool had_header = is_header_done();
    const std::size_t used = put({base + begin, end - begin}, error);
    begin += used;
    if (!had_header && is_header_done()) {
      header_end_ = begin;
      if (header_end_ > options_.max_header_bytes) return Progress::kHeaderTooLarge;
    }
    if (error == beast_http::error::need_more) return Progress::kNeedMore;
    if (error) return progress_of(error);
    if (used == 0) return Progress::kNeedMore;
  }
  return Progress::kDone;
}

HttpRequestParser::Progress HttpRequestParser::progress_of(const BeastError& error) {
  using Beast = beast_http::error;
  if (error == Beast::header_limit) return Progress::kHeaderTooLarge;
  if (error == Beast::body_limit) return Progress::kBodyTooLarge;
  if (error == Beast::buffer_overflow) return Progress::kBodiesTooLarge;
  if (!trouble_.empty()) return Progress::kBad;
  if (error == Beast::bad_version) {
    trouble_ = "HTTP/1.1 and HTTP/1.0 are spoken here";
  } else if (error == Beast::bad_content_length) {
    trouble_ = "Content-Length is not valid or contradicts another field";
  } else if (error == Beast::bad_transfer_encoding) {
    trouble_ = "Transfer-Encoding is not valid or contradicts another field";
  } else if (error == Beast::bad_chunk || error == Beast::bad_chunk_extension) {
    trouble_ = "The chunked body is malformed";
  } else {
    trouble_ = "The request line or a header field is malformed";
  }
  return Progress::kBad;
}

HttpRequest HttpRequestParser::request(const char* base) const {
  const auto view = [base](const Place& place) { return std::string_view(base + place.begin, place.size); };
  HttpRequest request;
  request.method = is_head_ ? std::string_view("GET") : view(method_);
  request.target = origin_form(view(target_));
  request.body = body_;
  request.content_type = view(content_type_);
  request.accept = view(accept_);
  request.authorization = view(authorization_);
  request.idempotency_key = view(idempotency_key_);
  request.has_idempotency_key = idempotency_key_.present;
  request.if_match = view(if_match_);
  request.has_if_match = if_match_.present;
  request.at_least = view(at_least_);
  request.prefer = view(prefer_);
  request.traceparent = view(traceparent_);
  return request;
}

void HttpRequestParser::on_request_impl(beast_http::verb verb, View method, View target, int version, BeastError&) {
  method_ = place(method);
  target_ = place(target);
  version_ = version;
  is_head_ = verb == beast_http::verb::head;
}

void HttpRequestParser::on_field_impl(field field, View name, View value, BeastError& error) {
  if (in_trailer_) return;
  if (is_folded(name, value)) return refuse("A header field is folded over several lines", error);
  if (field == field::transfer_encoding) {
    has_transfer_encoding_ = true;
    if (!same_word(value, "chunked") || version_ < 11) {
      return refuse("The only Transfer-Encoding taken is chunked, with HTTP/1.1", error);
    }
  } else if (field == field::expect) {
    expects_continue_ = version_ >= 11 && same_word(value, "100-continue");
  } else if (Place* kept = place_of(field, name)) {
    if (!kept->present) {
      *kept = place(value);
    } else if (kept != &accept_ && kept != &prefer_ && kept != &traceparent_) {
      refuse("A header field that names one value is there twice", error);
    }
  }
}

HttpRequestParser::Place* HttpRequestParser::place_of(field field, View name) {
  switch (field) {
    case field::host:
      return &host_;
    case field::content_type:
      return &content_type_;
    case field::accept:
      return &accept_;
    case field::authorization:
      return &authorization_;
    case field::if_match:
      return &if_match_;
    case field::prefer:
      return &prefer_;
    case field::unknown:
      break;
    default:
      return nullptr;
  }
  if (same_word(name, "Idempotency-Key")) return &idempotency_key_;
  if (same_word(name, "Till-At-Least")) return &at_least_;
  if (same_word(name, "traceparent")) return &traceparent_;
  return nullptr;
}

// Beast unfolds into a buffer of its own, so such a value lies elsewhere; one whose first or only line is empty shows
// in the text.
bool HttpRequestParser::is_folded(View name, View value) const {
  const char* const end = base_ + end_;
  if (!value.empty() && (value.data() < base_ || value.data() >= end)) return true;
  const char* const line = name.data() + name.size();
  const char* const line_end = std::find(line, end, '\n');
  if (!value.empty()) return line_end < value.data();
  return line_end + 1 < end && (line_end[1] == ' ' || line_end[1] == '\t');
}

void HttpRequestParser::refuse(std::string_view trouble, BeastError& error) {
  trouble_ = trouble;
  error = beast_http::error::bad_value;
}

HttpRequestParser::Place HttpRequestParser::place(View text) const {
  if (text.empty()) return {0, 0, true};
  return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size()), true};
}

void HttpRequestParser::on_header_impl(BeastError& error) {
  in_trailer_ = true;
  if (version_ >= 11 && !host_.present) refuse("Host is missing", error);
}

std::size_t HttpRequestParser::on_body_impl(View piece, BeastError& error) {
  if (!charge_.grow_to(body_.size() + piece.size())) {
    error = beast_http::error::buffer_overflow;
    return 0;
  }
  body_.append(piece.data(), piece.size());
  return piece.size();
}

std::size_t HttpRequestParser::on_chunk_body_impl(std::uint64_t, View piece, BeastError& error) {
  return on_body_impl(piece, error);
}

}  // namespace till
