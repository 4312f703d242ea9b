// How a count ends: posted to the books, or cancelled. The second file of the count.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& stock_count_close_aggregate();

}  // namespace till
