// A private nats-server with JetStream on a free port of the loopback, for tests. Nothing of it is left behind.
#pragma once

#include <sys/types.h>

#include <string>

namespace till {

class NatsServer {
 public:
  // Chooses port and folder; starts nothing yet. The server ends with the test program, however that ends.
  NatsServer();
  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  // Returns once the server takes connections; fails the test after ten seconds.
  void start();
  // SIGTERM, or SIGKILL; both wait for the end.
  void stop();
  void kill();
  // SIGSTOP and SIGCONT: the server hangs, its connections stay.
  void freeze();
  void thaw();
  // Removes all that JetStream stored. The server is down.
  void wipe();

  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

 private:
  void end(int signal);
  bool takes_connections() const;

  std::string directory_;
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace till
