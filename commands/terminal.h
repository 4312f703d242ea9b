// Terminals: each belongs to one store for ever. Stream: terminal_device/<terminal_id>. The terminal's sequence and
// fiscal chain are the engine's (kind TERMINAL_CHAIN); decisions only read them.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& terminal_aggregate();

}  // namespace till
