#include "api/load_answer_parser.h"

#include <strings.h>

#include <charconv>

namespace till {
namespace {

constexpr std::string_view kStart = "HTTP/1.";
constexpr std::size_t kStatusAt = 9;

// Value of the field on `line` if it has that name, else empty.
std::string_view value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return {};
  if (strncasecmp(line.data(), name.data(), name.size()) != 0) return {};
  line.remove_prefix(name.size() + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

bool parse_number(std::string_view text, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

AnswerProgress parse_answer(std::string_view bytes, std::size_t max_bytes, ParsedAnswer& answer) {
  const std::size_t head_size = bytes.find("\r\n\r\n");
  if (head_size == std::string_view::npos) {
    return bytes.size() > max_bytes ? AnswerProgress::kBad : AnswerProgress::kNeedMore;
  }
  answer.head = bytes.substr(0, head_size);
  std::size_t status = 0;
  if (!answer.head.starts_with(kStart) || head_size < kStatusAt + 3 ||
      !parse_number(answer.head.substr(kStatusAt, 3), status)) {
    return AnswerProgress::kBad;
  }
  answer.status = static_cast<unsigned>(status);
  std::size_t length = 0;
  bool has_length = status == 204 || status == 304;
  for (std::size_t at = answer.head.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t begin = at + 2;
    at = answer.head.find("\r\n", begin);
    const auto line = answer.head.substr(begin, at == std::string_view::npos ? at : at - begin);
    if (const auto text = value_of(line, "content-length"); !text.empty()) has_length = parse_number(text, length);
    if (const auto text = value_of(line, "connection"); !text.empty()) {
      answer.closes = text.size() == 5 && strncasecmp(text.data(), "close", 5) == 0;
    }
  }
  if (!has_length || length > max_bytes) return AnswerProgress::kBad;
  if (bytes.size() < head_size + 4 + length) return AnswerProgress::kNeedMore;
  answer.body = bytes.substr(head_size + 4, length);
  return AnswerProgress::kWhole;
}

}  // namespace till
