// The invariants of the domain catalogue that loyalty points must keep, by number, on random histories. A failure
// prints the seed and the smallest counterexample found.
#include <string>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "commands/loyalty.h"
#include "commands/loyalty_points.h"
#include "tests/memory_books.h"
#include "tests/part_of_transaction.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::LoyaltyState;

constexpr int kSteps = 60;
constexpr std::int64_t kDayUs = 86'400'000'000;

void set_program(MemoryTill& till, std::uint32_t expiry_days) {
  schema::Command command;
  auto& program = *command.mutable_set_loyalty_program();
  program.set_points_per_unit_e5(10'000'000);  // a point a cent
  program.mutable_point_value()->set_amount(1);
  program.mutable_point_value()->set_currency("EUR");
  program.set_expiry_days(expiry_days);
  must(till, command);
}

std::string earn(MemoryTill& till, const std::string& sale, std::int64_t amount) {
  return book_part(till, [&](const Deciding& deciding, Acceptance& accepted) {
    std::int64_t points = 0;
    return earn_points(deciding, {"C1", "S1", sale, {}, "/sale_id", "/total"}, amount, "EUR", accepted, points);
  });
}

std::string redeem(MemoryTill& till, std::int64_t points) {
  return book_part(till, [&](const Deciding& deciding, Acceptance& accepted) {
    schema::Money value;
    std::int64_t after = 0;
    return redeem_points(deciding, {"C1", "S1", {}, "M", {}, "/points"}, points, accepted, value, after);
  });
}

std::string reverse(MemoryTill& till, const std::string& sale, std::int64_t points) {
  return book_part(till, [&](const Deciding& deciding, Acceptance& accepted) {
    std::int64_t after = 0;
    return reverse_points(deciding, {"C1", "S1", sale, {}, {}, "/points"}, points, accepted, after);
  });
}

const LoyaltyState& points_of(MemoryTill& till) {
  return *till.books().get<LoyaltyState>(kind_of(schema::LOYALTY), "C1");
}

std::int64_t sum_of_lots(const LoyaltyState& account) {
  std::int64_t sum = 0;
  for (const auto& lot : account.lots()) sum += lot.points();
  return sum;
}

}  // namespace

TEST_CASE("R7 points taken back after they were spent become debt", "[commands][invariants]") {
  MemoryTill till;
  open_store_with_customer(till);
  set_program(till, 0);
  CHECK(earn(till, "V1", 100) == "");
  CHECK(earn(till, "V1", 100) == "DUPLICATE_ACCRUAL");
  CHECK(redeem(till, 70) == "");
  CHECK(points_of_sale(till.books(), "C1", "V1") == 100);
  CHECK(reverse(till, "V1", 60) == "");
  CHECK(points_of(till).points() == 0);
  CHECK(points_of(till).debt() == 30);
  CHECK(points_of(till).lifetime_points() == 40);
  CHECK(points_of_sale(till.books(), "C1", "V1") == 40);
  CHECK(reverse(till, "V1", 41) == "REFUND_AMOUNT_INVALID");
  CHECK(reverse(till, "V2", 1) == "REFUND_AMOUNT_INVALID");
  CHECK(earn(till, "V2", 20) == "");
  CHECK(points_of(till).points() == 0);
  CHECK(points_of(till).debt() == 10);
  CHECK(earn(till, "V3", 50) == "");
  CHECK(points_of(till).points() == 40);
  CHECK(points_of(till).debt() == 0);
  CHECK(points_of(till).lifetime_points() == 110);
}

TEST_CASE("points are the sum of their lots, and nobody has both points and debt", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_store_with_customer(till);
    set_program(till, static_cast<std::uint32_t>(*rc::gen::inRange(0, 20)));
    std::int64_t lifetime = 0;
    for (int step = 0; step < kSteps; ++step) {
      till.set_now(till.now() + *rc::gen::inRange<std::int64_t>(0, 3) * kDayUs);
      const auto points = *rc::gen::inRange<std::int64_t>(1, 100);
      const std::string sale = "V" + std::to_string(*rc::gen::inRange(0, step + 1));
      const int choice = *rc::gen::inRange(0, 3);
      const std::string code = choice == 0   ? earn(till, "V" + std::to_string(step), points)
                               : choice == 1 ? redeem(till, points)
                                             : reverse(till, sale, points);
      const auto* account = till.books().get<LoyaltyState>(kind_of(schema::LOYALTY), "C1");
      if (account == nullptr) continue;
      RC_ASSERT(account->points() >= 0 && account->debt() >= 0);
      RC_ASSERT(account->points() == 0 || account->debt() == 0);
      RC_ASSERT(sum_of_lots(*account) == account->points());
      if (choice == 1) RC_ASSERT(account->lifetime_points() == lifetime);
      lifetime = account->lifetime_points();
      for (int i = 1; i < account->lots_size(); ++i) {
        RC_ASSERT(account->lots(i - 1).expires_at_us() < account->lots(i).expires_at_us());
      }
    }
  }));
}

TEST_CASE("lots are bounded, and no point is lost or expires early for it", "[commands][invariants]") {
  MemoryTill till;
  open_store_with_customer(till);
  set_program(till, 1'000);
  for (int i = 0; i < kLotsMost + 20; ++i) {
    till.set_now(kTestStartUs + i * kDayUs);
    CHECK(earn(till, "V" + std::to_string(i), 10) == "");
  }
  const LoyaltyState& account = points_of(till);
  CHECK(account.lots_size() == kLotsMost);
  CHECK(account.points() == 10 * (kLotsMost + 20));
  CHECK(account.lots(0).points() == 210);
  // As late as the youngest of the 21 that became one.
  CHECK(account.lots(1).expires_at_us() - account.lots(0).expires_at_us() == kDayUs);
}

}  // namespace till::testing
