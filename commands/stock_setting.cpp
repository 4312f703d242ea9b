#include "commands/stock_setting.h"

#include <array>
#include <utility>

#include "commands/money.h"
#include "commands/stock.h"
#include "commands/stock_alert.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);

template <class Command>
void needs_item(const Command& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
  out.push_back({kProduct, command.sku()});
  out.push_back({kStock, stock_id(command.store_id(), command.sku())});
}

template <class Command>
Refusal check_item(const Command& command, BooksReader& books) {
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(books, command.store_id(), "/store_id", store)) return refusal;
  if (books.get<schema::ProductState>(kProduct, command.sku()) != nullptr) return std::nullopt;
  return reject(schema::PRODUCT_NOT_FOUND, "No product " + command.sku(), "/sku");
}

template <class Command>
void write_answer(const Command& command, const Deciding& deciding, Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_sku(command.sku());
}

Decision decide_rule(const schema::SetStockRule& command, const Deciding& deciding) {
  if (auto refusal = check_item(command, deciding.books)) return *refusal;
  if (!schema::StorePolicy::Stock_IsValid(command.stock())) {
    return reject(schema::VALIDATION_FAILED, "Not a stock policy", "/stock");
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::STOCK, stock_id(command.store_id(), command.sku()),
                          schema::Event::kStockRuleSet)
                    .mutable_stock_rule_set();
  fact.set_store_id(command.store_id());
  fact.set_sku(command.sku());
  fact.set_stock(command.stock());
  write_answer(command, deciding, accepted);
  return accepted;
}

bool is_level(std::int64_t quantity_e5) {
  return quantity_e5 >= 0 && quantity_e5 <= kQuantityMostE5;
}

Refusal check_point(const schema::SetReorderPoint& command) {
  if (command.has_point_e5() && !is_level(command.point_e5())) {
    return reject(schema::QUANTITY_INVALID, "A reorder point is not negative and at most 10^9", "/point");
  }
  if (!command.has_target_e5()) return std::nullopt;
  if (command.has_point_e5() && is_level(command.target_e5()) && command.target_e5() > command.point_e5()) {
    return std::nullopt;
  }
  return reject(schema::QUANTITY_INVALID, "A target lies above a point and is at most 10^9", "/target");
}

void evolve_point(schema::StockState& state, const schema::ReorderPointSet& fact, const schema::Record&) {
  auto& setting = *state.mutable_setting();
  setting.clear_point_e5();
  setting.clear_target_e5();
  if (fact.has_point_e5()) setting.set_point_e5(fact.point_e5());
  if (fact.has_target_e5()) setting.set_target_e5(fact.target_e5());
  note_level(setting, state.on_hand_e5());
  if (setting.ByteSizeLong() == 0) state.clear_setting();
}

Decision decide_point(const schema::SetReorderPoint& command, const Deciding& deciding) {
  if (auto refusal = check_item(command, deciding.books)) return *refusal;
  if (auto refusal = check_point(command)) return *refusal;
  Acceptance accepted;
  const std::string id = stock_id(command.store_id(), command.sku());
  auto& fact =
      *add_event(accepted, deciding, schema::STOCK, id, schema::Event::kReorderPointSet).mutable_reorder_point_set();
  fact.set_store_id(command.store_id());
  fact.set_sku(command.sku());
  if (command.has_point_e5()) fact.set_point_e5(command.point_e5());
  if (command.has_target_e5()) fact.set_target_e5(command.target_e5());
  // An item that the new point finds low is told of at once.
  schema::StockState item = stock_item(deciding.books, id);
  evolve_point(item, fact, {});
  add_alert(accepted, deciding, item, schema::StorePolicy::DENY,
            {id, command.store_id(), command.sku(), {}, {}, item.on_hand_e5()});
  write_answer(command, deciding, accepted);
  return accepted;
}

void evolve_rule(schema::StockState& state, const schema::StockRuleSet& fact, const schema::Record&) {
  state.mutable_setting()->set_stock(fact.stock());
  if (state.setting().ByteSizeLong() == 0) state.clear_setting();
}

using schema::Command;
using schema::Event;
using schema::StockState;

constexpr std::array kCommands{
    command_rule<&Command::set_reorder_point, needs_item<schema::SetReorderPoint>, decide_point>(
        Command::kSetReorderPoint),
    command_rule<&Command::set_stock_rule, needs_item<schema::SetStockRule>, decide_rule>(Command::kSetStockRule),
};
constexpr std::array kEvents{
    event_rule<StockState, &Event::reorder_point_set, evolve_point>(Event::kReorderPointSet, schema::STOCK),
    event_rule<StockState, &Event::stock_rule_set, evolve_rule>(Event::kStockRuleSet, schema::STOCK),
};

}  // namespace

const Aggregate& stock_setting_aggregate() {
  static constexpr Aggregate kAggregate{"stock_setting", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
