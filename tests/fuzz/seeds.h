// What makes the seeds and dictionaries of the targets; each maker has a file.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/scenario.h"

namespace till::fuzz {

// Inputs to begin with, by target. Short ones: the fuzzer finds long ones by itself.
using Seeds = std::map<std::string, std::vector<std::string>>;

// Logs that the scenarios leave, and the golden event bytes in a record each.
void add_record_seeds(const std::vector<testing::Scenario>& scenarios, const std::filesystem::path& golden,
                      Seeds& seeds);

// Words of each target in libFuzzer's form, one a line: names of the schema, tags of its fields, keys of the
// configuration, tokens of HTTP.
std::map<std::string, std::string> make_dictionaries();

}  // namespace till::fuzz
