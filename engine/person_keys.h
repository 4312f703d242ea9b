// Keys of persons, outside the log: what is sealed under a person's key can be read until the key is erased, and never
// again after it, in whatever copies of the log or of the views the sealed bytes lie.
//
// One file of fixed slots, overwritten in place at erasure, so that nothing of a key stays behind in the file. It shows
// neither tenants nor persons, only keyed hashes. Format: engine/PERSON_KEYS.md.
//
// Threads: everything here is thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "engine/result.h"
#include "engine/secret_file.h"

namespace till {

class PersonKeys {
 public:
  // Opens or creates `directory` (0700) with its file `persons.keys` (0600), held by one process at a time. `secret`
  // keys the hashes; another one than at creation is kInvalid. A slot that a crash left half written is repaired; any
  // other damaged slot is kCorrupt. kNotFound where the file is missing or empty and is not to be made.
  static Result<std::unique_ptr<PersonKeys>> open(const std::string& directory, const Secret& secret,
                                                  IfMissing if_missing);
  ~PersonKeys();
  PersonKeys(const PersonKeys&) = delete;
  PersonKeys& operator=(const PersonKeys&) = delete;

  // Encrypts and authenticates `plain` under the person's key, bound to tenant and person; the same plain text gives
  // other bytes each time. Makes the key where there is none: it is durable when this returns. kNotFound once the
  // person is erased; kUnavailable from the first failed write or sync on, until the file is opened again.
  Result<std::string> seal(std::string_view tenant, std::string_view person, std::string_view plain);

  // The plain text; nullopt where the person's key is erased or was never made here. kCorrupt where `sealed` was not
  // made for this tenant and person or was changed.
  Result<std::optional<std::string>> open(std::string_view tenant, std::string_view person,
                                          std::string_view sealed) const;

  // Destroys the key for ever; durable when this returns. Also for a person without a key, who then never gets one.
  // Idempotent: a second call writes nothing.
  Status erase(std::string_view tenant, std::string_view person);

  // Whether the person has a key, or had one that was erased.
  bool knows(std::string_view tenant, std::string_view person) const;

  // Persons with a key, and persons erased.
  struct Counts {
    std::uint64_t live = 0;
    std::uint64_t erased = 0;
  };
  Counts counts() const;

 private:
  using PersonHash = std::array<std::uint8_t, 16>;
  using Key = std::array<std::uint8_t, 32>;
  enum class SlotState : std::uint8_t { kLive = 1, kErased = 2 };
  struct Place {
    std::uint32_t slot;
    SlotState state;
  };

  PersonKeys(int file, const Secret& secret, std::string path);
  Status load(IfMissing if_missing);
  Status load_slot(std::uint32_t slot, std::uint32_t slots, std::string_view bytes);
  Status check_header();
  Status write_header();
  Status write_slot(std::uint32_t slot, SlotState state, const PersonHash& person, const Key& key);
  Status write(std::uint32_t slot, std::string_view bytes);
  Status sync();
  Error failed();
  std::string encode_slot(SlotState state, const PersonHash& person, const Key& key) const;
  std::string checksum(std::string_view bytes) const;
  PersonHash hash_of(std::string_view tenant, std::string_view person) const;
  Result<Key> read_key(std::uint32_t slot) const;
  std::optional<Result<Key>> find(const PersonHash& person) const;
  Result<Key> find_or_create(std::string_view tenant, std::string_view person);

  const int file_;
  const std::string path_;
  Secret secret_;
  // Held through a write and its sync, so that readers, who need mutex_ alone, never wait for the disk.
  std::mutex write_mutex_;
  std::uint32_t slots_ = 1;  // the header is slot 0
  bool failed_ = false;
  mutable std::mutex mutex_;
  absl::flat_hash_map<PersonHash, Place> index_;
  std::uint64_t erased_ = 0;
};

}  // namespace till
