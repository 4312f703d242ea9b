// FoodMart's year as commands: catalogue, stores, people, then day by day what happened in the stores. The files tell
// of receipts and baskets; what they lack (tenders, taxes, times of day, tills) is drawn from a fixed seed, and each
// key comes from the row it stands for, so that the same files give the same commands.
#pragma once

#include "engine/result.h"
#include "ops/foodmart_reader.h"
#include "ops/keyed_command.h"

namespace till {

struct FoodmartOptions {
  // Catalogue, customers, receipts and one RingUpSale a basket, paid by cash or card without a tax. Else the whole of a
  // store's day: tills whose drawers are opened, counted and closed, taxes, accounts of value, voids, transfers,
  // counts, goods that come back. Keys are those of the same rows, so one tenant takes one of the two.
  bool plain = false;
};

struct FoodmartCounts {
  std::uint64_t commands = 0;
  std::uint64_t sales = 0;  // baskets; a sale that was voided and rung up again counts once
  std::uint64_t lines = 0;
  std::uint64_t voids = 0;
  std::uint64_t shifts = 0;
  std::uint64_t returns = 0;
  // Minor units.
  std::int64_t amount = 0;  // of the goods, without tax
  std::int64_t tax = 0;
  std::int64_t gift_cards_sold = 0;
  std::int64_t returned = 0;  // with tax
};

// Gives every command to `sink` in order; a server that takes them in this order refuses none. kInvalid where an amount
// is not exact.
Result<FoodmartCounts> convert_foodmart(const FoodmartData& data, const CommandSink& sink,
                                        const FoodmartOptions& options = {});

}  // namespace till
