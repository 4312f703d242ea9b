#include "api/metrics_text.h"

namespace till {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

std::string seconds_text(std::uint64_t micros) {
  constexpr std::uint64_t kMicrosInSecond = 1'000'000;
  constexpr std::size_t kDecimals = 6;
  std::string text = std::to_string(micros / kMicrosInSecond);
  if (micros % kMicrosInSecond == 0) return text;
  std::string decimals = std::to_string(micros % kMicrosInSecond);
  decimals.insert(0, kDecimals - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return text + "." + decimals;
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::member(std::string_view suffix, std::initializer_list<Label> labels, std::string_view value) {
  text_.append(family_).append(suffix);
  char divider = '{';
  for (const auto& [name, label] : labels) {
    text_.push_back(divider);
    divider = ',';
    text_.append(name).append("=\"");
    append_escaped(text_, label);
    text_.push_back('"');
  }
  if (divider == ',') text_.push_back('}');
  text_.append(" ").append(value).append("\n");
}

void MetricsText::sample(std::initializer_list<Label> labels, std::uint64_t value) {
  member("", labels, std::to_string(value));
}

void MetricsText::sample_seconds(std::initializer_list<Label> labels, std::uint64_t micros) {
  member("", labels, seconds_text(micros));
}

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value) {
  family(name, "counter", help);
  sample({}, value);
}

void MetricsText::gauge(std::string_view name, std::string_view help, std::uint64_t value) {
  family(name, "gauge", help);
  sample({}, value);
}

void MetricsText::counter_seconds(std::string_view name, std::string_view help, std::uint64_t micros) {
  family(name, "counter", help);
  sample_seconds({}, micros);
}

}  // namespace till
