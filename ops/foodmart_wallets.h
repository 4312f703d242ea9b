// What FoodMart's customers have to pay with — points, gift cards, store credit, cash and bank cards — and how they
// pay. Kept as the server keeps it, so that no payment asks for more than there is.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ops/foodmart_output.h"
#include "ops/seeded_random.h"

namespace till {

class FoodmartWallets {
 public:
  explicit FoodmartWallets(FoodmartOutput& out) : out_(out) {}

  // The loyalty program.
  void set_up();

  // Where the money of a sale went.
  struct Paid {
    std::int64_t cash = 0;  // less change
    std::int64_t card = 0;
    std::int64_t gift_cards_sold = 0;
  };
  // Fills tenders, change, gift cards and expected_total of a sale whose goods cost `net` and, with tax, `due`; books
  // what it takes from and brings to the customer.
  Paid pay(std::int64_t customer, std::int64_t net, std::int64_t due, SeededRandom& random, schema::RingUpSale& sale);

  // The customer pays with no points any more: goods that come back take points with them.
  void keep_points(std::int64_t customer) { wallets_[customer].keeps_points = true; }

  // Now and then a customer gets store credit after a sale.
  void make_up(std::int64_t customer, const schema::RingUpSale& sale, SeededRandom& random);

 private:
  struct Wallet {
    std::int64_t points = 0;
    bool keeps_points = false;
    std::int64_t credit = 0;
    std::string gift_card;  // the one that the customer has bought
    std::int64_t gift_card_balance = 0;
  };

  std::int64_t sell_gift_card(Wallet& wallet, SeededRandom& random, schema::RingUpSale& sale);
  // Each takes what it can of `left` and gives back what is still to be paid.
  static std::int64_t spend_gift_card(Wallet& wallet, std::int64_t left, schema::RingUpSale& sale);
  static std::int64_t spend_credit(Wallet& wallet, std::int64_t left, schema::RingUpSale& sale);
  static std::int64_t spend_points(Wallet& wallet, std::int64_t left, schema::RingUpSale& sale);
  static void spend_money(std::int64_t left, SeededRandom& random, schema::RingUpSale& sale, Paid& paid);

  FoodmartOutput& out_;
  std::map<std::int64_t, Wallet> wallets_;  // by customer
};

}  // namespace till
