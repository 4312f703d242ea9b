#include "ops/bench/bench.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

namespace till {

BenchResult median_run(std::vector<BenchResult> runs) {
  TILL_ASSERT(!runs.empty());
  std::sort(runs.begin(), runs.end(), [](const BenchResult& a, const BenchResult& b) { return a.rate < b.rate; });
  // One void run makes the whole void.
  for (auto& run : runs) {
    if (run.is_void()) return run;
  }
  return runs[runs.size() / 2];
}

void fill_percentiles(std::vector<std::uint32_t>& latencies_us, BenchResult& result) {
  if (latencies_us.empty()) return;
  std::sort(latencies_us.begin(), latencies_us.end());
  result.p50_us = latencies_us[(latencies_us.size() - 1) / 2];
  result.p99_us = latencies_us[(latencies_us.size() - 1) * 99 / 100];
}

Result<std::uint64_t> measure_fdatasync_us(const std::string& directory) {
  constexpr int kSyncs = 400;
  constexpr std::size_t kBytes = 500;
  const std::string path = directory + "/fdatasync.probe";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Error{ErrorKind::kUnavailable, "cannot write " + path};
  std::array<char, kBytes> bytes{};
  std::vector<std::uint64_t> times;
  bool good = true;
  for (int i = 0; i < kSyncs && good; ++i) {
    const auto start = std::chrono::steady_clock::now();
    good = write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fdatasync(file) == 0;
    const auto took = std::chrono::steady_clock::now() - start;
    times.push_back(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  }
  close(file);
  unlink(path.c_str());
  if (!good) return Error{ErrorKind::kUnavailable, "cannot write and sync " + path};
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

Result<BenchDirectory> BenchDirectory::make(const std::string& parent) {
  std::string path = (parent.empty() ? std::string("/var/tmp") : parent) + "/till-bench-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return Error{ErrorKind::kUnavailable, "cannot make a folder in " + parent};
  return BenchDirectory(path);
}

BenchDirectory::~BenchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace till
