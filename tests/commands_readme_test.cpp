// The list of commands in commands/README.md is made from descriptors, rules and scenarios; TILL_WRITE_DOCS=1 writes
// it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "commands/retail_domain.h"
#include "schemas/errors.pb.h"
#include "tests/scenario.h"

namespace till::testing {
namespace {

const std::filesystem::path kSource = TILL_SOURCE_DIR;
const std::string kBegin = "<!-- commands: generated -->\n";
const std::string kEnd = "<!-- end -->\n";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Codes by command member, in the order of their numbers.
std::map<int, std::set<schema::ErrorCode>> refusals() {
  std::map<int, std::set<schema::ErrorCode>> codes;
  for (const Scenario& scenario : read_scenarios(kSource / "tests" / "scenarios")) {
    schema::ErrorCode code{};
    if (schema::ErrorCode_Parse(scenario.reject, &code)) codes[scenario.when.command.command_case()].insert(code);
  }
  return codes;
}

std::string row(const Aggregate& aggregate, const CommandRule& rule, const std::set<schema::ErrorCode>& codes) {
  const auto& member = *schema::Command::descriptor()->FindFieldByNumber(rule.command);
  const auto& route = member.message_type()->options().GetExtension(schema::route);
  std::string text = "| `" + member.message_type()->name() + "` | ";
  text += route.path().empty() ? (rule.of_operator ? "operator socket" : "inside of a fixed route")
                               : route.method() + " `" + route.path() + "`";
  text += " | [" + std::string(aggregate.file) + ".cpp](" + std::string(aggregate.file) + ".cpp) | [" + member.name() +
          "](../tests/scenarios/" + member.name() + ".scenario) | ";
  for (const schema::ErrorCode code : codes) text += "`" + schema::ErrorCode_Name(code) + "` ";
  return text + "|\n";
}

std::string generated() {
  auto codes = refusals();
  std::string text = kBegin + "| command | route | rules | scenarios | refusals |\n|---|---|---|---|---|\n";
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const CommandRule& rule : aggregate.commands) text += row(aggregate, rule, codes[rule.command]);
  }
  return text + kEnd;
}

}  // namespace

TEST_CASE("the list of commands in commands/README.md is today's", "[commands][docs]") {
  const std::filesystem::path path = kSource / "commands" / "README.md";
  const std::string text = read_file(path);
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::string present = text.substr(begin, end + kEnd.size() - begin);
  if (std::getenv("TILL_WRITE_DOCS") != nullptr && present != generated()) {
    std::ofstream(path) << text.substr(0, begin) << generated() << text.substr(end + kEnd.size());
  } else {
    CHECK(present == generated());
  }
}

}  // namespace till::testing
