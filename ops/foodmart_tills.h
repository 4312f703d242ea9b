// The tills of FoodMart's stores: who stands at them, and the drawer's day from its float to its Z number. What a
// drawer should hold is kept as the server keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ops/foodmart_output.h"
#include "ops/foodmart_returns.h"
#include "ops/foodmart_stock.h"
#include "ops/foodmart_wallets.h"
#include "ops/seeded_random.h"

namespace till {

// Terminals of a store, numbered from 1.
inline constexpr std::uint64_t kFoodmartTills = 2;

class FoodmartTills {
 public:
  FoodmartTills(const FoodmartData& data, FoodmartStock& stock, FoodmartOutput& out)
      : data_(data), stock_(stock), out_(out), wallets_(out), returns_(data) {}

  // The tax table, the loyalty program, and those who work at the tills, with their PINs.
  void set_up();
  static std::string tax_code(const FoodmartData::Product& product);

  // Rings a basket up at a till whose shift is opened for it where it has none. Sales come in the order of time.
  void sell(FoodmartSale sale);
  // Counts and closes every drawer that was opened.
  void close_day();

 private:
  struct Drawer {
    std::string terminal;
    std::int64_t store = 0;
    std::uint64_t last_sequence = 0;
    // Of the open shift; the id is empty where there is none.
    std::string shift;
    std::string cashier;
    std::int64_t cash = 0;
    std::int64_t card = 0;
    std::uint64_t pickups = 0;
    SeededRandom random{0};
  };
  struct Staff {
    std::string manager;
    std::vector<std::string> checkers;
  };

  void hire(const FoodmartData::Employee& employee);
  Drawer& open_drawer(const FoodmartSale& sale, std::uint64_t number);
  void ring_up(const FoodmartSale& sale, Drawer& drawer);
  void ring_up_mistake(const FoodmartSale& sale, std::int64_t due, Drawer& drawer);
  void give_back(const FoodmartReturn& returned, std::int64_t at_us, Drawer& drawer);
  void pick_up(Drawer& drawer);
  void pay_out(Drawer& drawer);
  void count(const Drawer& drawer, std::int64_t counted);
  void close(Drawer& drawer);

  const FoodmartData& data_;
  FoodmartStock& stock_;
  FoodmartOutput& out_;
  FoodmartWallets wallets_;
  FoodmartReturns returns_;
  std::map<std::int64_t, Staff> staff_;                               // by store
  std::map<std::pair<std::int64_t, std::uint64_t>, Drawer> drawers_;  // by store and number of the till
};

}  // namespace till
