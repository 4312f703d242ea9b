// One customer made an alias of another: the fourth file of the customer. The alias keeps its own stream, so that sales
// of before resolve by its state. No chains: an alias leads to a customer that is none itself.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& customer_merge_aggregate();

// Takes `alias` off the list of the customer that it was merged into.
void remove_alias(Acceptance& acceptance, const Deciding& deciding, const schema::CustomerState& alias,
                  const std::string& employee_id);

}  // namespace till
