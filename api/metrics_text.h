// Writes the Prometheus text exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace till {

class MetricsText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  // Begins a family; all its samples follow before the next one begins. `type`: counter, gauge or histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::initializer_list<Label> labels, std::uint64_t value);
  // Seconds, from microseconds.
  void sample_seconds(std::initializer_list<Label> labels, std::uint64_t micros);
  // A member of a histogram: `suffix` is _bucket, _sum or _count; `value` as it is to be shown.
  void member(std::string_view suffix, std::initializer_list<Label> labels, std::string_view value);

  // A family of one sample without labels.
  void counter(std::string_view name, std::string_view help, std::uint64_t value);
  void gauge(std::string_view name, std::string_view help, std::uint64_t value);
  void counter_seconds(std::string_view name, std::string_view help, std::uint64_t micros);

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string family_;
};

// Microseconds as decimal seconds: 1500 is "0.0015".
std::string seconds_text(std::uint64_t micros);

}  // namespace till
