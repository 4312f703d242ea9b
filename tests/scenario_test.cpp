// Runs tests/scenarios: each rule of commands/ as given, when, then.
#include "tests/scenario.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "tests/memory_books.h"

namespace till::testing {
namespace {

const std::filesystem::path kSource = TILL_SOURCE_DIR;

// Read once: the test below is run from its beginning for each of them.
const std::vector<Scenario>& all_scenarios() {
  static const std::vector<Scenario> kScenarios = read_scenarios(kSource / "tests" / "scenarios");
  return kScenarios;
}

std::string command_of(const Scenario& scenario) {
  const auto* field = schema::Command::descriptor()->FindFieldByNumber(scenario.when.command.command_case());
  return field == nullptr ? "" : field->name();
}

MemoryTill::Sent send(MemoryTill& till, const Scenario& scenario) {
  const TimedCommand& when = scenario.when;
  return till.send(when.command, when.bound_terminal, static_cast<std::uint32_t>(when.scope));
}

void give(MemoryTill& till, const Scenario& scenario) {
  for (const TimedCommand& given : scenario.given) {
    till.set_now(given.at_us);
    const MemoryTill::Sent sent = till.send(given.command);
    if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) {
      FAIL("given " << given.command.ShortDebugString() << ": " << rejection->code << " " << rejection->detail);
    }
  }
  till.set_now(scenario.when.at_us);
}

void check_accepted(const Scenario& scenario, const MemoryTill::Sent& sent) {
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) {
    FAIL("refused: " << rejection->code << " " << rejection->pointer << " " << rejection->detail);
  }
  REQUIRE(std::holds_alternative<Acceptance>(sent.decision));
  REQUIRE(sent.events.size() == scenario.then.size());
  for (std::size_t i = 0; i < sent.events.size(); ++i) {
    CAPTURE(i, sent.events[i].DebugString());
    CHECK(first_difference(scenario.then[i], sent.events[i]) == "");
    CHECK(std::get<Acceptance>(sent.decision).events[i].type ==
          static_cast<std::uint32_t>(sent.events[i].event_case()));
  }
  CHECK(sent.answer.ShortDebugString() == scenario.answer.ShortDebugString());
  if (scenario.business_date != 0) {
    CHECK(std::get<Acceptance>(sent.decision).business_date == scenario.business_date);
  }
}

// A command that comes again under another idempotency key, long after the first one was forgotten.
void check_again(const Scenario& scenario, MemoryTill& till, std::uint64_t position, const schema::Answer& first) {
  const MemoryTill::Sent sent = send(till, scenario);
  if (scenario.again == "done") {
    REQUIRE(std::holds_alternative<AlreadyDone>(sent.decision));
    CHECK(std::get<AlreadyDone>(sent.decision).position.value() == position);
  } else if (scenario.again == "same") {
    REQUIRE(std::holds_alternative<Acceptance>(sent.decision));
    CHECK(sent.answer.ShortDebugString() == first.ShortDebugString());
  } else {
    REQUIRE(std::holds_alternative<Rejection>(sent.decision));
    CHECK(std::get<Rejection>(sent.decision).code == scenario.again);
  }
}

void check_rejected(const Scenario& scenario, const MemoryTill::Sent& sent) {
  REQUIRE(std::holds_alternative<Rejection>(sent.decision));
  const auto& rejection = std::get<Rejection>(sent.decision);
  CHECK(rejection.code == scenario.reject);
  CHECK(rejection.pointer == scenario.pointer);
  CHECK(rejection.expected == scenario.expected);
  CHECK_FALSE(rejection.detail.empty());
}

// decide() may look only at what needs() named. The tenant's own entity is always there; a command that learns from one
// entity which other it needs says so in its scenarios: `finds KIND…`.
void check_needs(const Scenario& scenario, const MemoryTill& till) {
  for (const EntityKey& look : till.unforeseen()) {
    CAPTURE(look.first, look.second);
    CHECK((look.first == schema::TENANT || scenario.finds.contains(look.first)));
  }
}

std::set<std::string> codes_in_sources() {
  std::set<std::string> codes;
  const std::regex name("schema::([A-Z][A-Z_]+)");
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "commands")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
      schema::ErrorCode code{};
      if (schema::ErrorCode_Parse((*it)[1].str(), &code) && code != schema::ERROR_UNSPECIFIED) codes.insert((*it)[1]);
    }
  }
  return codes;
}

}  // namespace

TEST_CASE("scenarios", "[commands][scenarios]") {
  for (const Scenario& scenario : all_scenarios()) {
    DYNAMIC_SECTION(scenario.file << ":" << scenario.line << " " << scenario.name) {
      MemoryTill till;
      give(till, scenario);
      const auto before = till.books().images();
      const std::uint64_t position = till.log().size() + 1;
      const MemoryTill::Sent sent = send(till, scenario);
      check_needs(scenario, till);
      if (!scenario.reject.empty()) {
        check_rejected(scenario, sent);
        CHECK(till.books().images() == before);
      } else {
        check_accepted(scenario, sent);
        REQUIRE_FALSE(scenario.again.empty());
        check_again(scenario, till, position, sent.answer);
      }
    }
  }
}

TEST_CASE("every command has a scenario that is accepted and stands in its own file", "[commands][scenarios]") {
  std::set<std::string> accepted;
  for (const Scenario& scenario : all_scenarios()) {
    CAPTURE(scenario.file, scenario.line);
    if (command_of(scenario).empty()) continue;
    CHECK(scenario.file == command_of(scenario) + ".scenario");
    if (scenario.reject.empty()) accepted.insert(command_of(scenario));
  }
  for (int i = 0; i < schema::Command::descriptor()->field_count(); ++i) {
    const std::string& name = schema::Command::descriptor()->field(i)->name();
    CAPTURE(name);
    CHECK(accepted.contains(name));
  }
}

TEST_CASE("every code that the rules know has a scenario", "[commands][scenarios]") {
  std::set<std::string> met;
  for (const Scenario& scenario : all_scenarios()) {
    met.insert(scenario.reject);
    // Refused, and yet something was recorded.
    if (scenario.answer.has_refused()) met.insert(schema::ErrorCode_Name(scenario.answer.refused()));
  }
  for (const std::string& code : codes_in_sources()) {
    CAPTURE(code);
    CHECK(met.contains(code));
  }
}

}  // namespace till::testing
