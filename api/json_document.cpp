#include "api/json_document.h"

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/result.h"

namespace till {
namespace {

using Pool = rapidjson::MemoryPoolAllocator<>;
// Its parse stack comes from a pool too: a large malloc per body would make the heap tidy up each time.
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Pool, Pool>;

constexpr std::size_t kPoolBytes = 64u << 10;  // covers a large sale without a heap allocation
constexpr std::size_t kPoolChunkBytes = 256u << 10;
constexpr std::size_t kStackBytes = 8u << 10;

// What a thread keeps from one document to the next.
struct ThreadBuffers {
  alignas(16) char pool_memory[kPoolBytes];
  Pool pool{pool_memory, sizeof pool_memory, kPoolChunkBytes};
  alignas(16) char stack_memory[kPoolBytes];
  Pool stack_pool{stack_memory, sizeof stack_memory, kPoolChunkBytes};
  std::vector<char> text;
  std::optional<Document> document;
  bool in_use = false;
};

ThreadBuffers& buffers() {
  thread_local ThreadBuffers instance;
  return instance;
}

constexpr double kFloatMarker = 0.5;
constexpr double kHugeMarker = std::numeric_limits<double>::infinity();

// Passes events on to the document, counts depth, and reads numbers itself: as integers or not at all.
class BoundedHandler {
 public:
  explicit BoundedHandler(Document& document) : document_(document) {}
  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool Int(int value) { return document_.Int(value); }
  bool Uint(unsigned value) { return document_.Uint(value); }
  bool Int64(std::int64_t value) { return document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
  bool Double(double value) { return document_.Double(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    const char* end = text + length;
    if (std::any_of(text, end, [](char c) { return c == '.' || c == 'e' || c == 'E'; })) {
      return document_.Double(kFloatMarker);
    }
    std::int64_t value = 0;
    if (std::from_chars(text, end, value).ec == std::errc{}) return document_.Int64(value);
    std::uint64_t large = 0;
    if (*text != '-' && std::from_chars(text, end, large).ec == std::errc{}) return document_.Uint64(large);
    return document_.Double(kHugeMarker);
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) { return document_.String(text, length, copy); }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) { return document_.Key(text, length, copy); }
  bool StartObject() { return ++depth_ <= kJsonDepthMost && document_.StartObject(); }
  bool EndObject(rapidjson::SizeType count) { return --depth_, document_.EndObject(count); }
  bool StartArray() { return ++depth_ <= kJsonDepthMost && document_.StartArray(); }
  bool EndArray(rapidjson::SizeType count) { return --depth_, document_.EndArray(count); }

 private:
  Document& document_;
  std::size_t depth_ = 0;
};

JsonSyntaxError syntax_error(std::string_view what, std::size_t offset) {
  return {offset, "Byte " + std::to_string(offset) + ": " + std::string(what)};
}

}  // namespace

bool is_float_token(const JsonValue& value) {
  return value.IsDouble() && !std::isinf(value.GetDouble());
}

JsonDocument::JsonDocument() {
  TILL_ASSERT(!buffers().in_use);
  buffers().in_use = true;
}

JsonDocument::~JsonDocument() {
  ThreadBuffers& own = buffers();
  own.document.reset();
  own.pool.Clear();
  own.stack_pool.Clear();
  if (own.text.capacity() > kJsonBufferKept) std::vector<char>().swap(own.text);
  own.in_use = false;
}

std::optional<JsonSyntaxError> JsonDocument::parse(std::string_view text) {
  ThreadBuffers& own = buffers();
  own.text.assign(text.begin(), text.end());
  own.text.push_back('\0');
  own.document.emplace(&own.pool, kStackBytes, &own.stack_pool);
  Document& document = *own.document;
  rapidjson::ParseResult result;
  std::size_t end = 0;
  const auto generate = [&](Document& target) {
    constexpr unsigned kFlags =
        rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::InsituStringStream stream(own.text.data());
    rapidjson::Reader reader;
    BoundedHandler handler(target);
    result = reader.Parse<kFlags>(stream, handler);
    end = stream.Tell();
    return !result.IsError();
  };
  document.Populate(generate);
  if (result.IsError()) {
    if (result.Code() == rapidjson::kParseErrorTermination) return syntax_error("Nested too deeply.", result.Offset());
    return syntax_error(rapidjson::GetParseError_En(result.Code()), result.Offset());
  }
  // The parser takes a zero byte for the end of the text.
  if (end != text.size()) return syntax_error("Text goes on after the value.", end);
  root_ = &document;
  return std::nullopt;
}

}  // namespace till
