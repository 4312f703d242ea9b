// The delivery log.
#include <catch2/catch.hpp>

#include "engine/effect_journal.h"
#include "tests/temporary_directory.h"

namespace till::testing {
namespace {

schema::AttemptRecord attempt_of(const std::string& event_id) {
  schema::AttemptRecord attempt;
  attempt.set_event_id(event_id);
  attempt.set_outcome(schema::AttemptRecord::DONE);
  return attempt;
}

}  // namespace

TEST_CASE("delivery log: the newest come first, page by page, each receiver for itself", "[effects]") {
  TemporaryDirectory folder;
  auto journal = EffectJournal::open(folder.path());
  REQUIRE(journal.ok());
  for (int i = 0; i < 25; ++i) REQUIRE((*journal)->add("webhooks", "a", attempt_of(std::to_string(i))).ok());
  REQUIRE((*journal)->add("webhooks", "ab", attempt_of("other")).ok());
  std::optional<std::uint64_t> before;
  int expected = 24;
  do {
    const auto page = (*journal)->latest("webhooks", "a", before, 10);
    REQUIRE(page.ok());
    for (const schema::AttemptRecord& attempt : page->attempts) {
      CHECK(attempt.event_id() == std::to_string(expected--));
    }
    before = page->next;
  } while (before);
  CHECK(expected == -1);
}

TEST_CASE("delivery log: it goes on after a restart, and forgets what is old", "[effects]") {
  TemporaryDirectory folder;
  for (int round = 0; round < 3; ++round) {
    auto journal = EffectJournal::open(folder.path());
    REQUIRE(journal.ok());
    for (int i = 0; i < 500; ++i) {
      REQUIRE((*journal)->add("webhooks", "a", attempt_of(std::to_string(round * 500 + i))).ok());
    }
  }
  auto journal = EffectJournal::open(folder.path());
  REQUIRE(journal.ok());
  const auto all = (*journal)->latest("webhooks", "a", std::nullopt, 5000);
  REQUIRE(all.ok());
  REQUIRE(all->attempts.size() == EffectJournal::kAttemptsKept);
  CHECK(all->attempts.front().event_id() == "1499");
  CHECK(all->attempts.back().event_id() == "500");
}

}  // namespace till::testing
