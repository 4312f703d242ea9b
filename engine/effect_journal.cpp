#include "engine/effect_journal.h"

#include <rocksdb/db.h>

#include <filesystem>
#include <utility>

#include "engine/effect_rows.h"

namespace till {
namespace {

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kJournalWriteBuffer = 4u << 20;
constexpr int kJournalOpenFilesMost = 32;
// Receivers whose next number is remembered; beyond it all are looked up again.
constexpr std::size_t kReceiversRemembered = 10'000;

std::string receiver_prefix(std::string_view effect, std::string_view target) {
  std::string prefix(effect);
  prefix.push_back('\0');
  prefix.append(target).push_back('\0');
  return prefix;
}

std::string attempt_row(const std::string& prefix, std::uint64_t number) {
  std::string key = prefix;
  for (std::size_t i = kNumberBytes; i > 0; --i) key.push_back(static_cast<char>(number >> (8 * (i - 1))));
  return key;
}

std::uint64_t read_attempt_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

EffectJournal::EffectJournal(std::unique_ptr<rocksdb::DB> database) : database_(std::move(database)) {}
EffectJournal::~EffectJournal() = default;

Result<std::unique_ptr<EffectJournal>> EffectJournal::open(const std::string& directory) {
  std::error_code trouble;
  std::filesystem::create_directories(directory, trouble);
  if (trouble) return Error{ErrorKind::kUnavailable, "effects: " + trouble.message()};
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = kJournalWriteBuffer;
  options.max_open_files = kJournalOpenFilesMost;
  options.keep_log_file_num = 2;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, directory, &raw);
  if (!opened.ok()) return effect_store_error(opened);
  return std::unique_ptr<EffectJournal>(new EffectJournal(std::unique_ptr<rocksdb::DB>(raw)));
}

Result<std::uint64_t> EffectJournal::next_number(const std::string& prefix) {
  const auto known = next_.find(prefix);
  if (known != next_.end()) return known->second;
  if (next_.size() >= kReceiversRemembered) next_.clear();
  const std::unique_ptr<rocksdb::Iterator> row(database_->NewIterator(rocksdb::ReadOptions()));
  row->SeekForPrev(attempt_row(prefix, ~std::uint64_t{0}));
  if (!row->status().ok()) return effect_store_error(row->status());
  const bool found = row->Valid() && row->key().starts_with(prefix);
  return found ? read_attempt_number(effect_row_view(row->key()).substr(prefix.size())) + 1 : 0;
}

Status EffectJournal::add(std::string_view effect, std::string_view target, const schema::AttemptRecord& attempt) {
  const std::string prefix = receiver_prefix(effect, target);
  rocksdb::WriteBatch rows;
  const std::lock_guard lock(mutex_);
  const Result<std::uint64_t> number = next_number(prefix);
  if (!number.ok()) return number.error();
  rows.Put(attempt_row(prefix, *number), attempt.SerializeAsString());
  if (*number >= kAttemptsKept) rows.Delete(attempt_row(prefix, *number - kAttemptsKept));
  const rocksdb::Status written = database_->Write(rocksdb::WriteOptions(), &rows);
  if (!written.ok()) return effect_store_error(written);
  next_[prefix] = *number + 1;
  return {};
}

Result<EffectJournal::Page> EffectJournal::latest(std::string_view effect, std::string_view target,
                                                  std::optional<std::uint64_t> before, std::size_t most) const {
  const std::string prefix = receiver_prefix(effect, target);
  Page page;
  if (before == std::uint64_t{0}) return page;
  const std::unique_ptr<rocksdb::Iterator> row(database_->NewIterator(rocksdb::ReadOptions()));
  row->SeekForPrev(attempt_row(prefix, before ? *before - 1 : ~std::uint64_t{0}));
  for (; row->Valid() && row->key().starts_with(prefix); row->Prev()) {
    const std::uint64_t number = read_attempt_number(effect_row_view(row->key()).substr(prefix.size()));
    if (page.attempts.size() >= most) {
      page.next = number + 1;
      break;
    }
    schema::AttemptRecord attempt;
    if (!attempt.ParseFromArray(row->value().data(), static_cast<int>(row->value().size()))) {
      return Error{ErrorKind::kCorrupt, "effects: an attempt of the delivery log does not read"};
    }
    page.attempts.push_back(std::move(attempt));
  }
  if (!row->status().ok()) return effect_store_error(row->status());
  return page;
}

}  // namespace till
