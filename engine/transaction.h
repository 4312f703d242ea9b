// A transaction as it stands in the log: the record with its decoded events and its place in the chain.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "engine/result.h"
#include "engine/vocabulary.h"
#include "schemas/record.pb.h"

namespace till {

class Domain;

// Immutable once made; shared between threads without locks.
class Transaction {
 public:
  // Decodes stored bytes (chain value and record, see LOG_FORMAT.md). The event payloads are parsed by `domain`;
  // an event that it does not know is kInvalid, bytes that do not parse are kCorrupt.
  static Result<std::shared_ptr<const Transaction>> decode(std::string_view stored, const Domain& domain);
  // Empty; made by decode() and TransactionBuilder only.
  Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  const schema::Record& record() const { return *record_; }
  Position position() const { return Position(record_->position()); }
  // The event at `index` of record().events(), of the domain's event message type.
  const google::protobuf::Message& event(int index) const { return *events_[static_cast<std::size_t>(index)]; }
  int event_count() const { return record_->events_size(); }
  const Hash& record_hash() const { return record_hash_; }
  const Hash& chain() const { return chain_; }
  LogPoint point() const;
  std::size_t stored_bytes() const { return stored_bytes_; }

 private:
  friend class TransactionBuilder;
  std::unique_ptr<google::protobuf::Arena> arena_;
  const schema::Record* record_ = nullptr;
  std::vector<const google::protobuf::Message*> events_;
  Hash record_hash_{};
  Hash chain_{};
  std::size_t stored_bytes_ = 0;
};

using TransactionPtr = std::shared_ptr<const Transaction>;

// Stored form: format byte, chain value (32 bytes), record bytes.
inline constexpr char kStoredFormat = 1;
inline constexpr std::size_t kStoredPrefix = 1 + 32;

Hash sha256(std::string_view bytes);
// Chain value of an empty log.
Hash genesis_chain(const LogId& log_id);
Hash next_chain(const Hash& previous_chain, const Hash& record_hash);

// Makes the transaction that the sequencer appends: serializes, hashes, chains.
class TransactionBuilder {
 public:
  TransactionBuilder();
  google::protobuf::Arena& arena() { return *arena_; }
  schema::Record& record() { return *record_; }
  const schema::Record& record() const { return *record_; }
  // Adds `message`, which lives on arena(), with its payload; the caller sets the rest of the header.
  schema::RecordedEvent& add_event(const google::protobuf::Message& message);
  // Payloads added so far: all, and the largest.
  std::size_t event_bytes() const { return event_bytes_; }
  std::size_t event_bytes_most() const { return event_bytes_most_; }
  // Record complete: returns the transaction and writes its stored bytes to `stored`.
  std::shared_ptr<const Transaction> finish(const Hash& previous_chain, std::string& stored);

 private:
  std::unique_ptr<google::protobuf::Arena> arena_;
  schema::Record* record_;
  std::vector<const google::protobuf::Message*> events_;
  std::size_t event_bytes_ = 0;
  std::size_t event_bytes_most_ = 0;
};

}  // namespace till
