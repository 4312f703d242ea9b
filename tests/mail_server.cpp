#include "tests/mail_server.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

namespace till {
namespace {

constexpr std::chrono::seconds kMailStartMost{10};
constexpr std::chrono::milliseconds kMailStartStep{10};
constexpr int kNotInstalled = 77;
// The one that Debian's packages are for.
constexpr const char* kPython = "/usr/bin/python3";
constexpr const char* kMailProgram = TILL_SOURCE_DIR "/tests/system/support/smtp_server.py";

}  // namespace

MailServer::MailServer() {
  std::string name = "/tmp/till-mail-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
}

MailServer::~MailServer() {
  kill();
  std::filesystem::remove_all(directory_);
}

std::unique_ptr<MailServer> MailServer::start(std::vector<std::string> options) {
  if (!std::filesystem::exists(kPython)) {
    std::cout << "skipped: there is no " << kPython << "\n";
    return nullptr;
  }
  std::unique_ptr<MailServer> server(new MailServer);
  server->run(std::move(options));
  if (server->wait_until_ready()) return server;
  std::cout << "skipped: python3-aiosmtpd is not installed\n";
  return nullptr;
}

void MailServer::run(std::vector<std::string> arguments) {
  const std::string output_path = directory_ + "/out";
  arguments.insert(arguments.begin(),
                   {kPython, kMailProgram, "--store", directory_ + "/store", "--certificate", certificate()});
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int file = ::open(output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execv(kPython, raw.data());
    ::_exit(127);
  }
  pid_ = child;
}

bool MailServer::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + kMailStartMost;
  while (true) {
    std::istringstream lines(output());
    for (std::string line; std::getline(lines, line);) {
      // The line is whole where something follows it, or its own end.
      if (line.starts_with("ready ") && !lines.eof()) {
        port_ = std::stoi(line.substr(std::string("ready ").size()));
        return true;
      }
    }
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      if (WIFEXITED(status) && WEXITSTATUS(status) == kNotInstalled) return false;
      FAIL("the mail server ended: " << output());
    }
    if (std::chrono::steady_clock::now() > deadline) FAIL("the mail server does not start: " << output());
    std::this_thread::sleep_for(kMailStartStep);
  }
}

std::string MailServer::output() const {
  std::ifstream in(directory_ + "/out");
  return {std::istreambuf_iterator<char>(in), {}};
}

void MailServer::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

std::string MailServer::url(const std::string& scheme) const {
  return scheme + "://127.0.0.1:" + std::to_string(port_);
}

std::vector<std::string> MailServer::mails() const {
  std::vector<std::string> lines;
  std::ifstream in(directory_ + "/store");
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace till
