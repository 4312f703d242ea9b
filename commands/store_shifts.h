// Which shifts of a store are open: a list of the store's own, since shifts are known by their ids and drawers by their
// terminals. Stream: store_shifts/<store>. Shifts that were opened before there was such a list are not on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& store_shifts_aggregate();

// For needs().
void need_store_shifts(std::string_view store_id, std::vector<EntityRef>& out);

// One event that puts the shift on the list of its store, or takes it off.
struct StoreShift {
  const std::string& store_id;
  const std::string& shift_id;
  const std::string& terminal_id;
  std::int32_t business_date;
};
void list_shift(const StoreShift& shift, const Deciding& deciding, Acceptance& accepted);
void unlist_shift(const StoreShift& shift, const Deciding& deciding, Acceptance& accepted);

// The shifts of a store that are open and belong to that business day or to one before.
struct OpenShifts {
  std::uint32_t count = 0;
  std::string named;  // the first of them, for people: "SH1, SH2"
};
OpenShifts open_shifts(const Deciding& deciding, std::string_view store_id, std::int32_t business_date);

}  // namespace till
