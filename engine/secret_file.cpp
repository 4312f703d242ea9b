#include "engine/secret_file.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/durable_file.h"
#include "engine/vocabulary.h"

namespace till {
namespace {

constexpr unsigned kOwnerOnly = 0600;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

Result<Secret> create(const std::string& path) {
  Secret secret;
  randombytes_buf(secret.data(), secret.size());
  // A leftover of a crash could have kept other permission bits.
  ::unlink((path + ".new").c_str());
  if (Status written = replace_file(path, as_bytes(secret), kOwnerOnly); !written.ok()) return written.error();
  return secret;
}

}  // namespace

Error missing(const std::string& path) {
  return {ErrorKind::kNotFound, path + " is missing, but the log has records that need it; restore it from the backup"};
}

Result<Secret> open_secret(const std::string& path, IfMissing if_missing) {
  if (sodium_init() < 0) return Error{ErrorKind::kUnavailable, "libsodium has no source of random numbers"};
  Result<std::string> content = read_file(path, Secret().size() + 1);
  if (!content.ok() && content.error().kind == ErrorKind::kNotFound) {
    return if_missing == IfMissing::kMake ? create(path) : missing(path);
  }
  if (!content.ok() && content.error().kind != ErrorKind::kInvalid) return content.error();
  Secret secret;
  const bool whole = content.ok() && from_bytes(*content, secret);
  if (content.ok()) sodium_memzero(content->data(), content->size());
  if (!whole) return Error{ErrorKind::kCorrupt, path + " is not a secret of 32 bytes; restore it from the backup"};
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & kOthers) != 0) {
    return Error{ErrorKind::kInvalid, path + " is open to group or others; set its mode to 0600"};
  }
  return secret;
}

}  // namespace till
