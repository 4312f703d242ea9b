#include "tests/simulation/books_check.h"

#include "engine/books.h"
#include "engine/memory_books_store.h"
#include "engine/recovery.h"

namespace till::simulation {
namespace {

constexpr std::size_t kBooksBytes = 1u << 20;
constexpr std::size_t kBatchTransactions = 64;

Status add_images(const BooksStore& store, std::string& text) {
  return store.dump([&](std::string_view key, std::string_view image) { text.append(key).append("=").append(image); });
}

}  // namespace

std::string books_differ(const Log& log, const Domain& domain, const BooksStore& store) {
  MemoryBooksStore fresh;
  Books books(domain, kBooksBytes);
  if (!recover_books(log, domain, kBatchTransactions, fresh, books, {}).ok()) return "the log does not fold";
  std::string written, folded;
  if (!add_images(store, written).ok() || !add_images(fresh, folded).ok()) return "the books cannot be read";
  return written == folded ? "" : "the books differ from a fold of the log";
}

}  // namespace till::simulation
