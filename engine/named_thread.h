// A thread with a name that top, perf and a debugger show.
#pragma once

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace till {

// The kernel takes no longer name.
inline constexpr std::size_t kThreadNameMost = 15;

enum class ThreadShare : std::uint8_t {
  kEqual,
  kSmall,  // of a busy processor about a third of an equal one: bulk work that others need not wait for
};

// `name` is cut where it is too long.
template <class Run>
std::thread named_thread(std::string name, Run run, ThreadShare share = ThreadShare::kEqual) {
  return std::thread([name = std::move(name), run = std::move(run), share]() mutable {
    constexpr int kNiceOfSmallShare = 5;
    pthread_setname_np(pthread_self(), name.substr(0, kThreadNameMost).c_str());
    if (share == ThreadShare::kSmall) {
      static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceOfSmallShare));
    }
    run();
  });
}

}  // namespace till
