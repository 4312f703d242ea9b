#include "engine/books.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <limits>

#include "schemas/record.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

constexpr std::size_t kHintSlots = 1u << 24;
// What an entity costs in memory beside its state: entry, index slot, key, allocator.
constexpr std::size_t kEntryOverhead = 200;
// A parsed message takes about this many times its serialized size.
constexpr std::size_t kParsedFactor = 3;

}  // namespace

ResidencyHints::ResidencyHints() : slots_(new std::atomic<std::uint8_t>[kHintSlots]()) {}

std::atomic<std::uint8_t>& ResidencyHints::slot(std::string_view key) const {
  return slots_[absl::Hash<std::string_view>()(key) & (kHintSlots - 1)];
}

bool ResidencyHints::probably_resident(std::string_view key) const {
  return slot(key).load(std::memory_order_acquire) != 0;
}

void ResidencyHints::add(std::string_view key) {
  std::atomic<std::uint8_t>& count = slot(key);
  // A slot that overflowed once stays set: its count is no longer known.
  const std::uint8_t old = count.load(std::memory_order_relaxed);
  if (old != std::numeric_limits<std::uint8_t>::max()) {
    count.store(static_cast<std::uint8_t>(old + 1), std::memory_order_release);
  }
}

void ResidencyHints::remove(std::string_view key) {
  std::atomic<std::uint8_t>& count = slot(key);
  const std::uint8_t old = count.load(std::memory_order_relaxed);
  if (old != 0 && old != std::numeric_limits<std::uint8_t>::max()) {
    count.store(static_cast<std::uint8_t>(old - 1), std::memory_order_release);
  }
}

Books::Books(const Domain& domain, std::size_t budget_bytes) : domain_(domain), budget_bytes_(budget_bytes) {}

std::unique_ptr<google::protobuf::Message> Books::new_state(EntityKind kind) const {
  switch (kind.value()) {
    case schema::COMMAND_KEY:
      return std::make_unique<schema::CommandKey>();
    case schema::TENANT_CHAIN:
      return std::make_unique<schema::TenantChain>();
    case schema::TERMINAL_CHAIN:
      return std::make_unique<schema::TerminalChain>();
    default:
      return domain_.new_state(kind);
  }
}

Books::Entry* Books::find(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  touch(*found->second);
  return found->second;
}

void Books::account(Entry& entry, std::size_t image_bytes) {
  bytes_ -= entry.bytes;
  entry.image_bytes = image_bytes;
  entry.bytes = kEntryOverhead + entry.key.size() + kParsedFactor * image_bytes;
  bytes_ += entry.bytes;
}

Status Books::install(const std::string& key, const std::optional<std::string>& image) {
  if (index_.contains(key)) return {};
  auto entry = std::make_unique<Entry>();
  entry->key = key;
  entry->kind = split_books_key(key).kind;
  entry->touched = true;
  if (image) {
    schema::Image stored;
    entry->state = new_state(entry->kind);
    if (!entry->state || !stored.ParseFromString(*image) || !entry->state->ParseFromString(stored.state())) {
      return Error{ErrorKind::kCorrupt,
                   "books: an image of kind " + std::to_string(entry->kind.value()) + " does not parse"};
    }
    entry->version = StreamVersion(stored.version());
    entry->position = Position(stored.position());
  }
  account(*entry, image ? image->size() : 0);
  hints_.add(entry->key);
  ++installed_;
  index_.emplace(entry->key, entry.get());
  entries_.push_back(std::move(entry));
  return {};
}

google::protobuf::Message& Books::change(Entry& entry, Position position) {
  if (!entry.state) {
    entry.state = new_state(entry.kind);
    TILL_ASSERT(entry.state != nullptr);
    entry.born_turn = turn_;
    entry.touched = false;
  }
  entry.position = position;
  touch(entry);
  if (!entry.dirty) {
    entry.dirty = true;
    dirty_.push_back(&entry);
  }
  return *entry.state;
}

void Books::collect(std::uint64_t flush_number, BooksBatch& batch) {
  batch.images.reserve(dirty_.size());
  schema::Image image;
  for (Entry* entry : dirty_) {
    image.set_version(entry->version.value());
    image.set_position(entry->position.value());
    TILL_ASSERT(entry->state->SerializeToString(image.mutable_state()));
    batch.images.emplace_back(entry->key, image.SerializeAsString());
    account(*entry, batch.images.back().second.size());
    entry->dirty = false;
    entry->flush_number = flush_number;
  }
  dirty_.clear();
}

void Books::clear() {
  for (const auto& entry : entries_) hints_.remove(entry->key);
  index_.clear();
  dirty_.clear();
  entries_.clear();
  hand_ = 0;
  bytes_ = 0;
}

void Books::evict(std::uint64_t flushed, std::size_t most) {
  for (std::size_t looked = 0; looked < most && bytes_ > budget_bytes_ && !entries_.empty(); ++looked) {
    if (hand_ >= entries_.size()) hand_ = 0;
    Entry& entry = *entries_[hand_];
    if (entry.dirty || entry.flush_number > flushed || entry.touched) {
      entry.touched = false;
      ++hand_;
      continue;
    }
    newest_evicted_batch_ = std::max(newest_evicted_batch_, entry.flush_number);
    bytes_ -= entry.bytes;
    hints_.remove(entry.key);
    index_.erase(entry.key);
    // The last one takes the place under the hand and is looked at next, so each is visited once a round.
    entries_[hand_] = std::move(entries_.back());
    entries_.pop_back();
  }
}

}  // namespace till
