// The little of HTTP that a load generator must read: where an answer ends.
#pragma once

#include <cstddef>
#include <string_view>

namespace till {

struct ParsedAnswer {
  unsigned status = 0;
  std::string_view head;  // status line and fields, without the empty line
  std::string_view body;
  bool closes = false;  // the server says that it closes the connection
};

enum class AnswerProgress { kNeedMore, kWhole, kBad };

// Looks for one whole answer at the start of `bytes`; `answer` views into it. kBad: no HTTP/1.1, no Content-Length
// (needed but for 204 and 304), or larger than `max_bytes`.
AnswerProgress parse_answer(std::string_view bytes, std::size_t max_bytes, ParsedAnswer& answer);

}  // namespace till
