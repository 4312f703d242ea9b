#include "api/json_node.h"

#include <charconv>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "engine/json_writer.h"

namespace till {
namespace {

constexpr std::size_t kDepthMost = 64;

const JsonNode& null_value() {
  static const JsonNode null;
  return null;
}

}  // namespace

// Receives the parser's events; numbers come as their text, so that nothing is lost to a double.
class JsonTreeBuilder {
 public:
  bool Null() { return put({}); }
  bool Bool(bool yes) {
    JsonNode value;
    value.kind_ = JsonNode::Kind::kBool;
    value.integer_ = yes ? 1 : 0;
    return put(std::move(value));
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    JsonNode value;
    value.text_.assign(text, length);
    const char* end = text + length;
    const auto parsed = std::from_chars(text, end, value.integer_);
    value.kind_ = parsed.ec == std::errc{} && parsed.ptr == end ? JsonNode::Kind::kInteger : JsonNode::Kind::kReal;
    return put(std::move(value));
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    JsonNode value;
    value.kind_ = JsonNode::Kind::kString;
    value.text_.assign(text, length);
    return put(std::move(value));
  }
  bool StartObject() { return open(JsonNode::Kind::kObject); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    names_.back().assign(text, length);
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(JsonNode::Kind::kArray); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  // Numbers arrive through RawNumber() only.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  JsonNode take() { return std::move(root_); }

 private:
  bool open(JsonNode::Kind kind) {
    if (open_.size() == kDepthMost) return false;
    open_.emplace_back().kind_ = kind;
    names_.emplace_back();
    return true;
  }
  bool close() {
    JsonNode value = std::move(open_.back());
    open_.pop_back();
    names_.pop_back();
    return put(std::move(value));
  }
  bool put(JsonNode&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().kind_ == JsonNode::Kind::kObject) {
      open_.back().members_.emplace_back(names_.back(), std::move(value));
    } else {
      open_.back().items_.push_back(std::move(value));
    }
    return true;
  }

  JsonNode root_;
  std::vector<JsonNode> open_;
  std::vector<std::string> names_;  // the member name last read in each open value
};

Result<JsonNode> JsonNode::parse(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  JsonTreeBuilder builder;
  constexpr unsigned kFlags =
      rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  const auto result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    return Error{ErrorKind::kInvalid, std::string("not JSON at byte ") + std::to_string(result.Offset()) + ": " +
                                          rapidjson::GetParseError_En(result.Code())};
  }
  // The parser takes a zero byte for the end of the text.
  if (stream.Tell() != text.size()) {
    return Error{ErrorKind::kInvalid, "not JSON at byte " + std::to_string(stream.Tell()) + ": text goes on"};
  }
  return builder.take();
}

const JsonNode& JsonNode::operator[](std::string_view name) const {
  for (const auto& [member_name, value] : members_) {
    if (member_name == name) return value;
  }
  return null_value();
}

void JsonNode::append_json(std::string& out) const {
  switch (kind_) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += integer_ != 0 ? "true" : "false";
      return;
    case Kind::kInteger:
    case Kind::kReal:
      out += text_;
      return;
    case Kind::kString:
      append_json_string(text_, out);
      return;
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  const bool array = kind_ == Kind::kArray;
  out += array ? '[' : '{';
  const std::size_t count = array ? items_.size() : members_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    if (array) {
      items_[i].append_json(out);
      continue;
    }
    append_json_string(members_[i].first, out);
    out += ':';
    members_[i].second.append_json(out);
  }
  out += array ? ']' : '}';
}

std::string JsonNode::json() const {
  std::string out;
  append_json(out);
  return out;
}

}  // namespace till
