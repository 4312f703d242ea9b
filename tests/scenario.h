// Scenarios as data: what was given, what is sent, what must follow. The language of the files is told in
// tests/scenarios/README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "schemas/commands.pb.h"
#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till::testing {

struct TimedCommand {
  std::int64_t at_us = 0;
  schema::Command command;
  std::string bound_terminal;  // of the key that sends it; empty: any
  schema::Scope scope{};       // of the key; unspecified: none, as a timer's command
};

struct Scenario {
  std::string file;  // name without folder
  std::string name;
  int line = 0;
  std::vector<TimedCommand> given;
  TimedCommand when;
  std::set<std::uint16_t> finds;  // kinds of entities that the command learns of from others
  // Either a code, with pointer and expected sequence, or events and an answer.
  std::string reject;
  std::string pointer;
  std::uint64_t expected = 0;
  std::vector<schema::Event> then;
  schema::Answer answer;
  std::int32_t business_date = 0;  // of the record; 0: not told
  // What the same command leads to when it comes again: "done", "same" or a code.
  std::string again;
};

// Every scenario of every file in a folder, by file name. Throws std::runtime_error naming file and line where one
// cannot be read.
std::vector<Scenario> read_scenarios(const std::filesystem::path& folder);

// Every field set in `wanted` has that value in `actual`; lists match member by member. Empty, or the first difference.
std::string first_difference(const google::protobuf::Message& wanted, const google::protobuf::Message& actual);

}  // namespace till::testing
