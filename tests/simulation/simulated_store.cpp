#include "tests/simulation/simulated_store.h"

namespace till::simulation {
namespace {

// Every so many looks at memory need the disk.
constexpr std::uint64_t kDiskNeededEvery = 5;

}  // namespace

void SimulatedStore::Content::apply(const BooksBatch& batch) {
  for (const auto& [key, image] : batch.images) images[key] = image;
  cut = batch.cut;
}

Status SimulatedStore::reset(std::uint32_t fold_version) {
  visible_ = {};
  visible_.fold_version = fold_version;
  durable_ = visible_;
  since_durable_.clear();
  return {};
}

Status SimulatedStore::load(std::span<const std::string> keys, std::vector<std::optional<std::string>>& images) const {
  for (const std::string& key : keys.subspan(images.size())) {
    const auto found = visible_.images.find(key);
    images.push_back(found == visible_.images.end() ? std::nullopt : std::optional<std::string>(found->second));
  }
  return {};
}

Result<bool> SimulatedStore::load_from_memory(std::span<const std::string> keys,
                                              std::vector<std::optional<std::string>>& images) const {
  if (++memory_looks_ % kDiskNeededEvery == 0) return false;
  if (Status loaded = load(keys, images); !loaded.ok()) return loaded.error();
  return true;
}

Status SimulatedStore::write(const BooksBatch& batch) {
  if (troubles_.off) return Error{ErrorKind::kUnavailable, "the process is dead"};
  visible_.apply(batch);
  since_durable_.push_back(batch);
  return {};
}

Status SimulatedStore::make_durable(bool) {
  if (troubles_.off) return Error{ErrorKind::kUnavailable, "the process is dead"};
  for (const BooksBatch& batch : since_durable_) durable_.apply(batch);
  since_durable_.clear();
  return {};
}

Status SimulatedStore::scan(EntityKind kind,
                            const std::function<void(std::string_view key, std::string_view image)>& visit) const {
  return dump([&](std::string_view key, std::string_view image) {
    if (split_books_key(key).kind == kind) visit(key, image);
  });
}

Status SimulatedStore::dump(const std::function<void(std::string_view key, std::string_view image)>& visit) const {
  for (const auto& [key, image] : visible_.images) visit(key, image);
  return {};
}

void SimulatedStore::crash(Dice& dice) {
  const std::size_t kept = dice.below(since_durable_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) durable_.apply(since_durable_[i]);
  since_durable_.clear();
  visible_ = durable_;
}

}  // namespace till::simulation
