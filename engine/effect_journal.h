// The delivery log: the latest attempts to each receiver of the effects, for people who ask what was sent. It is no
// part of what decides: what a power failure takes of it is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "schemas/effects.pb.h"

namespace rocksdb {
class DB;
}

namespace till {

// Thread safe.
class EffectJournal {
 public:
  // That are kept of each receiver; older ones go.
  static constexpr std::uint64_t kAttemptsKept = 1000;

  // The folder is made where it is missing. kCorrupt, kUnavailable.
  static Result<std::unique_ptr<EffectJournal>> open(const std::string& directory);
  ~EffectJournal();
  EffectJournal(const EffectJournal&) = delete;
  EffectJournal& operator=(const EffectJournal&) = delete;

  Status add(std::string_view effect, std::string_view target, const schema::AttemptRecord& attempt);

  struct Page {
    std::vector<schema::AttemptRecord> attempts;  // the newest first
    std::optional<std::uint64_t> next;            // `before` of the next page; nothing: this was the last one
  };
  Result<Page> latest(std::string_view effect, std::string_view target, std::optional<std::uint64_t> before,
                      std::size_t most) const;

 private:
  explicit EffectJournal(std::unique_ptr<rocksdb::DB> database);
  Result<std::uint64_t> next_number(const std::string& prefix);

  const std::unique_ptr<rocksdb::DB> database_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> next_;  // by prefix of the receiver's rows
};

}  // namespace till
