#include "engine/intake.h"

#include <catch2/catch.hpp>

namespace till {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSlice = 4;

class Queues {
 public:
  void push(const std::string& tenant, std::size_t commands) {
    const auto submission = std::make_shared<Submission>();
    submission->commands.resize(commands);
    for (CommandRequest& command : submission->commands) command.tenant = tenant;
    REQUIRE(intake.admit(submission));
    intake.push(submission);
  }

  // Tenants of the slices that a turn of `took` gets, as "flood:4 other:1".
  std::string turn(milliseconds took) {
    intake.take(100, now_, slices_);
    std::string served;
    for (const Slice& slice : slices_) {
      const SubmissionPtr& submission = slice.submission;
      served += (served.empty() ? "" : " ") + submission->tenant() + ":" + std::to_string(slice.count);
      submission->next += slice.count;
      if (submission->next < submission->commands.size()) intake.push_front(submission);
    }
    now_ += took;
    if (!slices_.empty()) {
      intake.end_turn(now_);
      for (const Slice& slice : slices_) intake.release(slice.submission->tenant(), slice.count);
    }
    return served;
  }

  // A long batch of one tenant and a single command of another have had a turn of `took`.
  void begin_flood(milliseconds took) {
    push("flood", 100);
    push("other", 1);
    CHECK(turn(took) == "flood:4 other:1");
  }

  void pass(milliseconds time) { now_ += time; }

  Intake intake{1000, kSlice};

 private:
  Intake::Time now_ = std::chrono::steady_clock::now();
  std::vector<Slice> slices_;
};

TEST_CASE("batches do not rest where no single command comes in") {
  Queues queues;
  queues.push("flood", 12);
  queues.push("other", 8);
  CHECK(queues.turn(milliseconds(1)) == "flood:4 other:4");
  CHECK(queues.turn(milliseconds(1)) == "flood:4 other:4");
  CHECK(queues.turn(milliseconds(1)) == "flood:4");
  CHECK(queues.turn(milliseconds(1)).empty());
}

TEST_CASE("beside single commands a batch rests for twice its turn") {
  Queues queues;
  queues.begin_flood(milliseconds(3));
  queues.push("other", 1);
  CHECK(queues.turn(milliseconds(1)) == "other:1");
  CHECK(queues.turn(milliseconds(4)).empty());
  queues.push("other", 1);
  CHECK(queues.turn(milliseconds(0)) == "other:1");
  queues.pass(milliseconds(1));
  CHECK(queues.turn(milliseconds(1)) == "flood:4");
}

TEST_CASE("a rest is 20 ms at most") {
  Queues queues;
  queues.begin_flood(milliseconds(90));
  queues.pass(milliseconds(19));
  CHECK(queues.turn(milliseconds(0)).empty());
  queues.pass(milliseconds(1));
  CHECK(queues.turn(milliseconds(1)) == "flood:4");
}

TEST_CASE("batches rest no more when single commands have ended") {
  Queues queues;
  queues.begin_flood(milliseconds(1));
  queues.pass(milliseconds(200));
  CHECK(queues.turn(milliseconds(1)) == "flood:4");
  CHECK(queues.turn(milliseconds(1)) == "flood:4");
}

TEST_CASE("single commands of a tenant go before its batch and share its slice") {
  Queues queues;
  queues.push("t", 100);
  CHECK(queues.turn(milliseconds(1)) == "t:4");
  for (int i = 0; i < 5; ++i) queues.push("t", 1);
  CHECK(queues.turn(milliseconds(1)) == "t:1 t:1 t:2");
  CHECK(queues.turn(milliseconds(1)) == "t:1 t:1 t:1");  // the batch rests
}

TEST_CASE("nothing rests once the intake is closed") {
  Queues queues;
  queues.push("t", 8);
  queues.push("t", 1);
  CHECK(queues.turn(milliseconds(9)) == "t:1 t:3");
  CHECK(queues.turn(milliseconds(0)).empty());
  queues.intake.close();
  CHECK(queues.turn(milliseconds(0)) == "t:4");
}

TEST_CASE("the sequencer sleeps as long as the rest lasts, once") {
  Queues queues;
  queues.begin_flood(milliseconds(5));
  CHECK(queues.turn(milliseconds(0)).empty());
  const auto wait = [&](std::chrono::milliseconds timeout) {
    const auto before = std::chrono::steady_clock::now();
    queues.intake.wait(timeout);
    return std::chrono::steady_clock::now() - before;
  };
  const auto rest = wait(std::chrono::seconds(60));
  CHECK(rest >= milliseconds(10));
  CHECK(rest < std::chrono::seconds(50));
  CHECK(wait(milliseconds(20)) >= milliseconds(20));
}

}  // namespace
}  // namespace till
