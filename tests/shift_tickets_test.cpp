// A shift knows its open sales, wherever they go, and does not end before them.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

#include "commands/shift_tickets.h"
#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

constexpr int kTills = 2;

schema::Command read_command(const std::string& text) {
  schema::Command command;
  if (!google::protobuf::TextFormat::ParseFromString(text, &command)) FAIL("not a command: " << text);
  return command;
}

// Two terminals with an open shift each.
void open_shifts_of_two(MemoryTill& till) {
  must(till, read_command(R"(upsert_store { store_id: "S1" name: "High Street" })"));
  for (int i = 0; i < kTills; ++i) {
    const std::string n = std::to_string(i);
    must(till, read_command("register_terminal { store_id: \"S1\" terminal_id: \"T" + n + "\" }"));
    must(till, read_command("open_shift { shift_id: \"SH" + n + "\" store_id: \"S1\" terminal_id: \"T" + n +
                            "\" opening_float { currency: \"EUR\" } }"));
  }
}

std::string open_sale(const std::string& sale_id, const std::string& till_no) {
  return "open_sale { sale_id: \"" + sale_id + "\" store_id: \"S1\" terminal_id: \"T" + till_no +
         "\" currency: \"EUR\" shift_id: \"SH" + till_no + "\" }";
}

bool is_accepted(MemoryTill& till, const std::string& text) {
  return std::holds_alternative<Acceptance>(till.send(read_command(text)).decision);
}

const schema::ShiftState& shift_of(MemoryTill& till, const std::string& shift_id) {
  return *till.books().get<schema::ShiftState>(kind_of(schema::SHIFT), shift_id);
}

}  // namespace

TEST_CASE("a shift ends when its last sale was put aside, moved or cancelled", "[commands][shift][ticket][property]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_shifts_of_two(till);
    std::map<std::string, std::set<std::string>> open;  // by shift
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
      const std::string sale = "V" + std::to_string(*rc::gen::inRange(0, 6));
      const std::string n = std::to_string(*rc::gen::inRange(0, kTills));
      const std::string of_sale = "{ sale_id: \"" + sale + "\"";
      const int act = *rc::gen::inRange(0, 4);
      const std::vector<std::string> acts{
          open_sale(sale, n), "resume_sale " + of_sale + " terminal_id: \"T" + n + "\" shift_id: \"SH" + n + "\" }",
          "suspend_sale " + of_sale + " }", "cancel_sale " + of_sale + " }"};
      if (!is_accepted(till, acts[static_cast<std::size_t>(act)])) continue;
      for (auto& [shift_id, sales] : open) sales.erase(sale);
      if (act <= 1) open["SH" + n].insert(sale);
    }
    for (int i = 0; i < kTills; ++i) {
      const std::string shift_id = "SH" + std::to_string(i);
      const auto& listed = shift_of(till, shift_id).open_tickets();
      RC_ASSERT(std::set<std::string>(listed.begin(), listed.end()) == open[shift_id]);
      RC_ASSERT(static_cast<std::size_t>(listed.size()) == open[shift_id].size());
      const std::string code = code_of(till.send(read_command("end_shift { shift_id: \"" + shift_id + "\" }")));
      RC_ASSERT(code == (open[shift_id].empty() ? "" : "OPEN_SALES"));
    }
  }));
}

TEST_CASE("a shift names some of its open sales and counts them all", "[commands][shift][ticket]") {
  MemoryTill till;
  open_shifts_of_two(till);
  const int sales = kShiftTicketsMost + 3;
  for (int i = 0; i < sales; ++i) must(till, read_command(open_sale("V" + std::to_string(i), "0")));
  CHECK(shift_of(till, "SH0").open_tickets_size() == kShiftTicketsMost);
  CHECK(shift_of(till, "SH0").more_open_tickets() == 3);
  for (int i = 0; i < sales; ++i) {
    CHECK(code_of(till.send(read_command(R"(end_shift { shift_id: "SH0" })"))) == "OPEN_SALES");
    must(till, read_command("cancel_sale { sale_id: \"V" + std::to_string(i) + "\" }"));
  }
  CHECK(shift_of(till, "SH0").more_open_tickets() == 0);
  must(till, read_command(R"(end_shift { shift_id: "SH0" })"));
}

}  // namespace till::testing
