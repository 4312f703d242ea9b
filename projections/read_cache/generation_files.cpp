#include "projections/read_cache/generation_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <spdlog/spdlog.h>

#include "engine/durable_file.h"

namespace till::read_cache {
namespace {

// "g7" -> 7; 0 where it is not a generation's name.
std::uint64_t parse_name(std::string_view name) {
  std::uint64_t number = 0;
  if (!name.starts_with('g')) return 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

std::string name_of(std::uint64_t number) {
  return std::string("g").append(std::to_string(number));
}

}  // namespace

std::string GenerationFiles::path(std::uint64_t number) const {
  return directory_ + "/" + name_of(number);
}

std::string GenerationFiles::shadow_path() const {
  return directory_ + "/shadow";
}

std::uint64_t GenerationFiles::next() {
  return ++highest_;
}

void GenerationFiles::read_current() {
  const auto content = read_file(directory_ + "/CURRENT");
  if (!content.ok()) return;
  std::string_view line = content.value();
  line = line.substr(0, line.find('\n'));
  const std::size_t space = std::min(line.find(' '), line.size());
  serving_ = parse_name(line.substr(0, space));
  if (serving_ != 0 && space < line.size()) former_ = parse_name(line.substr(space + 1));
  highest_ = std::max(serving_, former_);
}

Status GenerationFiles::remove_orphans() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    const std::uint64_t number = parse_name(name);
    const bool orphan = number != 0 ? number != serving_ && number != former_ : name == "shadow";
    if (!orphan) continue;
    std::error_code trouble;
    std::filesystem::remove_all(entry.path(), trouble);
    if (!trouble) continue;
    spdlog::warn("read cache: {} stays for now: {}", entry.path().string(), trouble.message());
    highest_ = std::max(highest_, number);
  }
  if (error) return Error{ErrorKind::kUnavailable, "read cache: listing " + directory_ + ": " + error.message()};
  return {};
}

Status GenerationFiles::open() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return Error{ErrorKind::kUnavailable, "read cache: making " + directory_ + ": " + error.message()};
  read_current();
  return remove_orphans();
}

Status GenerationFiles::set(std::uint64_t serving, std::uint64_t former) {
  std::string line = name_of(serving);
  if (former != 0) line.append(" ").append(name_of(former));
  if (Status written = replace_file(directory_ + "/CURRENT", line + "\n"); !written.ok()) return written;
  serving_ = serving;
  former_ = former;
  highest_ = std::max({highest_, serving, former});
  return {};
}

}  // namespace till::read_cache
