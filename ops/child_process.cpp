#include "ops/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

namespace till {
namespace {

constexpr std::chrono::milliseconds kEndPoll{10};

// Between fork and exec only what is safe after a fork of a program with threads.
[[noreturn]] void become(const char* program, char* const* arguments, int log, bool own_group, pid_t parent) {
  if (own_group) setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(126);  // the parent ended before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) signal(number, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  if (log >= 0) {
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
  }
  execv(program, arguments);
  _exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, const ChildOptions& options) {
  const std::string program = find_program(arguments.front());
  if (program.empty()) return Error{ErrorKind::kUnavailable, "the program " + arguments.front() + " is not installed"};
  int log = -1;
  if (!options.log_file.empty()) {
    log = open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
      return Error{ErrorKind::kUnavailable, "cannot write " + options.log_file + ": " + std::strerror(errno)};
    }
  }
  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(program.c_str(), pointers.data(), log, options.own_group, parent);
  if (log >= 0) close(log);
  if (pid < 0) return Error{ErrorKind::kUnavailable, "cannot start " + program + ": " + std::strerror(errno)};
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ended_(other.ended_), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    ended_ = other.ended_;
    exit_code_ = other.exit_code_;
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  stop();
}

bool ChildProcess::running() {
  if (pid_ < 0 || ended_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

bool ChildProcess::wait(std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (running()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kEndPoll);
  }
  return true;
}

void ChildProcess::stop(std::chrono::milliseconds grace) {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  if (!wait(grace)) kill();
}

void ChildProcess::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  while (running()) std::this_thread::sleep_for(kEndPoll);
}

Result<int> run_program(const std::vector<std::string>& arguments, const ChildOptions& options,
                        std::chrono::milliseconds timeout, const KeepGoing& keep_going) {
  auto child = ChildProcess::start(arguments, options);
  if (!child) return child.error();
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!child->wait(kEndPoll)) {
    const bool cancelled = keep_going && !keep_going();
    if (!cancelled && std::chrono::steady_clock::now() < end) continue;
    child->kill();
    if (cancelled) return Error{ErrorKind::kCancelled, arguments.front() + " was stopped"};
    return Error{ErrorKind::kUnavailable, arguments.front() + " did not end in time"};
  }
  return child->exit_code();
}

std::string own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string("till") : path.string();
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0 ? name : std::string();
  const char* path = std::getenv("PATH");
  const std::string all = std::string(path == nullptr ? "/usr/bin:/bin" : path) + ":/usr/sbin:/sbin";
  for (std::size_t start = 0; start < all.size();) {
    const std::size_t end = std::min(all.find(':', start), all.size());
    const std::string candidate = all.substr(start, end - start) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  return {};
}

}  // namespace till
