// The level of a stock item that an event leaves: every event of an item that changes one tells both.
#pragma once

#include <cstdint>
#include <optional>

#include "schemas/events.pb.h"

namespace till::read_cache {

struct StockLevel {
  std::int64_t on_hand_e5 = 0;
  std::int64_t held_e5 = 0;  // of it, what is not for sale
};

// Nothing where the event leaves the item as it was.
std::optional<StockLevel> level_after(const schema::Event& event);

}  // namespace till::read_cache
