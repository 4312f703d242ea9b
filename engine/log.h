// The log: the only truth. Append in order, durable when append() returns; read by position.
// The same contract suite runs on every implementation (tests/log_contract_test.cpp).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

// Of the record that opens every log; a log whose head is here has taken nothing yet.
inline constexpr Position kFirstPosition{1};

// One record ready to be stored (see transaction.h for the bytes).
struct StoredRecord {
  Position position;
  std::string bytes;
};

class Log {
 public:
  // Reads ascending from a position; sees nothing beyond the head at the time of its making. Single thread.
  class Cursor {
   public:
    virtual ~Cursor() = default;
    // Moves to the next record; false at the end or on trouble, see status().
    virtual bool next() = 0;
    virtual Position position() const = 0;
    // Valid until the next call.
    virtual std::string_view bytes() const = 0;
    // kCorrupt: damage, also where a record is missing; kUnavailable: the disk does not answer.
    virtual Status status() const = 0;
  };

  virtual ~Log() = default;
  virtual const LogId& id() const = 0;
  virtual Epoch epoch() const = 0;
  // Last durable record; thread safe.
  virtual LogPoint head() const = 0;
  // Appends a group as one synced write; positions go on from head() without gap. On success all of it is durable. On
  // failure the outcome is unknown and the log takes no further append. One thread.
  virtual Status append(std::span<const StoredRecord> group, const LogPoint& new_head) = 0;
  // Thread safe. kNotFound: position 0, or beyond the head; kCorrupt and kUnavailable as of a cursor.
  virtual Result<std::string> read(Position position) const = 0;
  // Thread safe.
  virtual std::unique_ptr<Cursor> cursor(Position from) const = 0;
};

}  // namespace till
