#include "engine/json_writer.h"

#include <algorithm>
#include <charconv>

#include "engine/utf8.h"

namespace till {
namespace {

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

void append_escaped(char c, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out.push_back(kDigits[byte >> 4]);
  out.push_back(kDigits[byte & 15]);
}

template <class Integer>
void append_integer(Integer value, std::string& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out.push_back('"');
  const bool valid = std::ranges::all_of(text, is_ascii) || is_utf8(text);
  if (valid && std::ranges::all_of(text, is_plain)) {
    out.append(text);
  } else {
    for (const char c : text) {
      if (!is_ascii(c) && !valid) {
        out += "\xEF\xBF\xBD";
      } else if (is_plain(c)) {
        out.push_back(c);
      } else {
        append_escaped(c, out);
      }
    }
  }
  out.push_back('"');
}

void append_json_number(std::int64_t value, std::string& out) {
  append_integer(value, out);
}
void append_json_number(std::uint64_t value, std::string& out) {
  append_integer(value, out);
}

void JsonWriter::separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(name, out_);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(text, out_);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  separate();
  append_json_number(value, out_);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  separate();
  append_json_number(value, out_);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace till
