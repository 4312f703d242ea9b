// Faults of single fields: where (JSON pointer) and what (a stable code). Collected up to a bound, so that a client
// sees several at once and a hostile body costs little.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace till {

// Codes of members of a problem's `errors`, beside the names of till.schema.ErrorCode. Once released, they stay.
namespace field_code {
inline constexpr std::string_view kUnknownField = "UNKNOWN_FIELD";
inline constexpr std::string_view kDuplicateField = "DUPLICATE_FIELD";
inline constexpr std::string_view kWrongType = "WRONG_TYPE";
inline constexpr std::string_view kFloatNotAllowed = "FLOAT_NOT_ALLOWED";
inline constexpr std::string_view kTooManyDecimals = "TOO_MANY_DECIMALS";
inline constexpr std::string_view kOutOfRange = "OUT_OF_RANGE";
inline constexpr std::string_view kInvalidFormat = "INVALID_FORMAT";
inline constexpr std::string_view kInvalidValue = "INVALID_VALUE";
inline constexpr std::string_view kRequired = "REQUIRED";
inline constexpr std::string_view kTooLong = "TOO_LONG";
inline constexpr std::string_view kTooManyItems = "TOO_MANY_ITEMS";
inline constexpr std::string_view kExactlyOneRequired = "EXACTLY_ONE_REQUIRED";
inline constexpr std::string_view kPathMismatch = "PATH_MISMATCH";
}  // namespace field_code

// Field errors told in one problem; decoding stops where this many were found.
inline constexpr std::size_t kFieldErrorsMost = 16;

struct FieldError {
  std::string pointer;    // RFC 6901; empty names the whole body
  std::string_view code;  // of static storage
  friend bool operator==(const FieldError&, const FieldError&) = default;
};

// A place in a message, as a chain of frames on the stack; text is made only where a fault is found.
class FieldPath {
 public:
  FieldPath() = default;
  FieldPath(const FieldPath* parent, std::string_view name) : parent_(parent), name_(name) {}
  FieldPath(const FieldPath* parent, std::size_t index) : parent_(parent), index_(index), is_index_(true) {}
  // RFC 6901: "~" and "/" of names are escaped.
  std::string pointer() const;

 private:
  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

// Owned by one request; not thread safe.
class FieldErrors {
 public:
  // Ignored where full, or where the same place or one above it has a fault already.
  void add(const FieldPath& path, std::string_view code) { add(path.pointer(), code); }
  void add(std::string pointer, std::string_view code);
  bool empty() const { return errors_.empty(); }
  bool full() const { return errors_.size() >= kFieldErrorsMost; }
  const std::vector<FieldError>& list() const { return errors_; }

 private:
  std::vector<FieldError> errors_;
};

}  // namespace till
