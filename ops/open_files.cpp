#include "ops/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace till {

std::uint64_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur > kFilesOfStores ? std::max<std::uint64_t>(limit.rlim_cur - kFilesOfStores, 1) : 1;
}

}  // namespace till
