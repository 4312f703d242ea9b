// Trouble as a value. Three roads that never cross: a Rejection is the business saying no, an Error is the world
// failing, a bug is an assertion (TILL_ASSERT) that stops the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace till {

// Closed set of ways the world fails.
enum class ErrorKind : std::uint8_t {
  kUnavailable,      // a server or file system does not answer now; trying again may help
  kCorrupt,          // stored bytes are not what was written
  kHistoryMismatch,  // log shorter than known to be durable, or another history under the same position
  kNotFound,         // asked for something that is not there
  kInvalid,          // configuration or stored content that this program cannot read
  kOutcomeUnknown,   // a write or sync failed: it may or may not have happened
  kPoison,           // a view cannot apply an event; trying again does not help
  kCancelled,        // stopped on request
};

struct Error {
  ErrorKind kind;
  std::string message;  // one sentence for an operator; no personal data
};

// A value or an Error. Callers look before they take: value() on an error is a bug.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : data_(std::move(error)) {}  // NOLINT
  bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return std::get<0>(data_); }
  const T& value() const { return std::get<0>(data_); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  const Error& error() const { return std::get<1>(data_); }

 private:
  std::variant<T, Error> data_;
};

// Success or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace till

// On in release builds too. Never reachable by input.
#define TILL_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::till::assertion_failed(#expression, __FILE__, __LINE__))
