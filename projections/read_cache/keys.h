// Keys of the rows: tenant, NUL, table, then the table's own parts. Big-endian numbers, so that bytes sort like values.
// Names inside a key are NUL-terminated; ids never hold a NUL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace till::read_cache {

enum class Table : char {
  kCustomer = 'C',  // id -> CachedCustomer
  kBoard = 'D',     // store or "", date, currency -> counters
  kEntity = 'E',    // kind, id -> CachedEntity, of kinds that have a read route
  kImage = 'J',     // kind, id, version -> CachedEntity, at the end of each bucket of the version
  kItem = 'I',      // store, sku, 'a' -> on hand and held; store, sku, 's', bucket of the version -> positions
  kLow = 'L',       // store, sku -> reorder point and target, of items that have a point
  kOpen = 'O',      // kind, store, rank, id -> nothing: sessions by their end, shifts that are not closed
  kReturn = 'R',    // id -> Event, of its completion
  kSale = 'S',      // id -> CachedSale
  kTimeline = 'T',  // bucket of the tenant's sequence -> position and time of each transaction
  kStream = 'X',    // kind, id, bucket of the version -> positions, of streams that are neither sales nor stock
};

// Rows of the store itself begin with NUL, where a tenant's name would stand.
inline constexpr std::string_view kCheckpointKey{"\0checkpoint", 11};
inline constexpr std::string_view kRowVersionKey{"\0row_version", 12};

// Members of a timeline or stream bucket.
inline constexpr std::uint64_t kBucketMembers = 64;

// Bucket of the `number`-th member, counted from 1.
inline constexpr std::uint64_t bucket_of(std::uint64_t number) {
  return (number - 1) / kBucketMembers;
}

// Appends to a string that the caller keeps and reuses.
class KeyWriter {
 public:
  explicit KeyWriter(std::string& out) : out_(out) {}
  KeyWriter& table(std::string_view tenant, Table table) { return name(tenant).byte(static_cast<char>(table)); }
  KeyWriter& name(std::string_view text) {
    out_.append(text);
    return byte('\0');
  }
  KeyWriter& rest(std::string_view text) {
    out_.append(text);
    return *this;
  }
  KeyWriter& byte(char value) {
    out_.push_back(value);
    return *this;
  }
  KeyWriter& u16(std::uint16_t value) { return number(value, 2); }
  KeyWriter& u32(std::uint32_t value) { return number(value, 4); }
  KeyWriter& u64(std::uint64_t value) { return number(value, 8); }

 private:
  KeyWriter& number(std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  std::string& out_;
};

// First bytes of every row of `tenant`, and the first key after them.
std::string tenant_begin(std::string_view tenant);
std::string tenant_end(std::string_view tenant);

// Rows of one stock item lie side by side, since they change together: what they begin with, and what follows.
void append_item_key(std::string& out, std::string_view tenant, std::string_view store, std::string_view sku);
inline constexpr char kItemAvailability = 'a';
inline constexpr char kItemStream = 's';
// The last parts of a key in the item table, given what follows tenant and table; '\0' where it is none.
char item_row_kind(std::string_view rest);

// Rows of one dashboard begin with this; the currency follows.
void append_board_key(std::string& out, std::string_view tenant, std::string_view store, std::int32_t date);
void append_timeline_key(std::string& out, std::string_view tenant, std::uint64_t bucket);
void append_stream_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view id,
                       std::uint64_t bucket);

// Reorder points of a store begin with this; the SKU follows.
void append_low_key(std::string& out, std::string_view tenant, std::string_view store);
// What is open of a kind in a store begins with this; rank (8 bytes big-endian) and id follow.
void append_open_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view store);

void append_entity_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view id);
// Images of an entity begin with this; the version follows, 8 bytes big-endian.
void append_image_key(std::string& out, std::string_view tenant, std::uint16_t kind, std::string_view id);

// What a stored key says. `tenant` is empty for rows of the store itself.
struct KeyParts {
  std::string_view tenant;
  char table = 0;
  std::string_view rest;
};
KeyParts split_key(std::string_view key);

// Unsigned LEB128, as in Protobuf.
void append_varint(std::string& out, std::uint64_t value);
bool take_varint(std::string_view& in, std::uint64_t& value);

// 8 bytes, little-endian.
void append_i64(std::string& out, std::int64_t value);
std::int64_t load_i64(const char* bytes);
std::uint64_t load_big_endian(std::string_view bytes);

}  // namespace till::read_cache
