// Sessions that are kept in use without an event.
#include "projections/read_cache/session_touches.h"

#include <catch2/catch.hpp>

namespace till {
namespace {

SessionTouches::Session session(std::string_view id, std::uint64_t version = 1, std::int64_t expires_at = 1000) {
  return {"acme", id, StreamVersion(version), Micros(expires_at)};
}

}  // namespace

TEST_CASE("session touches: each touch moves the end, up to that of the session", "[read_cache]") {
  SessionTouches touches;
  CHECK_FALSE(touches.has_idled_out(session("n1"), Micros(999)));  // never touched: its own end counts
  CHECK(touches.touch(session("n1"), Micros(10), Micros(60)) == Micros(60));
  CHECK(touches.touch(session("n1"), Micros(59), Micros(109)) == Micros(109));
  CHECK_FALSE(touches.has_idled_out(session("n1"), Micros(108)));
  CHECK(touches.touch(session("n1"), Micros(100), Micros(2000)) == Micros(1000));
}

TEST_CASE("session touches: a session that has idled out stays so until something happens to it", "[read_cache]") {
  SessionTouches touches;
  REQUIRE(touches.touch(session("n1"), Micros(10), Micros(60)));
  CHECK(touches.has_idled_out(session("n1"), Micros(60)));
  CHECK_FALSE(touches.touch(session("n1"), Micros(60), Micros(110)));
  CHECK_FALSE(touches.touch(session("n1"), Micros(61), Micros(111)));
  // It was unlocked by its PIN, say: another version of its stream.
  CHECK_FALSE(touches.has_idled_out(session("n1", 3), Micros(61)));
  CHECK(touches.touch(session("n1", 3), Micros(61), Micros(111)) == Micros(111));
}

TEST_CASE("session touches: tenants do not meet", "[read_cache]") {
  SessionTouches touches;
  REQUIRE(touches.touch(session("n1"), Micros(10), Micros(60)));
  const SessionTouches::Session other{"globex", "n1", StreamVersion(1), Micros(1000)};
  CHECK_FALSE(touches.has_idled_out(other, Micros(60)));
}

TEST_CASE("5.3 row 31: the memory of touches is bounded, what is over goes first", "[read_cache]") {
  SessionTouches touches(100);
  for (int i = 0; i < 50; ++i) REQUIRE(touches.touch(session("old" + std::to_string(i), 1, 20), Micros(1), Micros(9)));
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(touches.touch(session("n" + std::to_string(i), 1, 5000), Micros(100), Micros(160)));
    CHECK(touches.size() <= 100);
  }
  CHECK(touches.has_idled_out(session("n999", 1, 5000), Micros(160)));
}

}  // namespace till
