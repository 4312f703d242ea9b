#include "engine/crash_note.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "engine/durable_file.h"

namespace till {
namespace {

constexpr std::size_t kMostNotesBytes = 1u << 20;

std::atomic<int> note_file{-1};
std::atomic<const char*> in_hand_bytes{nullptr};
std::atomic<std::size_t> in_hand_size{0};
std::atomic<pid_t> in_hand_thread{0};

// Async-signal-safe: writes the hexadecimal key and a line end, then lets the signal do its work.
void on_fatal_signal(int signal_number) {
  const char* const bytes = in_hand_bytes.exchange(nullptr);
  const int file = note_file.load();
  if (bytes != nullptr && file >= 0 && in_hand_thread.load() == ::gettid()) {
    static constexpr char kDigits[] = "0123456789abcdef";
    char line[1024];
    std::size_t length = 0;
    for (std::size_t i = 0; i < in_hand_size.load() && length + 3 < sizeof(line); ++i) {
      line[length++] = kDigits[static_cast<unsigned char>(bytes[i]) >> 4];
      line[length++] = kDigits[static_cast<unsigned char>(bytes[i]) & 15];
    }
    line[length++] = '\n';
    if (::write(file, line, length) > 0) ::fdatasync(file);
  }
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

int digit(char c) {
  return c >= 'a' ? c - 'a' + 10 : c - '0';
}

}  // namespace

Result<CrashNote> CrashNote::open(const std::string& path) {
  CrashNote note;
  if (path.empty()) return note;
  const Result<std::string> content = read_file(path, kMostNotesBytes);
  if (content.ok()) {
    std::string key;
    for (std::size_t i = 0; i < content.value().size(); ++i) {
      if (content.value()[i] == '\n') {
        note.noted_.insert(std::move(key));
        key.clear();
      } else if (i + 1 < content.value().size()) {
        key.push_back(static_cast<char>(digit(content.value()[i]) * 16 + digit(content.value()[i + 1])));
        ++i;
      }
    }
  } else if (content.error().kind != ErrorKind::kNotFound) {
    return content.error();
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return Error{ErrorKind::kUnavailable, "cannot open " + path};
  if (const int former = note_file.exchange(file); former >= 0) ::close(former);
  for (const int signal_number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    std::signal(signal_number, on_fatal_signal);
  return note;
}

CrashNote::InHand::InHand(const std::string& command_key) {
  static thread_local const pid_t self = ::gettid();
  in_hand_thread.store(self, std::memory_order_relaxed);
  in_hand_size.store(command_key.size(), std::memory_order_relaxed);
  in_hand_bytes.store(command_key.data(), std::memory_order_release);
}

CrashNote::InHand::~InHand() {
  in_hand_bytes.store(nullptr, std::memory_order_release);
}

}  // namespace till
