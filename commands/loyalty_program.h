// How points are earned, how long they last and what they are worth. One program a tenant.
#pragma once

#include <cstdint>
#include <vector>

#include "commands/money.h"
#include "commands/rules.h"

namespace till {

const Aggregate& loyalty_program_aggregate();

// For needs().
void need_loyalty_program(std::vector<EntityRef>& out);

// Null where none is set.
const schema::LoyaltyProgramState* loyalty_program(BooksReader& books);

// Points for `amount` minor units of the program's currency, rounded down.
Wide points_for(const schema::LoyaltyProgramState& program, std::int64_t amount);

// What `points` are worth, in minor units of the program's currency, rounded down.
Wide value_of(const schema::LoyaltyProgramState& program, std::int64_t points);

// When points credited at `at` expire: at midnight UTC after expiry_days whole days. 0: never. Null program: never.
std::int64_t points_expiry(const schema::LoyaltyProgramState* program, Micros at);

}  // namespace till
