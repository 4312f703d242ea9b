// Positions as outsiders see them: opaque text that names one record of one log and epoch.
#pragma once

#include <string>
#include <string_view>

#include "engine/vocabulary.h"

namespace till {

// "<first 8 hex digits of the log id>-<epoch>-<position>".
std::string position_text(const LogId& log_id, Epoch epoch, Position position);

// False where `text` is not a position of that log.
bool parse_position_text(std::string_view text, const LogId& log_id, Epoch& epoch, Position& position);

}  // namespace till
