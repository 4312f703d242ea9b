#include "engine/wal_tail.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "engine/durable_file.h"

namespace till {
namespace {

constexpr std::size_t kWalBlockBytes = 32 * 1024;
constexpr std::size_t kHeaderBytes = 7;
constexpr std::size_t kMostWalBytes = 1u << 30;
// Tails are kept under their WAL's name and the offset, so that a second cut never overwrites the first.
constexpr std::string_view kCutSuffix = ".cut-";

enum RecordType : std::uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const auto value = static_cast<std::uint32_t>(crc.checksum());
  return ((value >> 15) | (value << 17)) + 0xa282ead8u;
}

struct Fragment {
  bool whole = false;
  std::uint8_t type = kZero;
  std::size_t end = 0;
};

// The physical record at `offset`, which has at least a header's room left in its block.
Fragment fragment_at(std::string_view wal, std::size_t offset) {
  Fragment fragment;
  if (offset + kHeaderBytes > wal.size()) return fragment;
  std::uint32_t crc = 0;
  std::memcpy(&crc, wal.data() + offset, sizeof(crc));
  const auto low = static_cast<std::uint8_t>(wal[offset + 4]);
  const auto high = static_cast<std::uint8_t>(wal[offset + 5]);
  const std::size_t length = static_cast<std::size_t>(low) | static_cast<std::size_t>(high) << 8;
  fragment.type = static_cast<std::uint8_t>(wal[offset + 6]);
  fragment.end = offset + kHeaderBytes + length;
  const std::size_t block_end = (offset / kWalBlockBytes + 1) * kWalBlockBytes;
  if (fragment.type < kFull || fragment.type > kLast || fragment.end > block_end || fragment.end > wal.size()) {
    return fragment;
  }
  fragment.whole = masked_crc32c(wal.substr(offset + 6, 1 + length)) == crc;
  return fragment;
}

std::size_t skip_block_trailer(std::size_t offset) {
  const std::size_t left = kWalBlockBytes - offset % kWalBlockBytes;
  return left < kHeaderBytes ? offset + left : offset;
}

// End of the last whole logical record reached from the start without a bad fragment.
std::size_t whole_prefix(std::string_view wal) {
  std::size_t whole_end = 0;
  std::size_t offset = 0;
  while (offset < wal.size()) {
    offset = skip_block_trailer(offset);
    const Fragment fragment = fragment_at(wal, offset);
    if (!fragment.whole) break;
    offset = fragment.end;
    if (fragment.type == kFull || fragment.type == kLast) whole_end = offset;
  }
  return whole_end;
}

// True where another logical record begins after the bad one. Parts of the torn record itself (middle, last) may be
// whole, since pages reach the disk in any order; a beginning may not, since a group is written only after the one
// before it was synced. The torn record's own first fragment stands at `whole_end` and is left out.
bool record_begins_after(std::string_view wal, std::size_t whole_end) {
  const std::size_t torn_start = skip_block_trailer(whole_end);
  for (std::size_t block = torn_start / kWalBlockBytes; block * kWalBlockBytes < wal.size(); ++block) {
    std::size_t offset = std::max(block * kWalBlockBytes, torn_start);
    const std::size_t block_end = std::min((block + 1) * kWalBlockBytes, wal.size());
    while (offset + kHeaderBytes <= block_end) {
      const Fragment fragment = fragment_at(wal, offset);
      if (!fragment.whole) break;
      if (offset != torn_start && (fragment.type == kFull || fragment.type == kFirst)) return true;
      offset = fragment.end;
    }
  }
  return false;
}

// A damaged length hides where the next record begins inside the same block: look at every byte of the rest of it.
bool record_hides_in_block(std::string_view wal, std::size_t whole_end) {
  const std::size_t torn_start = skip_block_trailer(whole_end);
  const std::size_t block_end = std::min((torn_start / kWalBlockBytes + 1) * kWalBlockBytes, wal.size());
  for (std::size_t offset = torn_start + 1; offset + kHeaderBytes < block_end; ++offset) {
    const Fragment fragment = fragment_at(wal, offset);
    if (fragment.whole && (fragment.type == kFull || fragment.type == kFirst)) return true;
  }
  return false;
}

std::string newest_wal(const std::string& directory) {
  std::string newest;
  std::uint64_t newest_number = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".log") continue;
    const std::string stem = entry.path().stem().string();
    std::uint64_t number = 0;
    std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (newest.empty() || number > newest_number) {
      newest = entry.path().string();
      newest_number = number;
    }
  }
  return newest;
}

}  // namespace

Result<TornTail> find_torn_tail(const std::string& database_directory) {
  TornTail tail;
  tail.wal_file = newest_wal(database_directory);
  if (tail.wal_file.empty()) return tail;
  const Result<std::string> wal = read_file(tail.wal_file, kMostWalBytes);
  if (!wal.ok()) return wal.error();
  tail.whole_bytes = whole_prefix(wal.value());
  tail.torn_bytes = wal.value().size() - tail.whole_bytes;
  if (tail.torn_bytes == 0) return tail;
  if (record_begins_after(wal.value(), tail.whole_bytes) || record_hides_in_block(wal.value(), tail.whole_bytes)) {
    return Error{ErrorKind::kCorrupt, tail.wal_file + " is damaged at byte " + std::to_string(tail.whole_bytes) +
                                          " with whole records after it"};
  }
  return tail;
}

Result<std::string> cut_torn_tail(const TornTail& tail, const std::string& keep_directory) {
  const Result<std::string> wal = read_file(tail.wal_file, kMostWalBytes);
  if (!wal.ok()) return wal.error();
  const std::string name = std::filesystem::path(tail.wal_file).filename().string();
  const std::string kept = keep_directory + "/" + name + std::string(kCutSuffix) + std::to_string(tail.whole_bytes);
  if (Status written = replace_file(kept, std::string_view(wal.value()).substr(tail.whole_bytes)); !written.ok()) {
    return written.error();
  }
  // Durable before RocksDB goes on from it: beside a newer write-ahead log the torn bytes could not be told from
  // damage.
  if (Status cut = shorten_file(tail.wal_file, tail.whole_bytes); !cut.ok()) return cut.error();
  return kept;
}

}  // namespace till
