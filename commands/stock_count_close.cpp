#include "commands/stock_count_close.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/money.h"
#include "commands/stock_count.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::CountSheetState;

constexpr EntityKind kSheet = kind_of(schema::COUNT_SHEET);

// The sheet's store and stock are not in the command: the engine loads them when decide() looks.
template <class Command>
void needs_close(const Command& command, std::vector<EntityRef>& out) {
  out.push_back({kSheet, command.count_id()});
  need_session(command.session_id(), out);
}

// What both ends of a count begin with. `accepted` may hold an event after it.
template <class Command>
Refusal begin_close(const Command& command, const Deciding& deciding, const CountSheetState*& sheet,
                    const schema::StoreState*& store, Acceptance& accepted) {
  if (auto refusal = find_open_count(deciding.books, command.count_id(), sheet)) return refusal;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::STOCK_COUNT, deciding.context.recorded_at, accepted)) {
    return refusal;
  }
  look_at_items(deciding.books, sheet->store_id(), sheet->lines());
  return find_store(deciding.books, sheet->store_id(), {}, store);
}

void finish_close(const CountSheetState& sheet, const schema::StoreState& store, const Deciding& deciding,
                  Acceptance& accepted) {
  set_business_date(accepted, deciding, store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(sheet.store_id());
  answer.set_count_id(sheet.count_id());
}

void leave_count(const CountSheetState& sheet, const std::string& sku, const Deciding& deciding, Acceptance& accepted) {
  auto& mark =
      *add_event(accepted, deciding, schema::STOCK, stock_id(sheet.store_id(), sku), schema::Event::kStockCountClosed)
           .mutable_stock_count_closed();
  mark.set_store_id(sheet.store_id());
  mark.set_sku(sku);
  mark.set_count_id(sheet.count_id());
}

// V4: what moved after the moment of counting is in the books already, and stays there.
Refusal find_variance(const schema::StockState& item, std::int64_t& variance_e5) {
  const auto& count = item.count();
  const Wide variance = Wide{count.counted_e5()} + count.moved_since_e5() - item.on_hand_e5();
  if (variance > 2 * Wide{kOnHandMostE5} || variance < -2 * Wide{kOnHandMostE5}) {
    return reject_stock_bounds("/count_id");
  }
  variance_e5 = static_cast<std::int64_t>(variance);
  return std::nullopt;
}

bool is_beyond(std::int64_t variance_e5, std::int64_t tolerance_e5) {
  return variance_e5 > tolerance_e5 || variance_e5 < -tolerance_e5;
}

Refusal post_line(const CountSheetState& sheet, const CountSheetState::Line& line, bool accept_variance,
                  schema::StorePolicy::Stock rule, const Deciding& deciding, schema::CountPosted& posted,
                  Acceptance& accepted) {
  const schema::StockState& item = stock_item(deciding.books, stock_id(sheet.store_id(), line.sku()));
  if (!item.count().has_counted_e5()) {
    leave_count(sheet, line.sku(), deciding, accepted);
    return std::nullopt;
  }
  std::int64_t variance_e5 = 0;
  if (auto refusal = find_variance(item, variance_e5)) return refusal;
  if (sheet.has_tolerance_e5() && !accept_variance && !line.recounted() &&
      is_beyond(variance_e5, sheet.tolerance_e5())) {
    return reject(schema::RECOUNT_REQUIRED, "The variance of " + line.sku() + " is above the tolerance", "/count_id");
  }
  auto& told = *posted.add_lines();
  told.set_sku(line.sku());
  told.set_variance_e5(variance_e5);
  StockMove move{schema::Event::kStockCounted, sheet.store_id(), line.sku(), sheet.count_id()};
  move.on_hand_e5 = variance_e5;
  move.handled_e5 = item.count().counted_e5();
  return move_item(deciding, rule, move, "/count_id", accepted);
}

Decision decide_post(const schema::PostCount& command, const Deciding& deciding) {
  const CountSheetState* sheet = nullptr;
  const schema::StoreState* store = nullptr;
  Acceptance accepted;
  if (auto refusal = begin_close(command, deciding, sheet, store, accepted)) return *refusal;
  auto& fact = *add_event(accepted, deciding, schema::COUNT_SHEET, command.count_id(), schema::Event::kCountPosted)
                    .mutable_count_posted();
  fact.set_count_id(command.count_id());
  fact.set_store_id(sheet->store_id());
  fact.set_accept_variance(command.accept_variance());
  const schema::StorePolicy::Stock rule = stock_rule(*store);
  for (const CountSheetState::Line& line : sheet->lines()) {
    if (auto refusal = post_line(*sheet, line, command.accept_variance(), rule, deciding, fact, accepted)) {
      return *refusal;
    }
  }
  finish_close(*sheet, *store, deciding, accepted);
  return accepted;
}

Decision decide_cancel(const schema::CancelCount& command, const Deciding& deciding) {
  const CountSheetState* sheet = nullptr;
  const schema::StoreState* store = nullptr;
  Acceptance accepted;
  if (auto refusal = begin_close(command, deciding, sheet, store, accepted)) return *refusal;
  auto& fact = *add_event(accepted, deciding, schema::COUNT_SHEET, command.count_id(), schema::Event::kCountCancelled)
                    .mutable_count_cancelled();
  fact.set_count_id(command.count_id());
  fact.set_store_id(sheet->store_id());
  for (const CountSheetState::Line& line : sheet->lines()) leave_count(*sheet, line.sku(), deciding, accepted);
  finish_close(*sheet, *store, deciding, accepted);
  return accepted;
}

// Both lists are in the order of the sheet, and the first holds counted articles only.
void evolve_posted(CountSheetState& state, const schema::CountPosted& fact, const schema::Record&) {
  state.set_status(CountSheetState::POSTED);
  int next = 0;
  for (CountSheetState::Line& line : *state.mutable_lines()) {
    if (next == fact.lines_size()) return;
    if (fact.lines(next).sku() == line.sku()) line.set_variance_e5(fact.lines(next++).variance_e5());
  }
}

void evolve_cancelled(CountSheetState& state, const schema::CountCancelled&, const schema::Record&) {
  state.set_status(CountSheetState::CANCELLED);
}

void evolve_counted(schema::StockState& state, const schema::StockMoved& fact, const schema::Record& record) {
  if (state.count().has_counted_e5()) {
    state.mutable_posted()->set_count_id(fact.document_id());
    state.mutable_posted()->set_counted_at_us(state.count().counted_at_us());
  }
  state.clear_count();  // before the level changes: the correction is no movement of this count
  evolve_moved(state, fact, record);
}

void evolve_left(schema::StockState& state, const schema::StockCountMarked&, const schema::Record&) {
  state.clear_count();
}

using schema::Command;
using schema::Event;
using schema::StockState;

constexpr std::array kCommands{
    command_rule<&Command::post_count, needs_close<schema::PostCount>, decide_post>(Command::kPostCount),
    command_rule<&Command::cancel_count, needs_close<schema::CancelCount>, decide_cancel>(Command::kCancelCount),
};
constexpr std::array kEvents{
    event_rule<CountSheetState, &Event::count_posted, evolve_posted>(Event::kCountPosted, schema::COUNT_SHEET),
    event_rule<CountSheetState, &Event::count_cancelled, evolve_cancelled>(Event::kCountCancelled, schema::COUNT_SHEET),
    event_rule<StockState, &Event::stock_counted, evolve_counted>(Event::kStockCounted, schema::STOCK),
    event_rule<StockState, &Event::stock_count_closed, evolve_left>(Event::kStockCountClosed, schema::STOCK),
};

}  // namespace

const Aggregate& stock_count_close_aggregate() {
  static constexpr Aggregate kAggregate{"stock_count_close", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
