// One command against the books: the register answers, or the domain decides and the transaction is built and folded.
// Does no I/O. Sequencer thread only.
#pragma once

#include <string>
#include <vector>

#include "engine/books.h"
#include "engine/crash_note.h"
#include "engine/domain.h"
#include "engine/engine.h"
#include "engine/fold.h"
#include "engine/log.h"
#include "engine/transaction.h"

namespace till {

// What became of one command.
struct Decided {
  enum class Kind : std::uint8_t {
    kAppend,   // `record` and `transaction` go to the log; `outcome` holds once they are durable
    kAnswer,   // `outcome` holds once everything before it is durable
    kMissing,  // `missing` entities must be loaded first; nothing happened
  };
  Kind kind = Kind::kAnswer;
  Outcome outcome;
  StoredRecord record;
  TransactionPtr transaction;
  std::vector<std::string> missing;
};

class Decider {
 public:
  Decider(const Domain& domain, Books& books, const CrashNote& crash_note, std::chrono::hours key_lifetime);

  // `head` is what the transaction would follow, `recorded_at` its time. On kAppend the books have changed already.
  Decided decide(const CommandRequest& command, const LogPoint& head, Micros recorded_at);

 private:
  bool answer_from_register(const CommandRequest& command, const Books::Entry& key, Micros recorded_at,
                            Outcome& outcome) const;
  bool find_entries(const CommandRequest& command, const Acceptance& acceptance, Decided& decided);
  void write_record(const CommandRequest& command, const Acceptance& acceptance, const LogPoint& head,
                    Micros recorded_at, TransactionBuilder& builder) const;
  void add_events(const Acceptance& acceptance, TransactionBuilder& builder) const;
  bool within_doors(const Acceptance& acceptance, const TransactionBuilder& builder) const;
  void accept(const CommandRequest& command, const Acceptance& acceptance, TransactionBuilder& builder,
              const LogPoint& head, Micros recorded_at, Decided& decided);

  const Domain& domain_;
  Books& books_;
  const CrashNote& crash_note_;
  const std::int64_t key_lifetime_us_;
  // Of the decision in hand.
  std::string key_;
  std::vector<Books::Entry*> streams_;  // of its events, in their order
  ChangedEntries entries_;
};

}  // namespace till
