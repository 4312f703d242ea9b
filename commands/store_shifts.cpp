#include "commands/store_shifts.h"

#include <algorithm>
#include <array>

namespace till {
namespace {

using schema::StoreShiftMoved;
using schema::StoreShiftsState;

constexpr EntityKind kStoreShifts = kind_of(schema::STORE_SHIFTS);

// Of the longest ids they take 38 KiB of the entity's 64; a store with more drawers counts the rest.
constexpr int kStoreShiftsMost = 512;
// Shifts that a refusal names.
constexpr std::uint32_t kShiftsNamedMost = 5;

void write_shift(const StoreShift& shift, StoreShiftMoved& fact) {
  fact.set_store_id(shift.store_id);
  fact.set_shift_id(shift.shift_id);
  fact.set_terminal_id(shift.terminal_id);
  fact.set_business_date(shift.business_date);
}

void evolve_listed(StoreShiftsState& state, const StoreShiftMoved& fact, const schema::Record&) {
  if (state.shifts_size() >= kStoreShiftsMost) return state.set_more(state.more() + 1);
  auto& shift = *state.add_shifts();
  shift.set_shift_id(fact.shift_id());
  shift.set_business_date(fact.business_date());
}

void evolve_unlisted(StoreShiftsState& state, const StoreShiftMoved& fact, const schema::Record&) {
  auto& shifts = *state.mutable_shifts();
  const auto found = std::ranges::find(shifts, fact.shift_id(), &StoreShiftsState::Shift::shift_id);
  if (found != shifts.end()) {
    shifts.erase(found);
  } else if (state.more() > 0) {
    state.set_more(state.more() - 1);
  }
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<StoreShiftsState, &Event::store_shift_opened, evolve_listed>(Event::kStoreShiftOpened,
                                                                            schema::STORE_SHIFTS),
    event_rule<StoreShiftsState, &Event::store_shift_closed, evolve_unlisted>(Event::kStoreShiftClosed,
                                                                              schema::STORE_SHIFTS),
};
constexpr std::array kStates{state_rule<StoreShiftsState>(schema::STORE_SHIFTS)};

}  // namespace

const Aggregate& store_shifts_aggregate() {
  static constexpr Aggregate kAggregate{"store_shifts", {}, kEvents, kStates};
  return kAggregate;
}

void need_store_shifts(std::string_view store_id, std::vector<EntityRef>& out) {
  out.push_back({kStoreShifts, std::string(store_id)});
}

void list_shift(const StoreShift& shift, const Deciding& deciding, Acceptance& accepted) {
  write_shift(shift, *add_event(accepted, deciding, schema::STORE_SHIFTS, shift.store_id, Event::kStoreShiftOpened)
                          .mutable_store_shift_opened());
}

void unlist_shift(const StoreShift& shift, const Deciding& deciding, Acceptance& accepted) {
  write_shift(shift, *add_event(accepted, deciding, schema::STORE_SHIFTS, shift.store_id, Event::kStoreShiftClosed)
                          .mutable_store_shift_closed());
}

OpenShifts open_shifts(const Deciding& deciding, std::string_view store_id, std::int32_t business_date) {
  OpenShifts open;
  const auto* state = deciding.books.get<StoreShiftsState>(kStoreShifts, store_id);
  if (state == nullptr) return open;
  for (const auto& shift : state->shifts()) {
    if (shift.business_date() > business_date) continue;
    if (open.count++ < kShiftsNamedMost) open.named.append(open.named.empty() ? "" : ", ").append(shift.shift_id());
  }
  // Of those that are not listed the day is not known.
  open.count += state->more();
  if (open.count > kShiftsNamedMost) open.named.append(" and others");
  return open;
}

}  // namespace till
