// One transaction into the books: the same code when it was just decided and when it is replayed from the log.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/books.h"
#include "engine/domain.h"
#include "engine/result.h"
#include "engine/transaction.h"

namespace till {

// Keys of all entities that a transaction changes: its streams, its command key, its tenant's and terminal's chains.
void changed_keys(const schema::Record& record, std::vector<std::string>& keys);

// The books' entries of those entities. All are in memory.
struct ChangedEntries {
  std::span<Books::Entry* const> streams;  // one for each event
  Books::Entry* command_key = nullptr;     // null where the record has no command id
  Books::Entry* tenant_chain = nullptr;
  Books::Entry* terminal_chain = nullptr;  // null where no terminal sequence is used up
};

// Folds `transaction` into `books`. What an entity's image reflects already is skipped. kCorrupt where an event would
// leave a gap in its stream; the books are then of no use.
Status fold(const Transaction& transaction, const Domain& domain, Books& books, const ChangedEntries& entries);

// The same for a record read from the log: finds the entries. kCorrupt also where an event stands on a stream that can
// be no entity of the domain.
Status fold(const Transaction& transaction, const Domain& domain, Books& books);

}  // namespace till
