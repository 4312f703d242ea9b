#include "commands/stock_alert.h"

#include <array>

namespace till {
namespace {

// The level was set by the event before it. An item below zero is low as well, and that need not be told.
void evolve_went_negative(schema::StockState& state, const schema::StockWentNegative&, const schema::Record&) {
  if (state.setting().has_point_e5()) state.mutable_setting()->set_low(true);
}

void evolve_low(schema::StockState& state, const schema::LowStockDetected&, const schema::Record&) {
  state.mutable_setting()->set_low(true);
}

using schema::Event;
using schema::StockState;

constexpr std::array kEvents{
    event_rule<StockState, &Event::stock_went_negative, evolve_went_negative>(Event::kStockWentNegative, schema::STOCK),
    event_rule<StockState, &Event::low_stock_detected, evolve_low>(Event::kLowStockDetected, schema::STOCK),
};

}  // namespace

const Aggregate& stock_alert_aggregate() {
  static constexpr Aggregate kAggregate{"stock_alert", {}, kEvents, {}};
  return kAggregate;
}

void add_alert(Acceptance& acceptance, const Deciding& deciding, const schema::StockState& item,
               schema::StorePolicy::Stock rule, const StockTaken& taken) {
  const std::int64_t after = taken.on_hand_after_e5;
  if (rule == schema::StorePolicy::ALLOW_WITH_ALERT && item.on_hand_e5() >= 0 && after < 0) {
    auto& fact = *add_event(acceptance, deciding, schema::STOCK, taken.stock_id, schema::Event::kStockWentNegative)
                      .mutable_stock_went_negative();
    fact.set_store_id(taken.store_id);
    fact.set_sku(taken.sku);
    fact.set_on_hand_e5(after);
    fact.set_sale_id(std::string(taken.sale_id));
    return;
  }
  const auto& setting = item.setting();
  if (!setting.has_point_e5() || setting.low() || after > setting.point_e5()) return;
  auto& fact = *add_event(acceptance, deciding, schema::STOCK, taken.stock_id, schema::Event::kLowStockDetected)
                    .mutable_low_stock_detected();
  fact.set_store_id(taken.store_id);
  fact.set_sku(taken.sku);
  fact.set_on_hand_e5(after);
  fact.set_point_e5(setting.point_e5());
  if (setting.has_target_e5()) fact.set_target_e5(setting.target_e5());
  fact.set_document_id(std::string(taken.document_id));
}

void note_level(schema::StockState::Setting& setting, std::int64_t on_hand_e5) {
  if (!setting.low()) return;
  const bool risen = setting.has_target_e5() ? on_hand_e5 >= setting.target_e5() : on_hand_e5 > setting.point_e5();
  if (risen || !setting.has_point_e5()) setting.set_low(false);
}

}  // namespace till
