#include "engine/memory_books_store.h"

namespace till {

Result<LogPoint> MemoryBooksStore::cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

Result<std::uint32_t> MemoryBooksStore::fold_version() const {
  const std::lock_guard lock(mutex_);
  return fold_version_;
}

Status MemoryBooksStore::reset(std::uint32_t fold_version) {
  const std::lock_guard lock(mutex_);
  images_.clear();
  cut_ = {};
  fold_version_ = fold_version;
  return {};
}

Status MemoryBooksStore::load(std::span<const std::string> keys,
                              std::vector<std::optional<std::string>>& images) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys.subspan(images.size())) {
    const auto found = images_.find(key);
    images.push_back(found == images_.end() ? std::nullopt : std::optional<std::string>(found->second));
  }
  return {};
}

Result<bool> MemoryBooksStore::load_from_memory(std::span<const std::string> keys,
                                                std::vector<std::optional<std::string>>& images) const {
  if (Status loaded = load(keys, images); !loaded.ok()) return loaded.error();
  return true;
}

Status MemoryBooksStore::write(const BooksBatch& batch) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, image] : batch.images) images_[key] = image;
  cut_ = batch.cut;
  return {};
}

Status MemoryBooksStore::make_durable(bool) {
  return {};
}

Status MemoryBooksStore::scan(EntityKind kind,
                              const std::function<void(std::string_view key, std::string_view image)>& visit) const {
  return dump([&](std::string_view key, std::string_view image) {
    if (split_books_key(key).kind == kind) visit(key, image);
  });
}

Status MemoryBooksStore::dump(const std::function<void(std::string_view key, std::string_view image)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, image] : images_) visit(key, image);
  return {};
}

}  // namespace till
