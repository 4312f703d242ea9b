// Input of the record target: stored records one behind the other, the length of each in two bytes before it. What a
// length says beyond the end of the input does not count.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace till::fuzz {

std::vector<std::string_view> split_records(std::string_view input);
// Longer ones than a length can tell are left out.
void append_record(std::string_view stored, std::string& input);

}  // namespace till::fuzz
