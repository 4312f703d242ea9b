#include "projections/effects/export_layout.h"

#include <charconv>
#include <filesystem>
#include <utility>

namespace till {
namespace {

namespace fs = std::filesystem;

// Of the largest position, so that names sort as positions do.
constexpr std::size_t kPositionDigits = 20;
constexpr std::string_view kFileEnd = ".ndjson.gz";
constexpr std::string_view kTenantFolder = "tenant=";
constexpr std::string_view kDateFolder = "date=";

std::string position_digits(Position position) {
  const std::string digits = std::to_string(position.value());
  return std::string(kPositionDigits - digits.size(), '0') + digits;
}

// Calls visit(entry) with what `folder` holds, until it fails.
template <class Visit>
Status each_entry(const fs::path& folder, const Visit& visit) {
  std::error_code trouble;
  fs::directory_iterator entry(folder, trouble);
  if (trouble == std::errc::no_such_file_or_directory) return {};
  for (; !trouble && entry != fs::directory_iterator(); entry.increment(trouble)) {
    if (Status visited = visit(*entry); !visited.ok()) return visited;
  }
  if (trouble) return Error{ErrorKind::kUnavailable, "cannot read " + folder.string() + ": " + trouble.message()};
  return {};
}

bool is_folder_of(const fs::directory_entry& entry, std::string_view begin) {
  std::error_code ignored;
  return entry.path().filename().string().starts_with(begin) && entry.is_directory(ignored);
}

}  // namespace

ExportLayout::ExportLayout(std::string in, const LogId& log_id)
    : directory(std::move(in)),
      folder(directory + "/" + to_hex(as_bytes(log_id))),
      manifest(folder + "/manifest.ndjson"),
      voided(folder + "/void.ndjson"),
      staging(folder + "/.staging"),
      journal(staging + "/batch.json") {}

std::string ExportLayout::staged(std::size_t number) const {
  return staging + "/" + std::to_string(number) + ".part";
}

std::string export_file_path(const ExportPartition& partition, Position first, Position last, Epoch epoch) {
  std::string path(kTenantFolder);
  path.append(partition.tenant).append("/").append(kDateFolder).append(partition.date).append("/");
  path.append(position_digits(first)).append("-").append(position_digits(last));
  path.append("-e").append(std::to_string(epoch.value())).append(kFileEnd);
  return path;
}

std::optional<Position> first_position_of(std::string_view file_name) {
  if (!file_name.ends_with(kFileEnd) || file_name.size() < kPositionDigits + 1) return std::nullopt;
  if (file_name[kPositionDigits] != '-') return std::nullopt;
  std::uint64_t first = 0;
  const char* const end = file_name.data() + kPositionDigits;
  const auto [at, error] = std::from_chars(file_name.data(), end, first);
  if (error != std::errc() || at != end) return std::nullopt;
  return Position(first);
}

Status each_export_file(const std::string& folder,
                        const std::function<Status(const std::string& path, Position first)>& visit) {
  return each_entry(folder, [&](const fs::directory_entry& tenant) -> Status {
    if (!is_folder_of(tenant, kTenantFolder)) return {};
    return each_entry(tenant.path(), [&](const fs::directory_entry& date) -> Status {
      if (!is_folder_of(date, kDateFolder)) return {};
      return each_entry(date.path(), [&](const fs::directory_entry& file) -> Status {
        const std::optional<Position> first = first_position_of(file.path().filename().string());
        return first ? visit(file.path().string(), *first) : Status();
      });
    });
  });
}

}  // namespace till
