// The engine on RocksDB through power cuts, failing syncs, a full disk and a disk that lies. The threads take their own
// turns, so a seed repeats what is drawn and not every moment of a run; TILL_SEED gives it.
#include <catch2/catch.hpp>

#include "engine/durable_file.h"
#include "tests/test_seed.h"
#include "tests/troubled_till.h"

namespace till::testing {
namespace {

using Faults = std::vector<std::string>;

constexpr std::size_t kActionsMost = 4'000;
const Faults kNone;

void require_open(TroubledTill& till) {
  const Status opened = till.open();
  INFO((opened.ok() ? "" : opened.error().message));
  REQUIRE(opened.ok());
}

void require_sound_end(TroubledTill& till) {
  require_open(till);
  till.trade(300);
  CHECK(till.final_faults() == kNone);
}

// As many small numbers as large ones: opening takes some fifty changes, trading thousands.
std::uint64_t drawn_change(simulation::Dice& dice) {
  const std::size_t scale = std::size_t{1} << dice.below(13);
  return 1 + dice.below(scale);
}

Loss drawn_loss(simulation::Dice& dice) {
  return dice.once_in(3) ? Loss::kAll : Loss::kTorn;
}

// The power goes at any change of the disk, in trade, in a flush, while opening or closing.
void power_cuts(std::uint64_t seed, int rounds) {
  INFO("TILL_SEED=" << seed);
  TroubledTill till(seed);
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    till.cut_power_at(drawn_change(till.dice()));
    const Status opened = till.open();
    INFO((opened.ok() ? "" : opened.error().message));
    if (opened.ok()) {
      REQUIRE(till.faults() == kNone);
      till.trade(kActionsMost);
    } else {
      REQUIRE_FALSE(till.disk().powered());
    }
    till.restore_power(drawn_loss(till.dice()));
  }
  require_sound_end(till);
}

// In each round the process begins, `trouble` comes over the disk, and the tills trade until the engine fails, if it
// does; it refuses then, while `when_failed` looks closer. After its end the disk is left as `mend` leaves it.
template <class Trouble, class WhenFailed, class Mend>
void trade_through(TroubledTill& till, int rounds, Trouble trouble, WhenFailed when_failed, Mend mend) {
  std::uint64_t failures = 0;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    require_open(till);
    REQUIRE(till.faults() == kNone);
    trouble();
    till.trade(kActionsMost);
    if (till.failed()) {
      ++failures;
      CHECK_FALSE(till.engine().ready());
      CHECK(till.refuses());
      when_failed();
    }
    till.close();
    mend();
  }
  CHECK(failures > 0);
}

// Syncs fail, once or from then on; then the process begins again, after a power cut or without one.
void failing_syncs(std::uint64_t seed, int rounds) {
  INFO("TILL_SEED=" << seed);
  TroubledTill till(seed);
  bool for_ever = false;
  const auto fail_syncs = [&] {
    for_ever = till.dice().once_in(2);
    till.disk().fail_syncs(drawn_change(till.dice()), for_ever ? kForEver : 1);
  };
  const auto mend = [&] {
    if (for_ever && till.disk().failed_syncs() > 0 && till.failed()) CHECK_FALSE(till.open().ok());
    till.disk().fail_syncs(1, 0);
    if (till.dice().once_in(2)) till.restore_power(drawn_loss(till.dice()));
  };
  trade_through(
      till, rounds, fail_syncs, [] {}, mend);
  CHECK(till.fleet().answers(OutcomeKind::kOutcomeUnknown) > 0);
  require_sound_end(till);
}

void full_disk(std::uint64_t seed, int rounds) {
  INFO("TILL_SEED=" << seed);
  TroubledTill till(seed);
  const auto fill = [&] { till.disk().limit_space(till.dice().below(400'000)); };
  const auto space_is_back = [&] {
    if (!till.dice().once_in(2)) return;
    till.disk().limit_space(std::nullopt);
    CHECK(till.refuses());
  };
  const auto mend = [&] {
    till.disk().limit_space(std::nullopt);
    if (till.dice().once_in(3)) till.restore_power(drawn_loss(till.dice()));
  };
  trade_through(till, rounds, fill, space_is_back, mend);
  require_sound_end(till);
}

TEST_CASE("no power cut loses or doubles what was acknowledged") {
  for (int world = 0; world < 2; ++world) power_cuts(test_seed(), 8);
}

TEST_CASE("many power cuts", "[long]") {
  for (int world = 0; world < 12; ++world) power_cuts(test_seed(), 20);
}

TEST_CASE("after a failed sync nothing is decided, and what was told holds after the restart") {
  failing_syncs(test_seed(), 6);
}

TEST_CASE("many failing syncs", "[long]") {
  for (int world = 0; world < 8; ++world) failing_syncs(test_seed(), 20);
}

TEST_CASE("a full disk refuses commands, and what was told holds once there is space") {
  full_disk(test_seed(), 5);
}

TEST_CASE("many full disks", "[long]") {
  for (int world = 0; world < 8; ++world) full_disk(test_seed(), 20);
}

TEST_CASE("on a disk that only says that it syncs, the auditor finds the loss") {
  const std::uint64_t seed = test_seed();
  INFO("TILL_SEED=" << seed);
  TroubledTill till(seed);
  require_open(till);
  // Its end is on the same disk.
  const Result<std::string> watermark = read_file(till.watermark());
  REQUIRE(watermark.ok());
  till.disk().lie(true);
  till.trade(500);
  till.close();
  till.disk().lie(false);
  SECTION("where the watermark is lost with the log") {
    REQUIRE(replace_file(till.watermark(), *watermark).ok());
    till.restore_power(Loss::kAll);
    require_open(till);
    CHECK(till.faults() != kNone);
  }
  SECTION("where the watermark is left, the start is refused") {
    till.restore_power(Loss::kAll);
    const Status opened = till.open();
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::kHistoryMismatch);
  }
}

}  // namespace
}  // namespace till::testing
