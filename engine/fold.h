// One transaction into the books: the same code when it was just decided and when it is replayed from the log.
#pragma once

#include <vector>

#include "engine/books.h"
#include "engine/domain.h"
#include "engine/transaction.h"

namespace till {

// Keys of all entities that a transaction changes: its streams, its command key, its tenant's and terminal's chains.
void changed_keys(const schema::Record& record, std::vector<std::string>& keys);

// Folds `transaction` into `books`. Every changed entity must be known there (installed, present or absent).
// Events at or below an entity's image were folded before and are skipped.
void fold(const Transaction& transaction, const Domain& domain, Books& books);

}  // namespace till
