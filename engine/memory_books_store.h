// The books' store in memory, for tests and simulations. Keeps nothing across its own life.
#pragma once

#include <map>
#include <mutex>

#include "engine/books_store.h"

namespace till {

class MemoryBooksStore : public BooksStore {
 public:
  Result<LogPoint> cut() const override;
  Result<std::uint32_t> fold_version() const override;
  Status reset(std::uint32_t fold_version) override;
  Status load(std::span<const std::string> keys, std::vector<std::optional<std::string>>& images) const override;
  Result<bool> load_from_memory(std::span<const std::string> keys,
                                std::vector<std::optional<std::string>>& images) const override;
  Status write(const BooksBatch& batch) override;
  Status make_durable(bool wait) override;
  Status scan(EntityKind kind,
              const std::function<void(std::string_view key, std::string_view image)>& visit) const override;
  Status dump(const std::function<void(std::string_view key, std::string_view image)>& visit) const override;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> images_;
  LogPoint cut_;
  std::uint32_t fold_version_ = 0;
};

}  // namespace till
