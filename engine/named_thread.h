// A thread with a name that top, perf and a debugger show, and with its due of a busy processor.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace till {

enum class ThreadShare : std::uint8_t {
  kEqual,
  // An equal share in short turns: what somebody waits for runs soon after it is woken, also among busy threads. As
  // kEqual before Linux 6.12.
  kPrompt,
  // About a third of an equal share: bulk work that others need not wait for.
  kSmall,
};

// Of the calling thread. A name is cut where it is longer than the kernel takes.
void set_up_thread(const std::string& name, ThreadShare share);

template <class Run>
std::thread named_thread(std::string name, Run run, ThreadShare share = ThreadShare::kEqual) {
  return std::thread([name = std::move(name), run = std::move(run), share]() mutable {
    set_up_thread(name, share);
    run();
  });
}

}  // namespace till
