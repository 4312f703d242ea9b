#include "commands/stock_move.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "commands/money.h"
#include "commands/scratch.h"
#include "commands/stock_alert.h"
#include "commands/stock_cost.h"
#include "commands/store.h"

namespace till {
namespace {

constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);
constexpr std::int64_t kOneE5 = 100'000;
constexpr std::size_t kDecimals = 5;

struct Levels {
  std::int64_t on_hand;
  std::int64_t reserved;
  std::int64_t quarantine;

  std::int64_t available() const { return on_hand - reserved - quarantine; }
};

Levels levels_of(const schema::StockState& item) {
  return {item.on_hand_e5(), item.reserved_e5(), item.quarantine_e5()};
}

bool add_move(Levels& levels, const StockMove& move) {
  return move_stock(levels.on_hand, move.on_hand_e5) && move_stock(levels.reserved, move.reserved_e5) &&
         move_stock(levels.quarantine, move.quarantine_e5);
}

bool is_short(const Levels& before, const Levels& after) {
  return (after.available() < 0 && after.available() < before.available()) ||
         (after.on_hand < 0 && after.on_hand < before.on_hand);
}

// The members share their type, so the event is reached by its number.
const schema::StockMoved& moved_of(const schema::Event& event) {
  const auto* field = schema::Event::descriptor()->FindFieldByNumber(event.event_case());
  return static_cast<const schema::StockMoved&>(event.GetReflection()->GetMessage(event, field));
}

schema::StockMoved& write_move(const Deciding& deciding, const StockMove& move, std::string id, const Levels& after,
                               Acceptance& acceptance) {
  schema::Event& event = add_event(acceptance, deciding, schema::STOCK, std::move(id), move.event);
  auto& fact = static_cast<schema::StockMoved&>(mutable_body(event, move.event));
  fact.set_store_id(move.store_id);
  fact.set_sku(move.sku);
  fact.set_document_id(move.document_id);
  fact.set_quantity_e5(move.on_hand_e5);
  fact.set_on_hand_after_e5(after.on_hand);
  fact.set_reserved_after_e5(after.reserved);
  fact.set_quarantine_after_e5(after.quarantine);
  fact.set_handled_e5(move.handled_e5);
  fact.set_disposition(move.disposition);
  if (move.unit_cost_e4) {
    fact.set_unit_cost_e4(*move.unit_cost_e4);
    fact.set_currency(std::string(move.currency));
  }
  return fact;
}

// What the decision has returned of the item last; null where nothing.
const schema::StockMoved* last_return(const Acceptance& acceptance, const std::string& id) {
  for (auto event = acceptance.events.rbegin(); event != acceptance.events.rend(); ++event) {
    if (event->type != schema::Event::kStockReturned || event->kind != kStock || event->stream_id != id) continue;
    return &moved_of(static_cast<const schema::Event&>(*event->message));
  }
  return nullptr;
}

void write_returned_value(const schema::StockState& item, const schema::StockMoved* last, std::int64_t before_e5,
                          schema::StockMoved& fact) {
  ItemCost before = cost_of(item);
  if (last != nullptr) take_value(last->value(), before);
  ItemCost after = before;
  move_at_average(after, before_e5, fact.on_hand_after_e5());
  write_value(before, after, fact);
}

using schema::Event;
using schema::StockState;

template <auto Get>
constexpr EventRule moved_rule(Event::EventCase event) {
  return event_rule<StockState, Get, evolve_moved>(event, schema::STOCK);
}

constexpr std::array kEvents{
    moved_rule<&Event::stock_set>(Event::kStockSet),
    moved_rule<&Event::stock_reserved>(Event::kStockReserved),
    moved_rule<&Event::reservation_released>(Event::kReservationReleased),
    moved_rule<&Event::reservation_expired>(Event::kReservationExpired),
    moved_rule<&Event::reservation_committed>(Event::kReservationCommitted),
    moved_rule<&Event::stock_shipped>(Event::kStockShipped),
    moved_rule<&Event::transfer_received>(Event::kTransferReceived),
    moved_rule<&Event::transfer_returned>(Event::kTransferReturned),
    moved_rule<&Event::kit_composed>(Event::kKitComposed),
    moved_rule<&Event::kit_decomposed>(Event::kKitDecomposed),
    moved_rule<&Event::stock_returned_to_vendor>(Event::kStockReturnedToVendor),
    moved_rule<&Event::stock_returned>(Event::kStockReturned),
    moved_rule<&Event::stock_inspected>(Event::kStockInspected),
    moved_rule<&Event::stock_count_kept>(Event::kStockCountKept),
};

}  // namespace

const Aggregate& stock_move_aggregate() {
  static constexpr Aggregate kAggregate{"stock_move", {}, kEvents, {}};
  return kAggregate;
}

