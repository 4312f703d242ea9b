// JSON as the program reads it from other programs: a small tree, and a writer. For what is no Protobuf message;
// messages go through json_codec.h. Values are plain data; one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"

namespace till {

class JsonNode {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kInteger, kReal, kString, kArray, kObject };

  // The whole text is one value; kInvalid names the offset of the fault. Nesting is bounded.
  static Result<JsonNode> parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_array() const { return kind_ == Kind::kArray; }
  // Members of an object in their order, items of an array; empty for other kinds.
  const std::vector<std::pair<std::string, JsonNode>>& members() const { return members_; }
  const std::vector<JsonNode>& items() const { return items_; }

  // A null value where there is no such member, so that reads chain.
  const JsonNode& operator[](std::string_view name) const;
  bool has(std::string_view name) const { return (*this)[name].kind_ != Kind::kNull; }
  // Text of a string, digits of a number as they were written; empty for other kinds.
  std::string_view text() const { return text_; }
  std::int64_t integer(std::int64_t otherwise = 0) const { return kind_ == Kind::kInteger ? integer_ : otherwise; }
  bool boolean() const { return kind_ == Kind::kBool && integer_ != 0; }
  // The value as JSON again.
  std::string json() const;
  void append_json(std::string& out) const;

 private:
  friend class JsonTreeBuilder;
  Kind kind_ = Kind::kNull;
  std::int64_t integer_ = 0;
  std::string text_;
  std::vector<JsonNode> items_;
  std::vector<std::pair<std::string, JsonNode>> members_;
};

}  // namespace till
