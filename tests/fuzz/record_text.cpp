#include "tests/fuzz/record_text.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace till::fuzz {

std::vector<std::string_view> split_records(std::string_view input) {
  std::vector<std::string_view> records;
  while (input.size() > 2) {
    const std::size_t high = static_cast<std::uint8_t>(input[0]);
    const std::size_t low = static_cast<std::uint8_t>(input[1]);
    input.remove_prefix(2);
    const std::size_t size = std::min(high << 8 | low, input.size());
    records.push_back(input.substr(0, size));
    input.remove_prefix(size);
  }
  return records;
}

void append_record(std::string_view stored, std::string& input) {
  if (stored.size() > std::numeric_limits<std::uint16_t>::max()) return;
  input.push_back(static_cast<char>(stored.size() >> 8));
  input.push_back(static_cast<char>(stored.size() & 0xff));
  input.append(stored);
}

}  // namespace till::fuzz
