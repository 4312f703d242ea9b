#include "tests/fuzz/request_text.h"

#include <algorithm>

namespace till::fuzz {

RequestText split_request(std::string_view input) {
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(0, line_end);
  const std::size_t method_end = std::min(line.find(' '), line.size());
  return {line.substr(0, method_end), line.substr(std::min(method_end + 1, line.size())),
          input.substr(std::min(line_end + 1, input.size()))};
}

}  // namespace till::fuzz
