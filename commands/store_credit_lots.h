// The part of a customer's store credit that expires, in lots by their moment. What expires first is spent first, and
// what never does last.
#pragma once

#include <cstdint>

#include "commands/rules.h"

namespace till {

// Lots of one moment are one lot. Above this number the two that expire first become one, with the later moment.
inline constexpr int kCreditLotsMost = 100;

// Of the balance, what is over at `at`.
std::int64_t expired_credit(const schema::StoreCreditState& credit, Micros at);

// For evolve, and for a decision that moves its copy on: balance and lots as the event leaves them.
void fold_credit(schema::StoreCreditState& credit, const schema::StoreCreditMoved& fact);

}  // namespace till
