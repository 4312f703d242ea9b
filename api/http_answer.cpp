#include "api/http_answer.h"

#include <array>
#include <charconv>

namespace till {
namespace {

constexpr unsigned kFirstStatus = 100;
constexpr unsigned kLastStatus = 599;

std::string_view reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

using StatusLines = std::array<std::string, kLastStatus - kFirstStatus + 1>;

StatusLines make_status_lines() {
  StatusLines lines;
  for (unsigned status = kFirstStatus; status <= kLastStatus; ++status) {
    std::string& line = lines[status - kFirstStatus];
    line = "HTTP/1.1 " + std::to_string(status) + " ";
    line += reason(status);
    line += "\r\nContent-Type: ";
  }
  return lines;
}

const std::string& status_line(unsigned status) {
  static const StatusLines lines = make_status_lines();
  return lines[status >= kFirstStatus && status <= kLastStatus ? status - kFirstStatus : 500 - kFirstStatus];
}

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

bool is_bodiless(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

void format_head(std::string& head, const HttpResponse& response, const AnswerStyle& style) {
  head = status_line(response.status);
  head += response.content_type;
  if (!is_bodiless(response.status)) {
    head += "\r\nContent-Length: ";
    append_number(head, response.body.size());
  }
  head += "\r\nDate: ";
  head += style.date;
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of("\r\n") != std::string::npos) continue;
    head += "\r\n";
    head += name;
    head += ": ";
    head += value;
  }
  if (!style.keep_alive) {
    head += "\r\nConnection: close";
  } else if (style.http_1_0) {
    head += "\r\nConnection: keep-alive";
  }
  head += "\r\n\r\n";
}

}  // namespace till
