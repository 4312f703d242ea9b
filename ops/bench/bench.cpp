#include "ops/bench/bench.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace till {
namespace {

// A new file that goes with this object; appends are synced one by one.
class ProbeFile {
 public:
  explicit ProbeFile(const std::string& directory)
      : path_(directory + "/append.probe"),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ProbeFile(const ProbeFile&) = delete;
  ProbeFile& operator=(const ProbeFile&) = delete;
  ~ProbeFile() {
    ::close(file_);
    ::unlink(path_.c_str());
  }
  bool append(const std::string& bytes) {
    return ::write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fdatasync(file_) == 0;
  }
  Error error() const { return {ErrorKind::kUnavailable, "cannot write and sync " + path_}; }

 private:
  const std::string path_;
  const int file_;
};

std::uint64_t micros_since(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::steady_clock::now() - start;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

}  // namespace

std::int64_t number_of(const BenchNumbers& numbers, std::string_view name) {
  for (const auto& [key, value] : numbers) {
    if (key == name) return value;
  }
  return 0;
}

BenchResult median_run(std::vector<BenchResult> runs) {
  TILL_ASSERT(!runs.empty());
  std::sort(runs.begin(), runs.end(), [](const BenchResult& a, const BenchResult& b) { return a.rate < b.rate; });
  // One void run makes the whole void.
  for (auto& run : runs) {
    if (run.is_void()) return run;
  }
  return runs[runs.size() / 2];
}

std::uint64_t percentile(std::vector<std::uint32_t>& values, unsigned percent) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>((values.size() - 1) * percent / 100);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

void fill_percentiles(std::vector<std::uint32_t>& latencies_us, BenchResult& result) {
  result.p50_us = percentile(latencies_us, 50);
  result.p99_us = percentile(latencies_us, 99);
}

Result<std::uint64_t> measure_fdatasync_us(const std::string& directory) {
  constexpr int kSyncs = 400;
  const std::string bytes(500, '\0');
  ProbeFile file(directory);
  std::vector<std::uint32_t> times;
  for (int i = 0; i < kSyncs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (!file.append(bytes)) return file.error();
    times.push_back(static_cast<std::uint32_t>(micros_since(start)));
  }
  return percentile(times, 50);
}

Result<std::uint64_t> measure_group_commit(const std::string& directory, std::size_t group, std::size_t bytes,
                                           std::chrono::milliseconds duration) {
  const std::string content(std::max<std::size_t>(group, 1) * bytes, 'x');
  ProbeFile file(directory);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t transactions = 0;
  while (std::chrono::steady_clock::now() - start < duration) {
    if (!file.append(content)) return file.error();
    transactions += std::max<std::size_t>(group, 1);
  }
  return transactions * 1'000'000 / std::max<std::uint64_t>(micros_since(start), 1);
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
