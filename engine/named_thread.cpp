#include "engine/named_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace till {
namespace {

constexpr std::size_t kThreadNameMost = 15;
constexpr int kNiceOfSmallShare = 5;
constexpr std::uint64_t kShortTurnNs = 100'000;  // the least that the kernel takes
constexpr std::uint64_t kNotInherited = 1;       // SCHED_FLAG_RESET_ON_FORK

// sched_setattr(2), which the C library does not wrap; its header and <sched.h> exclude each other.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;  // SCHED_OTHER
  std::uint64_t flags = kNotInherited;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  // of SCHED_OTHER: the length of a turn
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48);

}  // namespace

// Both are wishes: a kernel that does not know them, or forbids them, runs the thread as any other.
void set_up_thread(const std::string& name, ThreadShare share) {
  pthread_setname_np(pthread_self(), name.substr(0, kThreadNameMost).c_str());
  const auto self = static_cast<id_t>(gettid());
  switch (share) {
    case ThreadShare::kEqual:
      return;
    case ThreadShare::kPrompt: {
      SchedulingAttributes wanted;
      wanted.nice = getpriority(PRIO_PROCESS, self);
      wanted.runtime_ns = kShortTurnNs;
      static_cast<void>(syscall(SYS_sched_setattr, 0, &wanted, 0));
      return;
    }
    case ThreadShare::kSmall:
      static_cast<void>(setpriority(PRIO_PROCESS, self, kNiceOfSmallShare));
      return;
  }
}

}  // namespace till
