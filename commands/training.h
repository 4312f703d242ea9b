// Sales for training: checked as sales are, and nothing moves by them, no stock, account, drawer or receipt. They are
// counted in a chain of their own beside the receipts of their terminal, and in their shift. Stream:
// training_chain/<terminal_id>.
#pragma once

#include "commands/rules.h"

namespace till {

// Of a terminal, the latest: a repeat of one of them is known as done.
inline constexpr int kTrainingSalesKept = 16;

const Aggregate& training_aggregate();

}  // namespace till
