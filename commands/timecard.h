// Time cards of employees: clocking in and out, breaks. Stream: timecard/<employee_id>, one card open at a time; a card
// belongs to the business day on which it was opened.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& timecard_aggregate();

}  // namespace till
