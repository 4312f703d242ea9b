#include "projections/effects/alert.h"

#include <array>
#include <cstdio>

#include "commands/calendar.h"
#include "commands/money.h"

namespace till {
namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;
constexpr std::int64_t kMinutesPerHour = 60;
constexpr std::int64_t kMinutesPerDay = 24 * kMinutesPerHour;
constexpr std::string_view kCutMark = "...";

// The length of the UTF-8 character that `text` begins with; 0 where it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

// One character of plain text, into a string of JSON that is read as mrkdwn.
void append_ascii(char c, std::string& json) {
  switch (c) {
    case '&':
      json += "&amp;";
      return;
    case '<':
      json += "&lt;";
      return;
    case '>':
      json += "&gt;";
      return;
    case '"':
      json += "\\\"";
      return;
    case '\\':
      json += "\\\\";
      return;
    case '\n':
      json += "\\n";
      return;
    default:
      json += c < ' ' || c == '\x7f' ? '?' : c;
  }
}

void append_mrkdwn(std::string_view text, std::string& json) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length > 1) {
      json.append(text.substr(0, length));
    } else {
      append_ascii(length == 0 ? '?' : text.front(), json);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

// Cut before a character, not within.
std::string cut_text(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most - kCutMark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(kCutMark);
}

}  // namespace

std::string slack_body(std::string_view title, std::string_view text) {
  std::string json = "{\"text\":\"*";
  append_mrkdwn(title, json);
  json += '*';
  if (!text.empty()) json += "\\n";
  append_mrkdwn(text, json);
  return json + "\"}";
}

AlertWords words_of(const Alert& alert, std::uint64_t more) {
  AlertWords words;
  words.title = cut_text(alert.title, kAlertTitleMost);
  if (alert.severity == AlertSeverity::kCritical) words.title.insert(0, "Urgent: ");
  words.text = cut_text(alert.text, kAlertTextMost);
  if (!words.text.empty()) words.text += '\n';
  if (more > 0) words.text += "And " + std::to_string(more) + " more of this kind that were held back.\n";
  words.text += alert.tenant + ", " + minute_text(alert.at);
  return words;
}

std::string minute_text(Micros at) {
  const std::int64_t minutes = at.value() / kMicrosPerMinute;
  const std::int64_t of_day = minutes % kMinutesPerDay;
  const std::int32_t date = civil_date(minutes / kMinutesPerDay);
  std::array<char, 80> text{};  // for whatever numbers
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d UTC", date / 10'000, date / 100 % 100,
                    date % 100, static_cast<int>(of_day / kMinutesPerHour), static_cast<int>(of_day % kMinutesPerHour));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string money_words(std::int64_t amount, std::string_view currency) {
  const auto exponent = static_cast<std::size_t>(currency_exponent(currency).value_or(0));
  // The least number has no positive one.
  const bool negative = amount < 0;
  std::string digits =
      std::to_string(negative ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount));
  if (digits.size() <= exponent) digits.insert(0, exponent + 1 - digits.size(), '0');
  if (exponent > 0) digits.insert(digits.size() - exponent, ".");
  return (negative ? "-" : "") + digits + " " + std::string(currency);
}

}  // namespace till
