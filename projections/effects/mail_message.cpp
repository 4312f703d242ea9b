#include "projections/effects/mail_message.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace till {
namespace {

constexpr std::size_t kLocalPartMost = 64;
constexpr std::size_t kDomainMost = 255;
constexpr std::size_t kDomainLabelMost = 63;
constexpr std::size_t kMailIdMost = 128;
constexpr std::size_t kPlainWordsMost = 60;    // longer ones are encoded, and so folded
constexpr std::size_t kEncodedWordBytes = 36;  // of text, so that a line with the field's name keeps below 76
constexpr std::size_t kQuotedColumns = 72;     // then a line is broken: three more for a byte, one for the break
constexpr std::size_t kBase64Columns = 76;
// In neither encoding may a line of a part begin so.
constexpr std::string_view kBoundary = "=_till";
constexpr std::string_view kLineEnd = "\r\n";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5322 atext, and the dot.
bool is_local_character(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view text) {
  return !text.empty() && text.size() <= kLocalPartMost && std::ranges::all_of(text, is_local_character) &&
         !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > kDomainMost) return false;
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    const bool good = !label.empty() && label.size() <= kDomainLabelMost && !label.starts_with('-') &&
                      !label.ends_with('-') &&
                      std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
    if (!good) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool is_mail_id(std::string_view text) {
  return !text.empty() && text.size() <= kMailIdMost && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

bool continues_utf8(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The first characters, of `most` bytes at most.
std::string_view first_characters(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && continues_utf8(text[end])) --end;
  return text.substr(0, end == 0 ? most : end);
}

// How many bytes a space or a control character takes here; 0: something else. Beside C0, DEL and C1 there are the line
// and the paragraph separator, U+2028 and U+2029.
std::size_t space_at(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte <= 0x20 || byte == 0x7f) return 1;
  if (byte == 0xc2 && text.size() > 1 && text[1] < '\xa0' && continues_utf8(text[1])) return 2;
  return text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9") ? 3 : 0;
}

// The words of a text on one line, with one space between them.
std::string one_line(std::string_view text) {
  std::string line;
  bool apart = false;
  while (!text.empty()) {
    const std::size_t space = space_at(text);
    if (space == 0) {
      if (apart && !line.empty()) line += ' ';
      line += text.front();
    }
    apart = space > 0;
    text.remove_prefix(std::max<std::size_t>(space, 1));
  }
  return std::string(first_characters(line, kMailLineMost));
}

std::string mail_base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the zero byte behind it
  return text;
}

// As it is where a reader takes it for nothing else.
bool is_plain(std::string_view line) {
  return line.size() <= kPlainWordsMost && line.find("=?") == std::string_view::npos &&
         std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 2047.
std::string encoded_words(std::string_view line) {
  std::string words;
  while (!line.empty()) {
    const std::string_view part = first_characters(line, kEncodedWordBytes);
    if (!words.empty()) words.append(kLineEnd).append(" ");
    words.append("=?UTF-8?B?").append(mail_base64(part)).append("?=");
    line.remove_prefix(part.size());
  }
  return words;
}

std::string subject_text(std::string_view subject) {
  const std::string line = one_line(subject);
  return is_plain(line) ? line : encoded_words(line);
}

std::string quoted_name(std::string_view line) {
  std::string quoted = "\"";
  for (const char c : line) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string mailbox_text(std::string_view name, const MailAddress& address) {
  const std::string line = one_line(name);
  if (line.empty()) return address.text();
  const std::string shown = is_plain(line) ? quoted_name(line) : encoded_words(line);
  return shown + std::string(kLineEnd) + " <" + address.text() + ">";
}

// "Mon, 02 Mar 2026 10:00:00 +0000".
std::string date_text(Micros date) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds(date.value())};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day civil(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(point - day));
  std::array<char, 64> text;
  const int length = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                                   kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(civil.day()),
                                   kMonths[static_cast<unsigned>(civil.month()) - 1], static_cast<int>(civil.year()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

// Every line break as CRLF.
std::string with_line_ends(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      lines += text[i];
      continue;
    }
    if (text[i] == '\r' && text.substr(i + 1).starts_with('\n')) ++i;
    lines.append(kLineEnd);
  }
  return lines;
}

