#include "ops/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "engine/durable_file.h"

namespace till {
namespace {

constexpr std::size_t kKeyFileBytesMost = 4096;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Code points, so that names with accents do not shift their column.
std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void add_common_options(CLI::App& app, Shell& shell) {
  auto& options = shell.options;
  app.fallthrough();
  app.add_option("--data", options.data, "Folder of the server's data")->capture_default_str();
  app.add_option("--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--url", options.url, "Address of the server (default http://127.0.0.1:8080)")->envname("TILL_URL");
  app.add_option("--key-file", options.key_file, "File that holds the API key");
}

void when_chosen(CLI::App* command, Shell& shell, std::function<int()> run) {
  command->callback([&shell, run = std::move(run)] { shell.run = run; });
}

Result<std::string> read_key(const CommonOptions& options) {
  if (options.key_file.empty()) return Error{ErrorKind::kInvalid, "name the file with the API key: --key-file FILE"};
  auto content = read_file(options.key_file, kKeyFileBytesMost);
  if (!content) return Error{ErrorKind::kInvalid, "the key file cannot be read: " + content.error().message};
  std::string_view text = *content;
  const std::string_view key = trimmed(text.substr(0, text.find('\n')));
  if (key.empty()) return Error{ErrorKind::kInvalid, "the key file " + options.key_file + " is empty"};
  return std::string(key);
}

void say(std::string_view line) {
  clear_progress();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void print_document(std::string_view document) {
  std::fwrite(document.data(), 1, document.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

int fail(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kUnavailable:
      return fail(kExitUnreachable, error.message);
    case ErrorKind::kCorrupt:
    case ErrorKind::kHistoryMismatch:
      return fail(kExitLogTrouble, error.message);
    case ErrorKind::kInvalid:
      return fail(kExitUsage, error.message);
    case ErrorKind::kNotFound:
    case ErrorKind::kOutcomeUnknown:
    case ErrorKind::kPoison:
    case ErrorKind::kCancelled:
      break;
  }
  return fail(kExitFailed, error.message);
}

int fail(ExitCode code, std::string_view sentence) {
  say("till: " + std::string(sentence));
  return code;
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  if (!text.empty()) text.pop_back();
  return text;
}

bool progress_visible() {
  static const bool visible = isatty(STDERR_FILENO) == 1;
  return visible;
}

void draw_progress(std::string_view what, std::uint64_t done, std::uint64_t total, std::int64_t left_ms) {
  if (!progress_visible()) return;
  const auto length = static_cast<int>(what.size());
  if (total == 0) {
    std::fprintf(stderr, "\r\033[K%.*s %llu", length, what.data(), static_cast<unsigned long long>(done));
    return;
  }
  std::fprintf(stderr, "\r\033[K%.*s %3llu%% %llu/%llu", length, what.data(),
               static_cast<unsigned long long>(done * 100 / total), static_cast<unsigned long long>(done),
               static_cast<unsigned long long>(total));
  if (left_ms >= 0) std::fprintf(stderr, ", %lld s left", static_cast<long long>((left_ms + 999) / 1000));
}

void clear_progress() {
  if (progress_visible()) std::fputs("\r\033[K", stderr);
}

}  // namespace till
