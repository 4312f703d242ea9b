// One thing that somebody should know of, and its words for a chat and for mail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/vocabulary.h"
#include "schemas/values.pb.h"

namespace till {

// Of a title or a text, in bytes; longer ones are cut.
inline constexpr std::size_t kAlertTitleMost = 200;
inline constexpr std::size_t kAlertTextMost = 2000;

enum class AlertSeverity : std::uint8_t { kWarning, kCritical };

// Of a tenant. Titles and texts are plain text, say ids and amounts, and nothing about persons but their ids.
struct Alert {
  schema::Alert::Kind kind{};
  std::string tenant;
  std::string subject;  // alerts of one kind and subject tell of the same trouble
  AlertSeverity severity = AlertSeverity::kWarning;
  std::string title;  // one line
  std::string text;   // lines; may be empty
  Micros at;          // when it happened
};

// The body of a Slack-compatible incoming webhook, {"text":…}: the title in bold, then the text. Both plain; what
// mrkdwn would take for a link or an entity is escaped, and what is not UTF-8 or a control character becomes '?'.
std::string slack_body(std::string_view title, std::string_view text);

struct AlertWords {
  std::string title;
  std::string text;
};

// What is said of an alert, with `more` others of its kind that were held back.
AlertWords words_of(const Alert& alert, std::uint64_t more);

// "2026-03-02 09:15 UTC". For the years 1 to 9999.
std::string minute_text(Micros at);

// "-12.50 EUR" of minor units.
std::string money_words(std::int64_t amount, std::string_view currency);

}  // namespace till
