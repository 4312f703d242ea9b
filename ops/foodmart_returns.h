// Goods that come back some days after they were sold: a whole line, to the store that sold it, refunded as it was
// paid.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/foodmart_output.h"
#include "ops/seeded_random.h"

namespace till {

// A basket without what its till adds: tax, tenders, place in the terminal's order.
struct FoodmartSale {
  std::int64_t store;
  std::int64_t customer;
  std::int32_t date;                            // yyyymmdd
  std::int64_t net = 0;                         // minor units
  std::map<std::string, std::int64_t> taxable;  // by tax code, minor units
  std::vector<std::int64_t> products;           // of the lines
  SeededRandom random;
  schema::RingUpSale command;
};

struct FoodmartReturn {
  std::string sale_id;
  std::string line_id;
  std::int64_t product;
  std::int64_t quantity_e5;
  std::int64_t total;  // what was paid for the line, with its share of the tax
  schema::Tender::Type type;
  std::int32_t due;  // yyyymmdd
};

class FoodmartReturns {
 public:
  explicit FoodmartReturns(const FoodmartData& data) : data_(data) {}

  // Whether a line of the sale, rung up and paid, will come back; drawn for sales that were paid in one way.
  bool plan(FoodmartSale& sale);
  // The next line that comes back to the store by that day.
  std::optional<FoodmartReturn> next(std::int64_t store, std::int32_t date);

 private:
  std::int64_t paid_for(const FoodmartSale& sale, std::size_t line) const;

  const FoodmartData& data_;
  std::map<std::int64_t, std::deque<FoodmartReturn>> planned_;  // by store
};

}  // namespace till
