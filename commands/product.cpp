#include "commands/product.h"

#include <array>

#include "commands/money.h"

namespace till {
namespace {

constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

void needs_upsert(const schema::UpsertProduct& command, std::vector<EntityRef>& out) {
  out.push_back({kProduct, command.sku()});
}

Decision decide_upsert(const schema::UpsertProduct& command, const Deciding& deciding) {
  std::int64_t price_e4 = 0;
  if (auto refusal = read_price(command.unit_price(), "/unit_price", price_e4)) return *refusal;
  std::int64_t cost_e4 = 0;
  if (command.has_unit_cost()) {
    if (auto refusal = read_price(command.unit_cost(), "/unit_cost", cost_e4)) return *refusal;
    if (command.unit_cost().currency() != command.unit_price().currency()) {
      return reject(schema::CURRENCY_MISMATCH, "Cost and price have one currency", "/unit_cost/currency");
    }
  }
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::PRODUCT, command.sku(), schema::Event::kProductUpserted)
                    .mutable_product_upserted();
  fact.set_sku(command.sku());
  fact.set_name(command.name());
  fact.set_category(command.category());
  fact.set_unit_price_e4(price_e4);
  fact.set_currency(command.unit_price().currency());
  fact.set_tax_code(command.tax_code());
  if (command.has_unit_cost()) fact.set_unit_cost_e4(cost_e4);
  set_answer(accepted, deciding).set_sku(command.sku());
  return accepted;
}

void evolve_upserted(schema::ProductState& state, const schema::ProductUpserted& fact, const schema::Record&) {
  *state.mutable_product() = fact;
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::upsert_product, needs_upsert, decide_upsert>(Command::kUpsertProduct),
};
constexpr std::array kEvents{
    event_rule<schema::ProductState, &Event::product_upserted, evolve_upserted>(Event::kProductUpserted,
                                                                                schema::PRODUCT),
};
constexpr std::array kStates{state_rule<schema::ProductState>(schema::PRODUCT)};

}  // namespace

const Aggregate& product_aggregate() {
  static constexpr Aggregate kAggregate{"product", kCommands, kEvents, kStates};
  return kAggregate;
}

Refusal read_price(const schema::UnitPrice& price, std::string_view pointer, std::int64_t& price_e4) {
  const std::optional<int> exponent = currency_exponent(price.currency());
  if (!exponent) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", std::string(pointer) + "/currency");
  }
  const schema::ErrorCode code = unit_price_e4(price, *exponent, price_e4);
  if (code == schema::ERROR_UNSPECIFIED) return std::nullopt;
  return reject(code, "A price is not negative, bounded, and given as either amount or amount_e4",
                std::string(pointer));
}

}  // namespace till
