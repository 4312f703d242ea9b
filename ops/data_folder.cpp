#include "ops/data_folder.h"

#include <filesystem>

namespace till {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms kPassThrough = fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec;

// Makes `path` with at most the rights of `most`.
Status make_folder(const std::string& path, fs::perms most) {
  std::error_code trouble;
  fs::create_directories(path, trouble);
  if (!trouble) {
    const fs::perms present = fs::status(path, trouble).permissions();
    if (!trouble && (present & most) != present) fs::permissions(path, present & most, trouble);
  }
  if (trouble) return Error{ErrorKind::kUnavailable, "cannot make the folder " + path + ": " + trouble.message()};
  return {};
}

}  // namespace

Status make_data_folder(const std::string& path) {
  return make_folder(path, kPassThrough);
}

Status make_private_folder(const std::string& path) {
  return make_folder(path, fs::perms::owner_all);
}

}  // namespace till
