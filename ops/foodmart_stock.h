// What FoodMart's stores do with their goods besides receiving and selling them: transfers to each other and counts.
// Levels are kept as the server keeps them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ops/foodmart_output.h"
#include "ops/seeded_random.h"

namespace till {

class FoodmartStock {
 public:
  FoodmartStock(const FoodmartData& data, FoodmartOutput& out);

  // What the store's level of the product gained, or lost where negative.
  void move(std::int64_t store, std::int64_t product, std::int64_t quantity_e5) {
    levels_[{store, product}] += quantity_e5;
  }

  // Before the doors of a trading day open: what arrives and leaves, what is counted. `date` is yyyymmdd.
  void begin_day(std::int32_t date);
  // After the last day: what is still under way arrives.
  void end_year();

 private:
  struct Line {
    std::int64_t product;
    std::int64_t units;
  };
  struct Transfer {
    std::string id;
    std::int64_t from;
    std::int64_t to;
    std::int64_t arrives;  // trading day
    std::vector<Line> lines;
  };
  // Up to `most` products of which the store has at least `units_least`, from a drawn one on.
  std::vector<Line> draw_products(std::int64_t store, std::size_t most, std::int64_t units_least, SeededRandom& random);
  void ship(std::int32_t date, SeededRandom& random);
  void receive(const Transfer& transfer);
  void count(std::int64_t store, std::int32_t date, SeededRandom& random);
  std::int64_t level(std::int64_t store, std::int64_t product) const;

  const FoodmartData& data_;
  FoodmartOutput& out_;
  std::vector<std::int64_t> stores_;                                      // that sell
  std::vector<std::int64_t> products_;                                    // all of them
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> levels_;  // x 1e-5, by store and product
  std::deque<Transfer> under_way_;
  std::int64_t day_ = 0;  // trading days begun
};

}  // namespace till
