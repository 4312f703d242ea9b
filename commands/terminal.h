// Terminals: each belongs to one store at a time, and to one during a business day. Stream:
// terminal_device/<terminal_id>. The terminal's sequence and fiscal chain are the engine's (kind TERMINAL_CHAIN);
// decisions only read them.
#pragma once

#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& terminal_aggregate();

// TERMINAL_NOT_FOUND where the store has no such terminal, TERMINAL_RETIRED; at /terminal_id.
Refusal check_terminal(const Deciding& deciding, std::string_view terminal_id, std::string_view store_id);

}  // namespace till
