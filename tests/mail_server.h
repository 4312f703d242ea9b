// A private mail server on a free port of the loopback, for tests: tests/system/support/smtp_server.py, which tells
// what its options do. Nothing of it is left behind.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace till {

class MailServer {
 public:
  // A server with these options that takes connections; fails the test after ten seconds. It ends with the test
  // program, however that ends. Null where it cannot be run here: the test then has said `skipped: why`.
  static std::unique_ptr<MailServer> start(std::vector<std::string> options);
  ~MailServer();
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  // SIGKILL, and waits for the end.
  void kill();

  int port() const { return port_; }
  std::string url(const std::string& scheme = "smtp") const;
  // That of a server with TLS.
  std::string certificate() const { return directory_ + "/certificate.pem"; }
  // A line of JSON each, in the order in which they were taken.
  std::vector<std::string> mails() const;

 private:
  MailServer();
  void run(std::vector<std::string> arguments);
  // True once it takes connections, false where it ended for want of what it is made of.
  bool wait_until_ready();
  std::string output() const;

  std::string directory_;
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace till
