#include "tests/nats_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace till {
namespace {

constexpr std::chrono::seconds kStartMost{10};
constexpr std::chrono::milliseconds kStartStep{10};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof(address);
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

}  // namespace

NatsServer::NatsServer() : port_(free_port()) {
  std::string name = "/tmp/till-nats-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  std::ofstream(directory_ + "/server.conf")
      << "listen: \"127.0.0.1:" << port_ << "\"\n"
      << "jetstream { store_dir: \"" << directory_ << "/store\", max_file_store: 2GB, max_memory_store: 64MB }\n";
}

NatsServer::~NatsServer() {
  if (pid_ != 0) kill();
  std::filesystem::remove_all(directory_);
}

void NatsServer::start() {
  REQUIRE(pid_ == 0);
  const std::string config = directory_ + "/server.conf";
  const std::string output = directory_ + "/server.out";
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execlp("nats-server", "nats-server", "-c", config.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  pid_ = child;
  const auto deadline = std::chrono::steady_clock::now() + kStartMost;
  while (!takes_connections()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("nats-server does not start");
    std::this_thread::sleep_for(kStartStep);
  }
}

bool NatsServer::takes_connections() const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return connected;
}

void NatsServer::end(int signal) {
  if (pid_ == 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void NatsServer::stop() {
  end(SIGTERM);
}

void NatsServer::kill() {
  end(SIGKILL);
}

void NatsServer::freeze() {
  ::kill(pid_, SIGSTOP);
}

void NatsServer::thaw() {
  ::kill(pid_, SIGCONT);
}

void NatsServer::wipe() {
  REQUIRE(pid_ == 0);
  std::filesystem::remove_all(directory_ + "/store");
}

}  // namespace till
