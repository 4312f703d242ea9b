#include "api/http_problem.h"

namespace till {
namespace {

constexpr unsigned kServiceUnavailable = 503;
constexpr std::string_view kRetryAfterSeconds = "1";

void append_json_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

HttpResponse transport_problem(schema::ErrorCode code, std::string_view detail) {
  const auto* value = schema::ErrorCode_descriptor()->FindValueByNumber(code);
  const schema::ErrorInfo& info = value->options().GetExtension(schema::error);
  HttpResponse response;
  response.status = info.http_status();
  response.content_type = "application/problem+json";
  response.body = R"({"type":"about:blank","title":)";
  append_json_string(response.body, info.title());
  response.body += ",\"status\":" + std::to_string(info.http_status()) + ",\"detail\":";
  append_json_string(response.body, detail);
  response.body += ",\"code\":";
  append_json_string(response.body, value->name());
  response.body += info.retryable() ? ",\"retryable\":true}" : ",\"retryable\":false}";
  if (info.retryable() && info.http_status() == kServiceUnavailable) {
    response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  }
  return response;
}

}  // namespace till
