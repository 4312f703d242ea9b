// Who may do what at a terminal: sessions, their ends, and permissions that were lent.
#include "commands/authority.h"

#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

#include "commands/employee_pin.h"
#include "tests/memory_books.h"

namespace till::testing {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

schema::Command command_of(const std::string& text) {
  schema::Command command;
  if (!google::protobuf::TextFormat::ParseFromString(text, &command)) FAIL("not a command: " << text);
  return command;
}

// A store with a cashier at terminal T1, in a session N1 of one hour, and a boss.
class Shop {
 public:
  Shop() {
    give(R"(upsert_store { store_id: "S1" name: "High Street" })");
    give(R"(register_terminal { store_id: "S1" terminal_id: "T1" })");
    give(R"(upsert_employee { employee_id: "E1" permissions: NO_SALE })");
    give(R"(upsert_employee { employee_id: "BOSS" permissions: DISCOUNT permissions: TIMECARD_EDIT })");
    give(R"(start_session { session_id: "N1" employee_id: "E1" store_id: "S1" terminal_id: "T1" ttl_seconds: 3600 })");
  }

  void give(const std::string& text) {
    const MemoryTill::Sent sent = till.send(command_of(text));
    if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) FAIL(rejection->code << rejection->detail);
  }

  // The code of the refusal; empty where it is allowed. `events` is how many events the permission took.
  std::string ask(schema::Permission permission, std::int64_t after_seconds = 0, std::string_view session = "N1") {
    google::protobuf::Arena arena;
    DecideContext context;
    context.tenant = "demo";
    context.recorded_at = Micros(kTestStartUs + after_seconds * kSecondUs);
    context.actor_scope = static_cast<std::uint32_t>(scope);
    context.bound_terminal = bound_terminal;
    context.arena = &arena;
    Acceptance accepted;
    const Micros at = happened_at.value_or(context.recorded_at);
    const Refusal refusal =
        authorize({context, till.books(), till.domain().zones(), till.domain()}, session, permission, at, accepted);
    events = accepted.events.size();
    return refusal ? std::string(refusal->code) : "";
  }

  MemoryTill till;
  schema::Scope scope = schema::TERMINAL;
  std::string bound_terminal = "T1";
  std::optional<Micros> happened_at;
  std::size_t events = 0;
};

}  // namespace

TEST_CASE("a session permits what its employee may do", "[commands][authority]") {
  Shop shop;
  CHECK(shop.ask(schema::NO_SALE) == "");
  CHECK(shop.ask(schema::DISCOUNT) == "PERMISSION_DENIED");
  CHECK(shop.ask(schema::NO_SALE, 0, "") == "PERMISSION_DENIED");
  CHECK(shop.ask(schema::NO_SALE, 0, "N9") == "SESSION_NOT_FOUND");
  shop.bound_terminal = "T2";
  CHECK(shop.ask(schema::NO_SALE) == "TERMINAL_NOT_PERMITTED");
}

