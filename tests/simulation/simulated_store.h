// The books' store as a crash leaves it: the state after some whole batch, not before the last one made durable.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "engine/books_store.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/simulated_disk.h"

namespace till::simulation {

class SimulatedStore : public BooksStore {
 public:
  explicit SimulatedStore(const DiskTroubles& troubles) : troubles_(troubles) {}

  Result<LogPoint> cut() const override { return visible_.cut; }
  Result<std::uint32_t> fold_version() const override { return visible_.fold_version; }
  Status reset(std::uint32_t fold_version) override;
  Status load(std::span<const std::string> keys, std::vector<std::optional<std::string>>& images) const override;
  // Says at times that the disk is needed.
  Result<bool> load_from_memory(std::span<const std::string> keys,
                                std::vector<std::optional<std::string>>& images) const override;
  Status write(const BooksBatch& batch) override;
  Status make_durable(bool wait) override;
  Status scan(EntityKind kind,
              const std::function<void(std::string_view key, std::string_view image)>& visit) const override;
  Status dump(const std::function<void(std::string_view key, std::string_view image)>& visit) const override;

  void crash(Dice& dice);

 private:
  struct Content {
    std::map<std::string, std::string, std::less<>> images;
    LogPoint cut;
    std::uint32_t fold_version = 0;
    void apply(const BooksBatch& batch);
  };
  const DiskTroubles& troubles_;
  Content visible_;
  Content durable_;
  std::deque<BooksBatch> since_durable_;
  mutable std::uint64_t memory_looks_ = 0;
};

}  // namespace till::simulation
