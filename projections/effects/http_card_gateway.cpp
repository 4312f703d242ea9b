#include "projections/effects/http_card_gateway.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/json_writer.h"
#include "projections/json_members.h"

namespace till {
namespace {

constexpr int kPaymentRequired = 402;
// Of the client's statuses: timeout, conflict (the same request is under way), too early, too many.
constexpr std::array kAskAgain{408, 409, 425, 429};

// Of a JSON string with its quotes, what of it is visible ASCII; '?' for all else. Nothing for any other value.
std::optional<std::string> visible_text(std::string_view value) {
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  value = value.substr(1, value.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\\' && i + 1 < value.size()) {
      const char escaped = value[++i];
      const bool itself = escaped == '"' || escaped == '\\' || escaped == '/';
      text += itself ? escaped : '?';
      if (escaped == 'u') i = std::min(i + 4, value.size());
    } else {
      text += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return text;
}

bool is_no_answer(int status) {
  return status < 400 || status >= 500 || std::ranges::find(kAskAgain, status) != kAskAgain.end();
}

}  // namespace

HttpCardGateway::HttpCardGateway(HttpCardGatewayOptions options) : options_(std::move(options)) {}

Result<GatewayAnswer> HttpCardGateway::send(const GatewayRequest& request) {
  OutboundPost post;
  post.url = options_.base_url + "/v1/requests";
  post.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", request.tenant + ":" + request.request_id}};
  if (!options_.token.empty()) post.headers.emplace_back("Authorization", "Bearer " + options_.token);
  post.body = gateway_request_json(request);
  post.timeout = options_.timeout;
  post.allow_private_addresses = options_.allow_private_addresses;
  const Result<OutboundAnswer> answer = http_post(post);
  if (!answer.ok()) return answer.error();
  return read_gateway_answer(answer->status, answer->body);
}

std::string gateway_request_json(const GatewayRequest& request) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("tenant", request.tenant).member("request_id", request.request_id);
  json.member("kind", schema::GatewayRequest::Kind_Name(request.kind)).key("amount").number(request.amount_minor);
  json.member("currency", request.currency).member("payment_id", request.payment_id);
  if (!request.payment_reference.empty()) json.member("reference", request.payment_reference);
  if (!request.last4.empty()) json.member("last4", request.last4);
  json.end_object();
  return text;
}

Result<GatewayAnswer> read_gateway_answer(int status, std::string_view body) {
  const bool outcome = (status >= 200 && status < 300) || status == kPaymentRequired;
  if (!outcome) {
    const ErrorKind kind = is_no_answer(status) ? ErrorKind::kUnavailable : ErrorKind::kInvalid;
    return Error{kind, "gateway: HTTP status " + std::to_string(status)};
  }
  GatewayAnswer answer;
  std::string told;
  const bool read = each_json_member(body, [&](std::string_view name, std::string_view value) {
    const std::optional<std::string> text = visible_text(value);
    if (!text) return;
    if (name == "status") told = *text;
    if (name == "reference") answer.reference = *text;
    if (name == "code") answer.code = *text;
  });
  answer.approved = told == "approved";
  if (!read || (!answer.approved && told != "declined")) {
    return Error{ErrorKind::kUnavailable, "gateway: an answer that cannot be understood"};
  }
  // Who says both is asked again.
  if (answer.approved && status == kPaymentRequired) {
    return Error{ErrorKind::kUnavailable, "gateway: an approval with HTTP status 402"};
  }
  return answer;
}

}  // namespace till
