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

TEST_CASE("names of other systems lead to commands that there are", "[commands][docs]") {
  const std::string text = read_file(kSource / "commands" / "README.md");
  const auto begin = text.find("## Names");
  const std::string section = text.substr(begin, text.find("## Commands") - begin);
  std::size_t names = 0;
  for (std::size_t open = section.find('`'); open != std::string::npos; open = section.find('`', open)) {
    const std::size_t close = section.find('`', open + 1);
    REQUIRE(close != std::string::npos);
    const std::string name = section.substr(open + 1, close - open - 1);
    open = close + 1;
    if (name.find_first_of(" /") != std::string::npos) continue;  // a route, a command line
    ++names;
    CAPTURE(name);
    CHECK(text.find("\n| `" + name + "` | ") != std::string::npos);
  }
  CHECK(names > 20);
}

}  // namespace till::testing
