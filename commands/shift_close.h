// The end of a shift: no more sales, count, close with its Z number. Second file of shift.h.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& shift_close_aggregate();

}  // namespace till
