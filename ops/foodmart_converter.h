// FoodMart's year as commands: catalogue, stores, customers, then day by day the receipts and one RingUpSale a basket.
#pragma once

#include "engine/result.h"
#include "ops/foodmart_reader.h"
#include "ops/keyed_command.h"

namespace till {

struct FoodmartCounts {
  std::uint64_t commands = 0;
  std::uint64_t sales = 0;
  std::uint64_t lines = 0;
  std::int64_t amount = 0;  // minor units
};

// Gives every command to `sink` in order. What the files lack (tenders, times of day) comes from a fixed seed and each
// key from the row it stands for, so that the same files give the same commands. kInvalid where an amount is not exact.
Result<FoodmartCounts> convert_foodmart(const FoodmartData& data, const CommandSink& sink);

}  // namespace till
