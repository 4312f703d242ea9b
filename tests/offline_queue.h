// What a till queues while it is away, on a store of its own: each entry follows the one before it. The rules take
// hashes as names, so any name of the content will do here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/commands.pb.h"
#include "schemas/state.pb.h"
#include "tests/memory_books.h"

namespace till::testing {

class OfflineQueue {
 public:
  void add(const schema::RingUpSale& inside);
  void add(const schema::OfflineCommand& inside);
  const std::vector<schema::Command>& entries() const { return entries_; }
  const schema::Command& operator[](std::size_t index) const { return entries_[index]; }

 private:
  std::vector<schema::Command> entries_;
};

// The command must be accepted.
void must_accept(MemoryTill& till, const schema::Command& command);

// Store S1 in UTC with terminal T1 and the article MILK for 1.00 EUR, of which there is none.
void open_offline_store(MemoryTill& till, schema::StorePolicy::Stock stock = schema::StorePolicy::ALLOW_NEGATIVE);

// Sale V<number> of so many MILK with that terminal sequence, paid in cash.
schema::RingUpSale offline_sale(std::uint64_t number, std::int64_t units = 1, const std::string& shift_id = {});

// "accepted", "duplicate", "known", a code where it went into quarantine, or "refused CODE".
std::string send_entry(MemoryTill& till, const schema::Command& entry);
std::vector<std::string> send_entries(MemoryTill& till, const std::vector<schema::Command>& entries);

const schema::OfflineChainState& offline_chain(MemoryTill& till);
const schema::OfflineEntryState& offline_entry(MemoryTill& till, const schema::Command& entry);

}  // namespace till::testing
