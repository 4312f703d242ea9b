// Runs the simulation for one seed or many; the last line is `N passed, N failed, N skipped`.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/simulation/simulation.h"

namespace {

struct Flags {
  std::uint64_t first = 1;
  std::uint64_t seeds = 50;
  bool expect_faults = false;
  till::simulation::Faults faults;
};

int usage() {
  std::fputs(
      "usage: till_simulation [--seed S] [--seeds N] [--lying-disk | --checkpoint-first] [--expect-faults]\n"
      "  --seed S            the first seed (default 1); with --seeds 1 this run alone, again\n"
      "  --seeds N           how many runs (default 50)\n"
      "  --lying-disk        a sync does nothing\n"
      "  --checkpoint-first  a view stores its checkpoint before its rows\n"
      "  --expect-faults     passes where at least one run finds a fault\n",
      stderr);
  return 2;
}

bool parse(int argc, char** argv, Flags& flags) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--expect-faults") {
      flags.expect_faults = true;
    } else if (flag == "--lying-disk") {
      flags.faults.disk_lies = true;
    } else if (flag == "--checkpoint-first") {
      flags.faults.checkpoint_first = true;
    } else if ((flag == "--seed" || flag == "--seeds") && i + 1 < argc) {
      (flag == "--seed" ? flags.first : flags.seeds) = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  if (!parse(argc, argv, flags)) return usage();
  std::uint64_t failed = 0, crashes = 0, transactions = 0, answers = 0;
  for (std::uint64_t seed = flags.first; seed < flags.first + flags.seeds; ++seed) {
    const till::simulation::RunResult result = till::simulation::Simulation(seed, flags.faults).run();
    crashes += result.crashes;
    transactions += result.transactions;
    answers += result.answers;
    if (result.faults.empty()) continue;
    ++failed;
    std::printf("%s seed %llu: %s\n", flags.expect_faults ? "found" : "not ok", static_cast<unsigned long long>(seed),
                result.faults.front().c_str());
    if (flags.expect_faults) break;
  }
  std::printf("%llu crashes, %llu transactions, %llu answers judged\n", static_cast<unsigned long long>(crashes),
              static_cast<unsigned long long>(transactions), static_cast<unsigned long long>(answers));
  if (flags.expect_faults) {
    std::printf("%d passed, %d failed, 0 skipped\n", failed > 0 ? 1 : 0, failed > 0 ? 0 : 1);
    return failed > 0 ? 0 : 1;
  }
  std::printf("%llu passed, %llu failed, 0 skipped\n", static_cast<unsigned long long>(flags.seeds - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
