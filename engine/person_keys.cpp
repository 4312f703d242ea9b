#include "engine/person_keys.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>

#include "engine/durable_file.h"
#include "engine/vocabulary.h"

namespace till {
namespace {

// Layout of PERSON_KEYS.md.
constexpr std::size_t kSlotBytes = 128;
constexpr std::string_view kHeaderMagic = "TILLKEYS";
constexpr std::string_view kSlotMagic = "TPK1";
constexpr std::uint8_t kFileVersion = 1;
constexpr std::size_t kStateAt = 4;
constexpr std::size_t kPersonAt = 8;
constexpr std::size_t kKeyAt = 32;
constexpr std::size_t kChecksumAt = 96;
constexpr std::size_t kChecksumBytes = 32;
constexpr std::size_t kLoadSlots = 4096;  // read at once while opening
constexpr std::uint32_t kSlotsMost = std::numeric_limits<std::uint32_t>::max();

constexpr char kSealVersion = 1;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSealPrefix = 1 + kNonceBytes;

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

std::string bound_to(std::string_view tenant, std::string_view person) {
  std::string text(tenant);
  text.push_back('\0');
  text.append(person);
  return text;
}

Error key_file_error(const std::string& what) {
  return {ErrorKind::kUnavailable, what + ": " + std::strerror(errno)};
}

off_t offset_of(std::uint32_t slot) {
  return static_cast<off_t>(slot) * static_cast<off_t>(kSlotBytes);
}

}  // namespace

Result<std::unique_ptr<PersonKeys>> PersonKeys::open(const std::string& directory, const Secret& secret,
                                                     IfMissing if_missing) {
  if (sodium_init() < 0) return Error{ErrorKind::kUnavailable, "libsodium has no source of random numbers"};
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return key_file_error("cannot create " + directory);
  const std::string path = directory + "/persons.keys";
  const int create = if_missing == IfMissing::kMake ? O_CREAT : 0;
  const int file = ::open(path.c_str(), O_RDWR | create | O_CLOEXEC, 0600);
  if (file < 0 && errno == ENOENT) return missing(path);
  if (file < 0) return key_file_error("cannot open " + path);
  std::unique_ptr<PersonKeys> keys(new PersonKeys(file, secret, path));
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) return key_file_error("cannot lock " + path);
  if (::fchmod(file, 0600) != 0) return key_file_error("cannot protect " + path);
  if (Status loaded = keys->load(if_missing); !loaded.ok()) return loaded.error();
  return keys;
}

PersonKeys::PersonKeys(int file, const Secret& secret, std::string path)
    : file_(file), path_(std::move(path)), secret_(secret) {}

PersonKeys::~PersonKeys() {
  ::close(file_);
  sodium_memzero(secret_.data(), secret_.size());
}

std::string PersonKeys::checksum(std::string_view bytes) const {
  std::string sum(kChecksumBytes, '\0');
  crypto_generichash(raw(sum), sum.size(), raw(bytes), bytes.size(), secret_.data(), secret_.size());
  return sum;
}

PersonKeys::PersonHash PersonKeys::hash_of(std::string_view tenant, std::string_view person) const {
  const std::string text = bound_to(tenant, person);
  PersonHash hash;
  crypto_generichash(hash.data(), hash.size(), raw(text), text.size(), secret_.data(), secret_.size());
  return hash;
}

std::string PersonKeys::encode_slot(SlotState state, const PersonHash& person, const Key& key) const {
  std::string bytes(kChecksumAt, '\0');
  bytes.replace(0, kSlotMagic.size(), kSlotMagic);
  bytes[kStateAt] = static_cast<char>(state);
  bytes.replace(kPersonAt, person.size(), as_bytes(person));
  bytes.replace(kKeyAt, key.size(), as_bytes(key));
  return bytes + checksum(bytes);
}

Error PersonKeys::failed() {
  // What is on disk now is not known, and a sync that failed once says nothing when it succeeds later.
  failed_ = true;
  return key_file_error("cannot write " + path_);
}

Status PersonKeys::write(std::uint32_t slot, std::string_view bytes) {
  if (failed_) return Error{ErrorKind::kUnavailable, path_ + " failed before; restart to open it again"};
  const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), offset_of(slot));
  if (written != static_cast<ssize_t>(bytes.size())) return failed();
  return {};
}

Status PersonKeys::sync() {
  if (::fdatasync(file_) != 0) return failed();
  return {};
}

