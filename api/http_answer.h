// The header of an answer as bytes.
#pragma once

#include <string>
#include <string_view>

#include "api/http.h"

namespace till {

struct AnswerStyle {
  std::string_view date;
  bool keep_alive = true;
  bool http_1_0 = false;
};

// True where an answer of this status has no body, whatever the handler gave.
bool is_bodiless(unsigned status);

// Replaces `head` (whose capacity is reused) by status line and fields up to the empty line. Fields whose value has a
// line break are left out: they would be read as further fields.
void format_head(std::string& head, const HttpResponse& response, const AnswerStyle& style);

}  // namespace till
