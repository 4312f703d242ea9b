#include "commands/stock.h"

#include <array>
#include <utility>

#include "commands/money.h"
#include "commands/product.h"
#include "commands/purchase_order.h"
#include "commands/stock_alert.h"
#include "commands/stock_cost.h"
#include "commands/stock_count.h"
#include "commands/store.h"

namespace till {
namespace {

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);
constexpr EntityKind kReceipt = kind_of(schema::RECEIPT);
constexpr EntityKind kAdjustment = kind_of(schema::ADJUSTMENT);

void needs_receive(const schema::ReceiveStock& command, std::vector<EntityRef>& out) {
  out.push_back({kReceipt, command.receipt_id()});
  need_purchase_order(command.po_id(), out);
  out.push_back({kStore, command.store_id()});
  for (const auto& line : command.lines()) {
    out.push_back({kProduct, line.sku()});
    out.push_back({kStock, stock_id(command.store_id(), line.sku())});
  }
}

void needs_adjust(const schema::AdjustStock& command, std::vector<EntityRef>& out) {
  out.push_back({kAdjustment, command.adjustment_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kProduct, command.sku()});
  out.push_back({kStock, stock_id(command.store_id(), command.sku())});
}

Refusal check_line(const schema::ReceiveStock::Line& line, std::size_t index, BooksReader& books) {
  if (books.get<schema::ProductState>(kProduct, line.sku()) == nullptr) {
    return reject(schema::PRODUCT_NOT_FOUND, "No product " + line.sku(), item_pointer("lines", index, "sku"));
  }
  if (line.quantity_e5() <= 0 || line.quantity_e5() > kQuantityMostE5) {
    return reject(schema::QUANTITY_INVALID, "A received quantity is above zero and at most 10^9",
                  item_pointer("lines", index, "quantity"));
  }
  if (!line.has_unit_cost()) return std::nullopt;
  std::int64_t cost_e4 = 0;
  return read_price(line.unit_cost(), item_pointer("lines", index, "unit_cost"), cost_e4);
}

Refusal check_lines(const schema::ReceiveStock& command, BooksReader& books) {
  if (command.lines().empty()) return reject(schema::VALIDATION_FAILED, "A receipt has at least one line", "/lines");
  for (int i = 0; i < command.lines_size(); ++i) {
    if (auto refusal = check_line(command.lines(i), static_cast<std::size_t>(i), books)) return refusal;
  }
  return std::nullopt;
}

void write_received(const schema::ReceiveStock& command, std::size_t index, std::int64_t on_hand_after,
                    std::int64_t held, schema::StockReceived& fact) {
  const auto& line = command.lines(static_cast<int>(index));
  fact.set_store_id(command.store_id());
  fact.set_sku(line.sku());
  fact.set_quantity_e5(line.quantity_e5());
  if (line.has_unit_cost()) {
    std::int64_t cost_e4 = 0;
    static_cast<void>(read_price(line.unit_cost(), {}, cost_e4));  // checked before
    fact.set_unit_cost_e4(cost_e4);
    fact.set_currency(line.unit_cost().currency());
  }
  fact.set_receipt_id(command.receipt_id());
  fact.set_on_hand_after_e5(on_hand_after);
  fact.set_line_no(static_cast<std::uint32_t>(index + 1));
  fact.set_held_e5(held);
}

void receive_cost(std::int64_t before_e5, ItemCost& cost, schema::StockReceived& fact) {
  const ItemCost before = cost;
  if (fact.has_unit_cost_e4()) {
    move_at_cost(cost, before_e5, fact.on_hand_after_e5(), fact.unit_cost_e4(), fact.currency());
  } else {
    move_at_average(cost, before_e5, fact.on_hand_after_e5());
  }
  write_value(before, cost, fact);
}

// One event a line; lines of the same article follow each other on its shelf.
Refusal receive_lines(const schema::ReceiveStock& command, const Deciding& deciding, Acceptance& accepted) {
  const auto count = static_cast<std::size_t>(command.lines_size());
  Scratch<std::string_view> skus(count);
  Scratch<std::uint32_t> first(count);
  Scratch<std::int64_t> shelf(count);
  std::vector<ItemCost> costs(count);
  for (std::size_t i = 0; i < count; ++i) skus[i] = command.lines(static_cast<int>(i)).sku();
  find_first_equal(skus.all(), first.all());
  for (std::size_t i = 0; i < count; ++i) {
    std::string id = stock_id(command.store_id(), skus[i]);
    const schema::StockState& item = stock_item(deciding.books, id);
    std::int64_t& level = shelf[first[i]];
    ItemCost& cost = costs[first[i]];
    if (first[i] == i) {
      level = item.on_hand_e5();
      cost = cost_of(item);
    }
    const std::int64_t before = level;
    const std::int64_t quantity = command.lines(static_cast<int>(i)).quantity_e5();
    if (!move_stock(level, quantity)) return reject_stock_bounds(item_pointer("lines", i, "quantity"));
    auto& fact = *add_event(accepted, deciding, schema::STOCK, std::move(id), schema::Event::kStockReceived)
                      .mutable_stock_received();
    write_received(command, i, level, held_e5(item), fact);
    receive_cost(before, cost, fact);
  }
  return std::nullopt;
}

Decision decide_receive(const schema::ReceiveStock& command, const Deciding& deciding) {
  if (const auto* known = deciding.books.get<schema::DocumentState>(kReceipt, command.receipt_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::RECEIPT_ID_REUSED, "Receipt " + command.receipt_id() + " was booked with other content",
                  "/receipt_id");
  }
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  if (auto refusal = check_lines(command, deciding.books)) return *refusal;
  if (auto refusal = check_delivery(command, deciding)) return *refusal;

  Acceptance accepted;
  accepted.events.reserve(static_cast<std::size_t>(command.lines_size()) + 2);
  auto& fact = *add_event(accepted, deciding, schema::RECEIPT, command.receipt_id(), schema::Event::kReceiptBooked)
                    .mutable_receipt_booked();
  fact.set_receipt_id(command.receipt_id());
  fact.set_store_id(command.store_id());
  fact.set_lines(static_cast<std::uint32_t>(command.lines_size()));
  fact.set_fingerprint(std::string(as_bytes(deciding.context.fingerprint)));
  if (auto refusal = receive_lines(command, deciding, accepted)) return *refusal;
  book_delivery(command, deciding, accepted);
  accepted.business_date = business_time_of(*store, deciding.context.recorded_at, deciding.zones).business_date;
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_receipt_id(command.receipt_id());
  if (!command.po_id().empty()) answer.set_po_id(command.po_id());
  return accepted;
}

Refusal check_adjustment(const schema::AdjustStock& command, BooksReader& books) {
  if (books.get<schema::ProductState>(kProduct, command.sku()) == nullptr) {
    return reject(schema::PRODUCT_NOT_FOUND, "No product " + command.sku(), "/sku");
  }
  if (command.delta_e5() == 0 || command.delta_e5() > kQuantityMostE5 || command.delta_e5() < -kQuantityMostE5) {
    return reject(schema::QUANTITY_INVALID, "An adjustment is not zero and at most 10^9", "/delta");
  }
  if (command.reason() == schema::AdjustStock::REASON_UNSPECIFIED ||
      !schema::AdjustStock::Reason_IsValid(command.reason())) {
    return reject(schema::VALIDATION_FAILED, "Not a reason", "/reason");
  }
  return std::nullopt;
}

void write_adjustment(const schema::AdjustStock& command, const Deciding& deciding, std::string id,
                      const schema::StockState& item, std::int64_t on_hand_after, Acceptance& accepted) {
  auto& booked =
      *add_event(accepted, deciding, schema::ADJUSTMENT, command.adjustment_id(), schema::Event::kAdjustmentBooked)
           .mutable_adjustment_booked();
  booked.set_adjustment_id(command.adjustment_id());
  booked.set_store_id(command.store_id());
  booked.set_fingerprint(std::string(as_bytes(deciding.context.fingerprint)));
  auto& fact = *add_event(accepted, deciding, schema::STOCK, std::move(id), schema::Event::kStockAdjusted)
                    .mutable_stock_adjusted();
  fact.set_store_id(command.store_id());
  fact.set_sku(command.sku());
  fact.set_delta_e5(command.delta_e5());
  fact.set_reason(command.reason());
  fact.set_adjustment_id(command.adjustment_id());
  fact.set_on_hand_after_e5(on_hand_after);
  fact.set_held_e5(held_e5(item));
  write_value_at_average(item, on_hand_after, fact);
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_sku(command.sku());
  answer.set_adjustment_id(command.adjustment_id());
}

Decision decide_adjust(const schema::AdjustStock& command, const Deciding& deciding) {
  if (const auto* known = deciding.books.get<schema::DocumentState>(kAdjustment, command.adjustment_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::ADJUSTMENT_ID_REUSED,
                  "Adjustment " + command.adjustment_id() + " was booked with other content", "/adjustment_id");
  }
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  if (auto refusal = check_adjustment(command, deciding.books)) return *refusal;
  const std::string id = stock_id(command.store_id(), command.sku());
  const schema::StockState& item = stock_item(deciding.books, id);
  std::int64_t after = item.on_hand_e5();
  if (!move_stock(after, command.delta_e5())) return reject_stock_bounds("/delta");
  const schema::StorePolicy::Stock rule = stock_rule(stock_rule(*store), item);
  // An item that an earlier policy left below zero may still be corrected upwards.
  if (rule == schema::StorePolicy::DENY && command.delta_e5() < 0 && after < held_e5(item)) {
    return reject(schema::INSUFFICIENT_STOCK,
                  "The adjustment would take " + command.sku() + " below zero, or below what is reserved", "/delta");
  }
  Acceptance accepted;
  write_adjustment(command, deciding, id, item, after, accepted);
  add_alert(accepted, deciding, item, rule,
            {id, command.store_id(), command.sku(), {}, command.adjustment_id(), after});
  accepted.business_date = business_time_of(*store, deciding.context.recorded_at, deciding.zones).business_date;
  return accepted;
}

void evolve_received(schema::StockState& state, const schema::StockReceived& fact, const schema::Record& record) {
  fold_received(state, fact);
  set_on_hand(state, fact.on_hand_after_e5(), record);
}

void evolve_adjusted(schema::StockState& state, const schema::StockAdjusted& fact, const schema::Record& record) {
  fold_at_average(state, fact.on_hand_after_e5());
  set_on_hand(state, fact.on_hand_after_e5(), record);
}

void evolve_issued(schema::StockState& state, const schema::StockIssued& fact, const schema::Record& record) {
  fold_at_average(state, fact.on_hand_after_e5());
  set_on_hand(state, fact.on_hand_after_e5(), record);
}

void evolve_restored(schema::StockState& state, const schema::StockRestored& fact, const schema::Record& record) {
  fold_at_average(state, fact.on_hand_after_e5());
  set_on_hand(state, fact.on_hand_after_e5(), record);
}

void evolve_receipt(schema::DocumentState& state, const schema::ReceiptBooked& fact, const schema::Record& record) {
  state.set_position(record.position());
  state.set_fingerprint(fact.fingerprint());
}

void evolve_adjustment(schema::DocumentState& state, const schema::AdjustmentBooked& fact,
                       const schema::Record& record) {
  state.set_position(record.position());
  state.set_fingerprint(fact.fingerprint());
}

using schema::Command;
using schema::DocumentState;
using schema::Event;
using schema::StockState;

constexpr std::array kCommands{
    command_rule<&Command::receive_stock, needs_receive, decide_receive>(Command::kReceiveStock),
    command_rule<&Command::adjust_stock, needs_adjust, decide_adjust>(Command::kAdjustStock),
};
constexpr std::array kEvents{
    event_rule<StockState, &Event::stock_received, evolve_received>(Event::kStockReceived, schema::STOCK),
    event_rule<DocumentState, &Event::receipt_booked, evolve_receipt>(Event::kReceiptBooked, schema::RECEIPT),
    event_rule<StockState, &Event::stock_adjusted, evolve_adjusted>(Event::kStockAdjusted, schema::STOCK),
    event_rule<DocumentState, &Event::adjustment_booked, evolve_adjustment>(Event::kAdjustmentBooked,
                                                                            schema::ADJUSTMENT),
    event_rule<StockState, &Event::stock_issued, evolve_issued>(Event::kStockIssued, schema::STOCK),
    event_rule<StockState, &Event::stock_restored, evolve_restored>(Event::kStockRestored, schema::STOCK),
};
constexpr std::array kStates{state_rule<StockState>(schema::STOCK), state_rule<DocumentState>(schema::RECEIPT),
                             state_rule<DocumentState>(schema::ADJUSTMENT)};

}  // namespace

