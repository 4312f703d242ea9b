// Brings the books' store up to the head of the log before anything is decided.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/books.h"
#include "engine/books_store.h"
#include "engine/domain.h"
#include "engine/log.h"

namespace till {

struct Recovered {
  std::uint64_t transactions = 0;  // replayed
  Micros recorded_at;              // of the head
};

// Refolds everything where the store's fold version is another or its cut is not in this log; kHistoryMismatch where
// the cut lies beyond the head of the same log. Afterwards store and books hold exactly the head, nothing is dirty.
Result<Recovered> recover_books(const Log& log, const Domain& domain, std::size_t batch_transactions, BooksStore& store,
                                Books& books,
                                const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress);

}  // namespace till