Status PersonKeys::write_slot(std::uint32_t slot, SlotState state, const PersonHash& person, const Key& key) {
  std::string bytes = encode_slot(state, person, key);
  const Status written = write(slot, bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return written;
}

Status PersonKeys::write_header() {
  std::string bytes(kChecksumAt, '\0');
  bytes.replace(0, kHeaderMagic.size(), kHeaderMagic);
  bytes[kHeaderMagic.size()] = static_cast<char>(kFileVersion);
  if (Status written = write(0, bytes + checksum(bytes)); !written.ok()) return written;
  if (Status synced = sync(); !synced.ok()) return synced;
  return sync_directory(std::filesystem::path(path_).parent_path().string());
}

Status PersonKeys::check_header() {
  std::string bytes(kSlotBytes, '\0');
  const ssize_t got = ::pread(file_, bytes.data(), bytes.size(), 0);
  if (got < 0) return key_file_error("cannot read " + path_);
  if (got != static_cast<ssize_t>(kSlotBytes) || !std::string_view(bytes).starts_with(kHeaderMagic)) {
    return Error{ErrorKind::kCorrupt, path_ + " does not begin as a file of person keys"};
  }
  if (bytes[kHeaderMagic.size()] != static_cast<char>(kFileVersion)) {
    return Error{ErrorKind::kInvalid, path_ + " has a format that this program does not know"};
  }
  const std::string_view content(bytes);
  if (checksum(content.substr(0, kChecksumAt)) != content.substr(kChecksumAt)) {
    return Error{ErrorKind::kInvalid, path_ + " was made under another server secret"};
  }
  return {};
}

Status PersonKeys::load(IfMissing if_missing) {
  struct stat status;
  if (::fstat(file_, &status) != 0) return key_file_error("cannot read " + path_);
  // A crash while the header was written leaves a file without any slot: nothing was ever sealed under it.
  std::string begin(kHeaderMagic.size(), '\0');
  const bool blank = status.st_size < static_cast<off_t>(kSlotBytes) ||
                     (status.st_size == static_cast<off_t>(kSlotBytes) &&
                      ::pread(file_, begin.data(), begin.size(), 0) == static_cast<ssize_t>(begin.size()) &&
                      begin == std::string(begin.size(), '\0'));
  if (blank && if_missing == IfMissing::kRefuse) return missing(path_);
  if (blank) return write_header();
  if (Status checked = check_header(); !checked.ok()) return checked;
  const auto all = static_cast<std::uint64_t>(status.st_size) / kSlotBytes;
  if (all >= kSlotsMost) return Error{ErrorKind::kInvalid, path_ + " is larger than this program can index"};
  const auto slots = static_cast<std::uint32_t>(all);
  std::string buffer(kLoadSlots * kSlotBytes, '\0');
  std::uint32_t slot = 1;
  while (slot < slots) {
    const ssize_t got = ::pread(file_, buffer.data(), buffer.size(), offset_of(slot));
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(kSlotBytes)) return key_file_error("cannot read " + path_);
    const std::size_t whole = static_cast<std::size_t>(got) / kSlotBytes;
    for (std::size_t i = 0; i < whole && slot < slots; ++i, ++slot) {
      const std::string_view bytes = std::string_view(buffer).substr(i * kSlotBytes, kSlotBytes);
      if (Status loaded = load_slot(slot, slots, bytes); !loaded.ok()) return loaded;
    }
  }
  sodium_memzero(buffer.data(), buffer.size());
  // Cut what a crash left behind the last whole slot, so that the next one stands alone.
  if (::ftruncate(file_, offset_of(slots_)) != 0) return key_file_error("cannot repair " + path_);
  return {};
}

Status PersonKeys::load_slot(std::uint32_t slot, std::uint32_t slots, std::string_view bytes) {
  const bool sound = checksum(bytes.substr(0, kChecksumAt)) == bytes.substr(kChecksumAt);
  const auto state = static_cast<SlotState>(bytes[kStateAt]);
  PersonHash person;
  TILL_ASSERT(from_bytes(bytes.substr(kPersonAt, person.size()), person));
  if (!sound && slot + 1 == slots && state != SlotState::kErased) return {};  // never synced, so never used
  if (!sound && (state != SlotState::kErased || !bytes.starts_with(kSlotMagic))) {
    return Error{ErrorKind::kCorrupt, path_ + " has a damaged slot " + std::to_string(slot)};
  }
  if (!sound) {
    if (Status finished = write_slot(slot, SlotState::kErased, person, Key{}); !finished.ok()) return finished;
    if (Status synced = sync(); !synced.ok()) return synced;
  }
  const auto [known, fresh] = index_.try_emplace(person, Place{slot, state});
  if (!fresh) {
    return Error{ErrorKind::kCorrupt, path_ + " has the same person in slots " + std::to_string(known->second.slot) +
                                          " and " + std::to_string(slot)};
  }
  if (state == SlotState::kErased) ++erased_;
  slots_ = slot + 1;
  return {};
}

