// One transaction into the books: the same code when it was just decided and when it is replayed from the log.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/books.h"
#include "engine/domain.h"
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

// Folds `transaction` into `books`. What an entity's image reflects already is skipped; an event that would leave a gap
// in its stream is a bug.
void fold(const Transaction& transaction, const Domain& domain, Books& books, const ChangedEntries& entries);

// The same for a record read from the log: finds the entries.
void fold(const Transaction& transaction, const Domain& domain, Books& books);

}  // namespace till
