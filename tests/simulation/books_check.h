// The books as they were written behind, against a fold of the log from nothing.
#pragma once

#include <string>

#include "engine/books_store.h"
#include "engine/domain.h"
#include "engine/log.h"

namespace till::simulation {

// How `store` differs from a fold of `log`; empty where it does not. Everything must be flushed.
std::string books_differ(const Log& log, const Domain& domain, const BooksStore& store);

}  // namespace till::simulation
