#include "ops/stop_signal.h"

#include <signal.h>

namespace till {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignal::StopSignal() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool StopSignal::wait(std::chrono::milliseconds timeout) {
  if (came_) return true;
  const sigset_t set = stop_signals();
  timespec limit{};
  limit.tv_sec = timeout.count() / 1000;
  limit.tv_nsec = timeout.count() % 1000 * 1'000'000;
  came_ = sigtimedwait(&set, nullptr, &limit) > 0;
  return came_;
}

}  // namespace till
