// The program's log: one JSON object a line on stderr, properly escaped, without personal data.
#pragma once

#include <string>

#include "engine/result.h"

namespace till {

// Makes it spdlog's default, and has Protobuf's own messages go through it. kInvalid for an unknown level.
Status use_json_log_lines(const std::string& level);

}  // namespace till
