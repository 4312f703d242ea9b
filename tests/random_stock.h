// Random commands that move stock, over two stores and three articles of which one is a kit of the others.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tests/sent.h"

namespace till::testing {

inline const std::array<std::string, 2> kStores{"S1", "S2"};
inline const std::array<std::string, 3> kArticles{"A", "B", "KIT"};
inline constexpr std::int64_t kOpeningE5 = 1'500'000;  // of each article in each store
inline constexpr std::int64_t kStepUs = 60'000'000;
inline constexpr int kIds = 5;  // of each kind of document that goes on after its first command, so that they meet

// The id of a document that one command books whole, and of one that goes on.
std::string step_id(int step);
std::string shared_id(int number);

// Both stores with a terminal and their opening stock.
void open_stores(MemoryTill& till);

// One command of any kind. A till that was away sends its sales late; the next sequence of each store's terminal
// stands in `sequence`.
schema::Command random_stock_command(int step, std::int64_t now_us, const std::array<std::uint64_t, 2>& sequence);

}  // namespace till::testing
