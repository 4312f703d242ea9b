// A thread with a name that top, perf and a debugger show.
#pragma once

#include <pthread.h>

#include <string>
#include <thread>
#include <utility>

namespace till {

// The kernel takes no longer name.
inline constexpr std::size_t kThreadNameMost = 15;

// `name` is cut where it is too long.
template <class Run>
std::thread named_thread(std::string name, Run run) {
  return std::thread([name = std::move(name), run = std::move(run)]() mutable {
    pthread_setname_np(pthread_self(), name.substr(0, kThreadNameMost).c_str());
    run();
  });
}

}  // namespace till
