#include "projections/effects/export_disk.h"

#include <filesystem>
#include <system_error>

#include "engine/durable_file.h"

namespace till {
namespace {

namespace fs = std::filesystem;

// A folder that is gone may come back, as a disk does that was not mounted.
Status to_be_tried_again(Status done) {
  if (done.ok()) return done;
  return Error{ErrorKind::kUnavailable, "export: " + done.error().message};
}

Error disk_trouble(const std::string& what, const std::error_code& trouble) {
  return {ErrorKind::kUnavailable, "export: cannot " + what + ": " + trouble.message()};
}

std::string parent_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

}  // namespace

Status ExportDisk::make_folder(const std::string& path) {
  std::error_code trouble;
  if (fs::is_directory(path, trouble)) return {};
  const std::string parent = parent_of(path);
  if (parent.empty() || parent == path) return Error{ErrorKind::kUnavailable, "export: there is no folder " + path};
  if (Status made = ExportDisk::make_folder(parent); !made.ok()) return made;
  fs::create_directory(path, trouble);
  if (trouble) return disk_trouble("make the folder " + path, trouble);
  return to_be_tried_again(sync_directory(parent));
}

Status ExportDisk::replace(const std::string& path, std::string_view content) {
  return to_be_tried_again(replace_file(path, content));
}

Status ExportDisk::move(const std::string& from, const std::string& to) {
  std::error_code trouble;
  if (!fs::exists(from, trouble) && !trouble) return {};
  fs::rename(from, to, trouble);
  if (trouble) return disk_trouble("move " + from + " to " + to, trouble);
  return to_be_tried_again(sync_directory(parent_of(to)));
}

Status ExportDisk::append(const std::string& path, std::string_view content) {
  return to_be_tried_again(append_file(path, content));
}

Status ExportDisk::cut(const std::string& path, std::uint64_t bytes) {
  return to_be_tried_again(shorten_file(path, bytes));
}

Status ExportDisk::remove(const std::string& path) {
  std::error_code trouble;
  const bool removed = fs::remove(path, trouble);
  if (trouble) return disk_trouble("remove " + path, trouble);
  return removed ? to_be_tried_again(sync_directory(parent_of(path))) : Status();
}

}  // namespace till