// RFC 2045, of text whose lines end with CRLF. A dot at the beginning of a line is encoded: it is what servers stumble
// over.
std::string quoted_printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string quoted;
  quoted.reserve(text.size() + text.size() / 8);
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with(kLineEnd)) {
      quoted.append(kLineEnd);
      column = 0;
      ++i;
      continue;
    }
    if (column > kQuotedColumns) {
      quoted.append("=").append(kLineEnd);
      column = 0;
    }
    const char c = text[i];
    const bool space = c == ' ' || c == '\t';
    const bool last = rest.size() == 1 || rest.substr(1).starts_with(kLineEnd);
    const bool as_it_is = space ? !last : c > ' ' && c <= '~' && c != '=' && (c != '.' || column > 0);
    const auto byte = static_cast<unsigned char>(c);
    if (as_it_is) {
      quoted += c;
    } else {
      quoted.append({'=', kDigits[byte >> 4], kDigits[byte & 15]});
    }
    column += as_it_is ? 1 : 3;
  }
  return quoted;
}

std::string base64_lines(std::string_view bytes) {
  const std::string text = mail_base64(bytes);
  std::string lines;
  for (std::size_t i = 0; i < text.size(); i += kBase64Columns) {
    if (i > 0) lines.append(kLineEnd);
    lines.append(text, i, kBase64Columns);
  }
  return lines;
}

// What is mostly ASCII stays readable; of other scripts the other encoding is shorter.
void append_part(std::string_view type, std::string_view content, std::string& out) {
  const std::string text = with_line_ends(content);
  std::string encoded = quoted_printable(text);
  std::string_view encoding = "quoted-printable";
  if (std::string other = base64_lines(text); other.size() < encoded.size()) {
    encoded = std::move(other);
    encoding = "base64";
  }
  out.append("--").append(kBoundary).append(kLineEnd);
  out.append("Content-Type: ").append(type).append("; charset=utf-8").append(kLineEnd);
  out.append("Content-Transfer-Encoding: ").append(encoding).append(kLineEnd);
  out.append(kLineEnd).append(encoded).append(kLineEnd);
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append(kLineEnd);
}

}  // namespace

std::optional<MailAddress> MailAddress::parse(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || !is_local_part(text.substr(0, at)) || !is_domain(text.substr(at + 1))) {
    return std::nullopt;
  }
  return MailAddress(text);
}

MailMessage::MailMessage(MailAddress from, MailAddress to, std::string message_id, std::string bytes)
    : from_(std::move(from)), to_(std::move(to)), message_id_(std::move(message_id)), bytes_(std::move(bytes)) {}

Result<MailMessage> MailMessage::make(const MailParts& parts) {
  if (!is_mail_id(parts.id)) return Error{ErrorKind::kInvalid, "mail: the id is none"};
  if (parts.text.size() > kMailPartMost || parts.html.size() > kMailPartMost) {
    return Error{ErrorKind::kInvalid, "mail: a part has more than " + std::to_string(kMailPartMost) + " bytes"};
  }
  std::string message_id = "<" + parts.id + "@" + std::string(parts.from.domain()) + ">";
  std::string bytes;
  append_header("From", mailbox_text(parts.from_name, parts.from), bytes);
  append_header("To", mailbox_text(parts.to_name, parts.to), bytes);
  append_header("Subject", subject_text(parts.subject), bytes);
  append_header("Date", date_text(parts.date), bytes);
  append_header("Message-ID", message_id, bytes);
  append_header("Auto-Submitted", "auto-generated", bytes);
  append_header("MIME-Version", "1.0", bytes);
  append_header("Content-Type", "multipart/alternative; boundary=\"" + std::string(kBoundary) + "\"", bytes);
  bytes.append(kLineEnd);
  append_part("text/plain", parts.text, bytes);
  append_part("text/html", parts.html, bytes);
  bytes.append("--").append(kBoundary).append("--").append(kLineEnd);
  return MailMessage(parts.from, parts.to, std::move(message_id), std::move(bytes));
}

}  // namespace till
