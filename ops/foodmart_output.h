// What the parts of the FoodMart importer share: the names of things, and how a command gets out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ops/foodmart_converter.h"
#include "ops/keyed_command.h"

namespace till {

inline constexpr std::string_view kFoodmartCurrency = "USD";
inline constexpr std::uint64_t kFoodmartSeed = 1997;
inline constexpr std::int64_t kFoodmartUnitE5 = 100'000;

// Apart from the names of a made-up chain, so that both may stand in one tenant.
inline std::string foodmart_store(std::int64_t id) {
  return "foodmart-" + std::to_string(id);
}
inline std::string foodmart_terminal(std::int64_t store, std::uint64_t number) {
  return foodmart_store(store) + "-t" + std::to_string(number);
}
// Followed by store, customer and day of the basket.
inline constexpr std::string_view kFoodmartSale = "foodmart-sale-";
inline std::string foodmart_customer(std::int64_t id) {
  return "foodmart-customer-" + std::to_string(id);
}

// The way of every command to the sink.
class FoodmartOutput {
 public:
  explicit FoodmartOutput(const CommandSink& sink) : sink_(sink) {}

  // One command under its key, set by `fill`.
  template <class Fill>
  void emit(std::string key, Fill&& fill) {
    KeyedCommand keyed;
    keyed.idempotency_key = std::move(key);
    fill(keyed.command);
    ++counts.commands;
    sink_(keyed);
  }

  FoodmartCounts counts;

 private:
  const CommandSink& sink_;
};

}  // namespace till
