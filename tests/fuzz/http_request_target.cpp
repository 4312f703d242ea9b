// The HTTP parser, and what is read from a request line and header fields. The first byte says in which pieces the rest
// arrives: the same bytes are the same requests however they were cut.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/command_codec.h"
#include "api/http_request_parser.h"
#include "api/routes.h"
#include "engine/result.h"
#include "tests/fuzz/request_text.h"

namespace till::fuzz {
namespace {

using Progress = HttpRequestParser::Progress;

// Low enough that short inputs meet them.
constexpr std::size_t kHeaderBytesMost = 512;
constexpr std::size_t kBodyBytesMost = 1024;

HttpShared& shared() {
  static HttpShared* const instance = [] {
    auto* const made = new HttpShared();
    made->options.max_header_bytes = kHeaderBytesMost;
    made->options.max_body_bytes = kBodyBytesMost;
    return made;
  }();
  return *instance;
}

struct Seen {
  std::vector<std::string> requests;  // all that a handler is given, in one text each
  bool refused = false;
};

std::string told(const HttpRequest& request) {
  std::string text;
  for (const std::string_view part :
       {request.method, request.target, request.body, request.content_type, request.accept, request.authorization,
        request.idempotency_key, request.at_least, request.prefer, request.traceparent}) {
    text += std::to_string(part.size()) + ':';
    text += part;
  }
  return text + (request.has_idempotency_key ? "key" : "");
}

void read_fields(const HttpRequest& request) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const RouteMatch match = match_route(request.method, path);
  TILL_ASSERT(match.route == nullptr || match.allow.empty());
  std::vector<std::pair<std::string, std::string>> query;
  if (path.size() < request.target.size() && parse_query(request.target.substr(path.size() + 1), query)) {
    TILL_ASSERT(query.size() <= kQueryParametersMost);
  }
  const auto form = wire_form_of_content_type(request.content_type);
  wire_form_of_accept(request.accept, form.value_or(WireForm::kJson));
  const std::string key = idempotency_key_of_header(request.idempotency_key);
  TILL_ASSERT(key.empty() || is_idempotency_key(key));
}

// A connection: one parser a request, bytes arriving `piece` at a time. The buffer moves with each, and is no byte
// longer than what has arrived.
Seen receive(std::string_view bytes, std::size_t piece) {
  Seen seen;
  std::string body;
  BodyCharge charge(shared());
  std::optional<HttpRequestParser> parser;
  std::size_t begin = 0;
  for (std::size_t end = std::min(piece, bytes.size()); !seen.refused;) {
    const std::unique_ptr<char[]> buffer(new char[end]);
    std::copy_n(bytes.begin(), end, buffer.get());
    if (!parser) parser.emplace(shared().options, body, charge);
    const Progress progress = parser->feed(buffer.get(), begin, end);
    TILL_ASSERT(begin <= end);
    if (progress == Progress::kDone) {
      const HttpRequest request = parser->request(buffer.get());
      TILL_ASSERT(request.body.size() <= kBodyBytesMost && parser->header_end() <= begin);
      read_fields(request);
      seen.requests.push_back(told(request));
      parser.reset();
      body.clear();
      bytes.remove_prefix(begin);
      end -= std::exchange(begin, 0);
    } else if (progress == Progress::kNeedMore) {
      if (end == bytes.size()) break;
      end = std::min(end + piece, bytes.size());
    } else {
      TILL_ASSERT(progress != Progress::kBad || !parser->trouble().empty());
      seen.refused = true;
    }
  }
  return seen;
}

}  // namespace
}  // namespace till::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Of an incomplete header the parser may see the fault now or at its end, so there is an end.
  const std::string bytes = std::string(till::fuzz::text_of(data, size).substr(1)) + "\r\n\r\n";
  const till::fuzz::Seen whole = till::fuzz::receive(bytes, bytes.size());
  const till::fuzz::Seen cut = till::fuzz::receive(bytes, std::size_t{1} + data[0]);
  TILL_ASSERT(whole.requests == cut.requests && whole.refused == cut.refused);
  return 0;
}