Result<PersonKeys::Key> PersonKeys::read_key(std::uint32_t slot) const {
  std::string bytes(kSlotBytes, '\0');
  const ssize_t got = ::pread(file_, bytes.data(), bytes.size(), offset_of(slot));
  if (got != static_cast<ssize_t>(kSlotBytes)) return key_file_error("cannot read " + path_);
  const std::string_view content(bytes);
  const bool sound = checksum(content.substr(0, kChecksumAt)) == content.substr(kChecksumAt);
  Key key;
  TILL_ASSERT(from_bytes(content.substr(kKeyAt, key.size()), key));
  sodium_memzero(bytes.data(), bytes.size());
  if (!sound) return Error{ErrorKind::kCorrupt, path_ + " has a damaged slot " + std::to_string(slot)};
  return key;
}

std::optional<Result<PersonKeys::Key>> PersonKeys::find(const PersonHash& person) const {
  const std::lock_guard lock(mutex_);
  const auto known = index_.find(person);
  if (known == index_.end()) return std::nullopt;
  if (known->second.state == SlotState::kErased) return Error{ErrorKind::kNotFound, "the key of this person is erased"};
  return read_key(known->second.slot);
}

Result<PersonKeys::Key> PersonKeys::find_or_create(std::string_view tenant, std::string_view person) {
  const PersonHash hash = hash_of(tenant, person);
  if (std::optional<Result<Key>> known = find(hash)) return *std::move(known);
  const std::lock_guard writing(write_mutex_);
  if (std::optional<Result<Key>> known = find(hash)) return *std::move(known);
  if (slots_ == kSlotsMost) return Error{ErrorKind::kUnavailable, path_ + " is full"};
  Key key;
  randombytes_buf(key.data(), key.size());
  if (Status written = write_slot(slots_, SlotState::kLive, hash, key); !written.ok()) return written.error();
  if (Status synced = sync(); !synced.ok()) return synced.error();
  const std::lock_guard lock(mutex_);
  index_.emplace(hash, Place{slots_++, SlotState::kLive});
  return key;
}

Result<std::string> PersonKeys::seal(std::string_view tenant, std::string_view person, std::string_view plain) {
  Result<Key> key = find_or_create(tenant, person);
  if (!key.ok()) return key.error();
  std::string sealed(kSealPrefix + plain.size() + kTagBytes, '\0');
  sealed[0] = kSealVersion;
  unsigned char* const nonce = raw(sealed) + 1;
  randombytes_buf(nonce, kNonceBytes);
  const std::string bound = bound_to(tenant, person);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(sealed) + kSealPrefix, nullptr, raw(plain), plain.size(), raw(bound),
                                             bound.size(), nullptr, nonce, key->data());
  sodium_memzero(key->data(), key->size());
  return sealed;
}

Result<std::optional<std::string>> PersonKeys::open(std::string_view tenant, std::string_view person,
                                                    std::string_view sealed) const {
  std::optional<Result<Key>> found = find(hash_of(tenant, person));
  if (!found || (!found->ok() && found->error().kind == ErrorKind::kNotFound)) return std::optional<std::string>();
  Result<Key>& key = *found;
  if (!key.ok()) return key.error();
  const bool formed = sealed.size() >= kSealPrefix + kTagBytes && sealed[0] == kSealVersion;
  std::string plain(formed ? sealed.size() - kSealPrefix - kTagBytes : 0, '\0');
  const std::string bound = bound_to(tenant, person);
  const bool authentic =
      formed && crypto_aead_xchacha20poly1305_ietf_decrypt(raw(plain), nullptr, nullptr, raw(sealed) + kSealPrefix,
                                                           sealed.size() - kSealPrefix, raw(bound), bound.size(),
                                                           raw(sealed) + 1, key->data()) == 0;
  sodium_memzero(key->data(), key->size());
  if (!authentic) return Error{ErrorKind::kCorrupt, "sealed personal data fails its authentication"};
  return std::optional<std::string>(std::move(plain));
}

Status PersonKeys::erase(std::string_view tenant, std::string_view person) {
  const PersonHash hash = hash_of(tenant, person);
  const std::lock_guard writing(write_mutex_);
  {
    // From here on nobody reads the slot, which the write changes under a reader's eyes.
    const std::lock_guard lock(mutex_);
    const auto known = index_.find(hash);
    if (known != index_.end() && known->second.state == SlotState::kErased && !failed_) return {};
    if (known == index_.end() && slots_ == kSlotsMost) return Error{ErrorKind::kUnavailable, path_ + " is full"};
    const std::uint32_t slot = known != index_.end() ? known->second.slot : slots_;
    if (Status written = write_slot(slot, SlotState::kErased, hash, Key{}); !written.ok()) return written;
    index_[hash] = Place{slot, SlotState::kErased};
    if (slot == slots_) ++slots_;
    ++erased_;
  }
  return sync();
}

bool PersonKeys::knows(std::string_view tenant, std::string_view person) const {
  const PersonHash hash = hash_of(tenant, person);
  const std::lock_guard lock(mutex_);
  return index_.contains(hash);
}

PersonKeys::Counts PersonKeys::counts() const {
  const std::lock_guard lock(mutex_);
  return {index_.size() - erased_, erased_};
}

}  // namespace till
