// What somebody asked to be told of an item's stock: it fell below zero, or came down to its reorder point. Both lie on
// the item's own stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& stock_alert_aggregate();

// What took goods off an item's shelf.
struct StockTaken {
  const std::string& stock_id;
  const std::string& store_id;
  const std::string& sku;
  std::string_view sale_id;  // may be empty
  std::string_view document_id;
  std::int64_t on_hand_after_e5;
};

// The event that somebody asked for, at most one: the item crossed below zero and its rule is ALLOW_WITH_ALERT, or it
// came down to its reorder point. `item` is as it was before.
void add_alert(Acceptance& acceptance, const Deciding& deciding, const schema::StockState& item,
               schema::StorePolicy::Stock rule, const StockTaken& taken);

// For evolve: an item that has risen far enough is told of again when it is low the next time.
void note_level(schema::StockState::Setting& setting, std::int64_t on_hand_e5);

}  // namespace till
