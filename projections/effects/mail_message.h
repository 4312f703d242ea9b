// A mail of text and HTML (RFC 5322, MIME) as the bytes that a server is given. Whatever it is made of, its header has
// the fields below and no other: a line break within one cannot be made.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

inline constexpr std::size_t kMailLineMost = 255;      // bytes of a subject or a name; longer ones are cut
inline constexpr std::size_t kMailPartMost = 1 << 20;  // bytes of a text or of HTML

// "ann@shop.example": ASCII, a local part of at most 64 characters that needs no quotes, a domain of at most 255.
class MailAddress {
 public:
  // Nothing where the text is no such address.
  static std::optional<MailAddress> parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string_view domain() const { return std::string_view(text_).substr(text_.find('@') + 1); }

 private:
  explicit MailAddress(std::string_view text) : text_(text) {}

  std::string text_;
};

// What a mail is made of; all texts are UTF-8.
struct MailParts {
  MailAddress from;
  std::string from_name;  // empty: none, as of to_name
  MailAddress to;
  std::string to_name;
  std::string id;  // what tells this mail apart in the world: [A-Za-z0-9.-], at most 128; the same for each try
  std::string subject;
  std::string text;
  std::string html;
  Micros date;
};

class MailMessage {
 public:
  // Control characters within a subject or a name become spaces. kInvalid where the id is none, or where text or HTML
  // has more than kMailPartMost bytes.
  static Result<MailMessage> make(const MailParts& parts);

  const MailAddress& from() const { return from_; }
  const MailAddress& to() const { return to_; }
  // "<id@domain of from>": who gets the mail twice knows it by this.
  const std::string& message_id() const { return message_id_; }
  // Header and body; every line ends with CRLF and has at most 998 characters.
  const std::string& bytes() const { return bytes_; }

 private:
  MailMessage(MailAddress from, MailAddress to, std::string message_id, std::string bytes);

  MailAddress from_;
  MailAddress to_;
  std::string message_id_;
  std::string bytes_;
};

}  // namespace till