const Aggregate& stock_aggregate() {
  static constexpr Aggregate kAggregate{"stock", kCommands, kEvents, kStates};
  return kAggregate;
}

std::string stock_id(std::string_view store_id, std::string_view sku) {
  std::string id;
  id.reserve(store_id.size() + 1 + sku.size());
  id.append(store_id).append("/").append(sku);
  return id;
}

const schema::StockState& stock_item(BooksReader& books, const std::string& stock_id) {
  const auto* item = books.get<schema::StockState>(kStock, stock_id);
  return item == nullptr ? schema::StockState::default_instance() : *item;
}

bool move_stock(std::int64_t& on_hand_e5, std::int64_t delta_e5) {
  std::int64_t after = 0;
  if (__builtin_add_overflow(on_hand_e5, delta_e5, &after)) return false;
  if (after > kOnHandMostE5 || after < -kOnHandMostE5) return false;
  on_hand_e5 = after;
  return true;
}

Rejection reject_stock_bounds(std::string pointer) {
  return reject(schema::QUANTITY_INVALID, "The stock of the item would leave its bounds", std::move(pointer));
}

void watch_level(schema::StockState& state, std::int64_t on_hand_after_e5, const schema::Record& record) {
  if (state.has_count()) {
    const std::int64_t at_us = record.occurred_at_us() != 0 ? record.occurred_at_us() : record.recorded_at_us();
    note_movement(*state.mutable_count(), at_us, on_hand_after_e5 - state.on_hand_e5());
  }
  if (state.has_setting()) note_level(*state.mutable_setting(), on_hand_after_e5);
}

}  // namespace till