Refusal move_item(const Deciding& deciding, schema::StorePolicy::Stock rule_of_store, const StockMove& move,
                  std::string_view pointer, Acceptance& acceptance) {
  const std::string id = stock_id(move.store_id, move.sku);
  const schema::StockState& item = stock_item(deciding.books, id);
  const Levels before = levels_of(item);
  Levels after = before;
  if (!add_move(after, move)) return reject_stock_bounds(std::string(pointer));
  const schema::StorePolicy::Stock rule = stock_rule(rule_of_store, item);
  if (rule == schema::StorePolicy::DENY && is_short(before, after)) {
    return reject(schema::INSUFFICIENT_STOCK, "Not enough of " + move.sku + " in store " + move.store_id,
                  std::string(pointer));
  }
  schema::StockMoved& fact = write_move(deciding, move, id, after, acceptance);
  if (fact.has_unit_cost_e4()) {
    write_value_at_cost(item, fact);
  } else {
    write_value_at_average(item, after.on_hand, fact);
  }
  add_alert(acceptance, deciding, item, rule, {id, move.store_id, move.sku, {}, move.document_id, after.on_hand});
  return std::nullopt;
}

Refusal return_stock(const Deciding& deciding, const std::string& store_id, const std::string& sku,
                     std::int64_t quantity_e5, schema::Disposition::Place disposition, const std::string& document_id,
                     std::string_view pointer, Acceptance& acceptance) {
  StockMove move{schema::Event::kStockReturned, store_id, sku, document_id};
  move.handled_e5 = quantity_e5;
  move.disposition = disposition;
  if (disposition != schema::Disposition::WASTE) move.on_hand_e5 = quantity_e5;
  if (disposition == schema::Disposition::QUARANTINE) move.quarantine_e5 = quantity_e5;
  std::string id = stock_id(store_id, sku);
  const schema::StockState& item = stock_item(deciding.books, id);
  const schema::StockMoved* const last = last_return(acceptance, id);
  const Levels before = last == nullptr
                            ? levels_of(item)
                            : Levels{last->on_hand_after_e5(), last->reserved_after_e5(), last->quarantine_after_e5()};
  Levels levels = before;
  if (!add_move(levels, move)) return reject_stock_bounds(std::string(pointer));
  schema::StockMoved& fact = write_move(deciding, move, std::move(id), levels, acceptance);
  write_returned_value(item, last, before.on_hand, fact);
  return std::nullopt;
}

Refusal check_quantity(std::int64_t quantity_e5, std::string_view pointer) {
  if (quantity_e5 > 0 && quantity_e5 <= kQuantityMostE5) return std::nullopt;
  return reject(schema::QUANTITY_INVALID, "A quantity is above zero and at most 10^9", std::string(pointer));
}

Refusal check_stock_lines(const StockLines& lines, std::string_view list, int most, BooksReader& books) {
  if (lines.empty() || lines.size() > most) {
    return reject(schema::VALIDATION_FAILED, "The document has 1 to " + std::to_string(most) + " lines",
                  "/" + std::string(list));
  }
  const auto count = static_cast<std::size_t>(lines.size());
  Scratch<std::string_view> skus(count);
  Scratch<std::uint32_t> first(count);
  for (std::size_t i = 0; i < count; ++i) skus[i] = lines[static_cast<int>(i)].sku();
  find_first_equal(skus.all(), first.all());
  for (std::size_t i = 0; i < count; ++i) {
    const schema::StockLine& line = lines[static_cast<int>(i)];
    if (first[i] != i) {
      return reject(schema::SKU_DUPLICATE, line.sku() + " stands on two lines", item_pointer(list, i, "sku"));
    }
    if (books.get<schema::ProductState>(kProduct, line.sku()) == nullptr) {
      return reject(schema::PRODUCT_NOT_FOUND, "No product " + line.sku(), item_pointer(list, i, "sku"));
    }
    if (auto refusal = check_quantity(line.quantity_e5(), item_pointer(list, i, "quantity"))) return refusal;
  }
  return std::nullopt;
}

void need_stock_lines(std::string_view store_id, const StockLines& lines, std::vector<EntityRef>& out) {
  for (const schema::StockLine& line : lines) {
    out.push_back({kProduct, line.sku()});
    out.push_back({kStock, stock_id(store_id, line.sku())});
  }
}

std::string quantity_text(std::int64_t quantity_e5) {
  std::string text = quantity_e5 < 0 ? "-" : "";
  text += std::to_string(std::abs(quantity_e5 / kOneE5));
  std::string fraction = std::to_string(std::abs(quantity_e5 % kOneE5));
  if (fraction == "0") return text;
  fraction.insert(0, kDecimals - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

void evolve_moved(schema::StockState& state, const schema::StockMoved& fact, const schema::Record& record) {
  fold_moved(state, fact);
  set_on_hand(state, fact.on_hand_after_e5(), record);
  state.set_reserved_e5(fact.reserved_after_e5());
  state.set_quarantine_e5(fact.quarantine_after_e5());
}

}  // namespace till
