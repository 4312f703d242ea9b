// Counts of a store's stock. Stream: count_sheet/<count_id>; each counted item knows its open count on its own stream
// and keeps what moved since, so that sales go on meanwhile.
//
// V4: variance = counted - book at the moment of counting, whenever the sheet is posted; movements after that moment
// still apply. A sale that is told of after the post and happened before that moment leaves the counted level alone.
#pragma once

#include <cstdint>
#include <string>

#include "commands/rules.h"

namespace till {

// Opening takes an event an item, posting at most two.
inline constexpr int kCountItemsMost = 400;
// Movements that an item in an open count keeps, the latest by their own time. What was counted before the oldest kept
// one cannot be compared with the books any more.
inline constexpr int kCountMovementsMost = 256;

const Aggregate& stock_count_aggregate();

// The sheet where it is open; COUNT_NOT_FOUND or COUNT_CLOSED at /count_id.
Refusal find_open_count(BooksReader& books, const std::string& count_id, const schema::CountSheetState*& sheet);

// V4: whether the last posted count of the item had seen what happened at `at`, up to kLateSaleMostUs before the moment
// of counting. What is older than that comes from a till whose clock is wrong.
inline constexpr std::int64_t kLateSaleMostUs = 30LL * 24 * 3'600 * 1'000'000;
bool was_counted_since(const schema::StockState& item, Micros at);

// Adds the event that puts back what the sale's event `issued` took, so that the level stays as it was counted. `item`
// is as it was before both.
void keep_counted_level(const schema::StockState& item, const schema::StockIssued& issued, const Deciding& deciding,
                        Acceptance& accepted);

// For evolve: a movement of an item that is in an open count.
void note_movement(schema::StockState::Count& count, std::int64_t at_us, std::int64_t quantity_e5);

}  // namespace till