TEST_CASE("a key of the back office needs no session, and names none that is over", "[commands][authority]") {
  Shop shop;
  shop.scope = schema::MANAGER;
  shop.bound_terminal.clear();
  CHECK(shop.ask(schema::DISCOUNT, 0, "") == "");
  CHECK(shop.ask(schema::DISCOUNT) == "");
  CHECK(shop.ask(schema::DISCOUNT, 3'600) == "SESSION_EXPIRED");
}

TEST_CASE("E1 a session is over at the very moment it expires", "[commands][authority]") {
  Shop shop;
  CHECK(shop.ask(schema::NO_SALE, 3'599) == "");
  CHECK(shop.ask(schema::NO_SALE, 3'600) == "SESSION_EXPIRED");
}

TEST_CASE("E2 what was done before a session expired counts when it comes in later", "[commands][authority]") {
  Shop shop;
  shop.happened_at = Micros(kTestStartUs + 3'599 * kSecondUs);
  CHECK(shop.ask(schema::NO_SALE, 86'400) == "");
  shop.happened_at = Micros(kTestStartUs + 3'600 * kSecondUs);
  CHECK(shop.ask(schema::NO_SALE, 86'400) == "SESSION_EXPIRED");
  SECTION("but not what a revoked session did, since no one knows when it was taken away") {
    shop.happened_at = Micros(kTestStartUs);
    shop.give(R"(revoke_sessions { employee_id: "E1" })");
    CHECK(shop.ask(schema::NO_SALE, 86'400) == "SESSION_EXPIRED");
  }
}

TEST_CASE("E3 a replay makes no session alive that is over", "[commands][authority]") {
  Shop shop;
  shop.give(R"(start_session { session_id: "N2" employee_id: "E1" store_id: "S1" terminal_id: "T1" })");
  shop.give(R"(end_session { session_id: "N2" })");
  MemoryTill later;
  for (const schema::Record& record : shop.till.log()) later.books().apply(record);
  CHECK(later.books().images() == shop.till.books().images());
  DecideContext context;
  context.recorded_at = Micros(kTestStartUs + 3'600 * kSecondUs);
  const Deciding deciding{context, later.books(), later.domain().zones(), later.domain()};
  CHECK(check_session(deciding, "N1", context.recorded_at)->code == "SESSION_EXPIRED");
  CHECK(check_session(deciding, "N2", Micros(kTestStartUs))->code == "SESSION_EXPIRED");
  CHECK_FALSE(check_session(deciding, "N1", Micros(kTestStartUs)).has_value());
}

TEST_CASE("a session that was ended, revoked or locked permits nothing", "[commands][authority]") {
  Shop shop;
  SECTION("ended") {
    shop.give(R"(end_session { session_id: "N1" })");
    CHECK(shop.ask(schema::NO_SALE) == "SESSION_EXPIRED");
  }
  SECTION("revoked") {
    shop.give(R"(revoke_sessions { employee_id: "E1" })");
    CHECK(shop.ask(schema::NO_SALE) == "SESSION_EXPIRED");
  }
  SECTION("of an employee who was disabled, for ever") {
    shop.give(R"(disable_employee { employee_id: "E1" })");
    CHECK(shop.ask(schema::NO_SALE) == "SESSION_EXPIRED");
    shop.give(R"(enable_employee { employee_id: "E1" })");
    CHECK(shop.ask(schema::NO_SALE) == "SESSION_EXPIRED");
  }
  SECTION("of an employee who lost a permission") {
    shop.give(R"(upsert_employee { employee_id: "E1" })");
    CHECK(shop.ask(schema::NO_SALE) == "SESSION_EXPIRED");
  }
  SECTION("locked, until it is unlocked") {
    shop.give(R"(lock_session { session_id: "N1" })");
    CHECK(shop.ask(schema::NO_SALE) == "SESSION_LOCKED");
    shop.give(R"(unlock_session { session_id: "N1" })");
    CHECK(shop.ask(schema::NO_SALE) == "");
  }
}

TEST_CASE("a permission that is gained holds for sessions that begin later", "[commands][authority]") {
  Shop shop;
  shop.give(R"(upsert_employee { employee_id: "E1" permissions: NO_SALE permissions: DISCOUNT })");
  CHECK(shop.ask(schema::NO_SALE) == "");
  CHECK(shop.ask(schema::DISCOUNT) == "PERMISSION_DENIED");
  shop.give(R"(start_session { session_id: "N2" employee_id: "E1" store_id: "S1" terminal_id: "T1" })");
  CHECK(shop.ask(schema::DISCOUNT, 0, "N2") == "");
}

TEST_CASE("a permission is lent for a while", "[commands][authority]") {
  Shop shop;
  shop.give(R"(elevate_session { session_id: "N1" approver_id: "BOSS" permission: DISCOUNT seconds: 60 })");
  CHECK(shop.ask(schema::DISCOUNT, 59) == "");
  CHECK(shop.events == 0);
  CHECK(shop.ask(schema::DISCOUNT, 60) == "PERMISSION_DENIED");
  CHECK(shop.ask(schema::TIMECARD_EDIT) == "PERMISSION_DENIED");
}

TEST_CASE("a permission that was lent for one use is used up by it", "[commands][authority]") {
  Shop shop;
  shop.give(R"(elevate_session {
    session_id: "N1" approver_id: "BOSS" permission: TIMECARD_EDIT one_shot: true seconds: 60 })");
  CHECK(shop.ask(schema::TIMECARD_EDIT) == "");
  CHECK(shop.events == 1);
  const schema::Command use = command_of(R"(clock_in { employee_id: "BOSS" store_id: "S1" session_id: "N1" })");
  REQUIRE(std::holds_alternative<Acceptance>(shop.till.send(use, "T1", schema::TERMINAL).decision));
  CHECK(shop.ask(schema::TIMECARD_EDIT) == "PERMISSION_DENIED");
}

TEST_CASE("the latest loan of a permission takes the place of the one before", "[commands][authority]") {
  Shop shop;
  for (int i = 0; i < 100; ++i) {
    shop.give(R"(elevate_session { session_id: "N1" approver_id: "BOSS" permission: DISCOUNT seconds: 60 })");
  }
  const auto* session = shop.till.books().get<schema::SessionState>(kind_of(schema::SESSION), "N1");
  CHECK(session->elevations_size() == 1);
}

TEST_CASE("wrong PINs in a row lock, and only a right one or a new PIN begins anew", "[commands][authority]") {
  Shop shop;
  shop.give(R"(set_employee_pin { employee_id: "BOSS" pin_hash: "h" })");
  const auto attempt = [&](bool right) {
    schema::Command command =
        command_of(R"(elevate_session { session_id: "N1" approver_id: "BOSS" permission: DISCOUNT seconds: 60 })");
    command.mutable_elevate_session()->mutable_pin_check()->set_matches(right);
    command.mutable_elevate_session()->mutable_pin_check()->set_pin_version(1);
    const MemoryTill::Sent sent = shop.till.send(command, "T1", schema::TERMINAL);
    if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) return std::string(rejection->code);
    return sent.answer.has_refused() ? schema::ErrorCode_Name(sent.answer.refused()) : std::string();
  };
  for (std::uint32_t i = 1; i < kPinFailuresMost; ++i) CHECK(attempt(false) == "INVALID_PIN");
  CHECK(attempt(true) == "");
  for (std::uint32_t i = 0; i < kPinFailuresMost; ++i) CHECK(attempt(false) == "INVALID_PIN");
  CHECK(attempt(true) == "EMPLOYEE_LOCKED");
  shop.till.set_now(kTestStartUs + kPinLockUs);
  CHECK(attempt(false) == "INVALID_PIN");
  CHECK(attempt(true) == "EMPLOYEE_LOCKED");
  shop.till.set_now(kTestStartUs + 2 * kPinLockUs);
  CHECK(attempt(true) == "");
}

}  // namespace till::testing
