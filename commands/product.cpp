#include "commands/product.h"

#include <array>

#include "commands/document.h"
#include "commands/money.h"
#include "commands/scratch.h"

namespace till {
namespace {

using schema::ProductUpserted;
using schema::UpsertProduct;

constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr std::string_view kBatch = "batch_upsert_catalog";

void needs_upsert(const UpsertProduct& command, std::vector<EntityRef>& out) {
  out.push_back({kProduct, command.sku()});
}

void needs_batch(const schema::BatchUpsertCatalog& command, std::vector<EntityRef>& out) {
  need_document(kBatch, command.batch_id(), out);
  for (const UpsertProduct& product : command.products()) needs_upsert(product, out);
}

std::string at(std::string_view place, std::string_view field) {
  return std::string(place).append(field);
}

Refusal check_version(const UpsertProduct& command, std::uint64_t version, std::string_view place) {
  if (!command.has_expected_version() || command.expected_version() == version) return std::nullopt;
  if (command.expected_version() == 0) {
    return reject(schema::SKU_EXISTS, "Product " + command.sku() + " exists already", at(place, "/sku"));
  }
  return reject(schema::VERSION_MISMATCH,
                "Product " + command.sku() + " is at version " + std::to_string(version) + ", not " +
                    std::to_string(command.expected_version()),
                at(place, "/expected_version"));
}

// A cost or a floor, in the currency of the price.
Refusal read_other_price(const UpsertProduct& command, const schema::UnitPrice& price, std::string_view pointer,
                         std::int64_t& price_e4) {
  if (auto refusal = read_price(price, pointer, price_e4)) return refusal;
  if (price.currency() == command.unit_price().currency()) return std::nullopt;
  return reject(schema::CURRENCY_MISMATCH, "All prices and costs of a product have one currency",
                at(pointer, "/currency"));
}

Refusal take_prices(const UpsertProduct& command, std::string_view place, ProductUpserted& fact) {
  std::int64_t price_e4 = 0;
  if (auto refusal = read_price(command.unit_price(), at(place, "/unit_price"), price_e4)) return refusal;
  fact.set_unit_price_e4(price_e4);
  fact.set_currency(command.unit_price().currency());
  std::int64_t other_e4 = 0;
  if (command.has_unit_cost()) {
    if (auto refusal = read_other_price(command, command.unit_cost(), at(place, "/unit_cost"), other_e4)) {
      return refusal;
    }
    fact.set_unit_cost_e4(other_e4);
  }
  if (!command.has_min_price()) return std::nullopt;
  const std::string pointer = at(place, "/min_price");
  if (auto refusal = read_other_price(command, command.min_price(), pointer, other_e4)) return refusal;
  if (other_e4 > price_e4) return reject(schema::PRICE_INVALID, "The lowest price is above the price", pointer);
  fact.set_min_price_e4(other_e4);
  return std::nullopt;
}

// `place` is the pointer to the product in its command.
Refusal upsert(const UpsertProduct& command, std::string_view place, const Deciding& deciding, Acceptance& accepted) {
  const auto* known = deciding.books.get<schema::ProductState>(kProduct, command.sku());
  const std::uint64_t version = known == nullptr ? 0 : known->version();
  if (auto refusal = check_version(command, version, place)) return refusal;
  auto& fact = *add_event(accepted, deciding, schema::PRODUCT, command.sku(), schema::Event::kProductUpserted)
                    .mutable_product_upserted();
  if (auto refusal = take_prices(command, place, fact)) return refusal;
  fact.set_sku(command.sku());
  fact.set_name(command.name());
  fact.set_category(command.category());
  fact.set_tax_code(command.tax_code());
  fact.set_age_restricted(command.age_restricted());
  fact.set_serial_required(command.serial_required());
  fact.set_batch_required(command.batch_required());
  fact.set_final_sale(command.final_sale());
  fact.set_version(version + 1);
  return std::nullopt;
}

Decision decide_upsert(const UpsertProduct& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal = upsert(command, {}, deciding, accepted)) return *std::move(refusal);
  set_answer(accepted, deciding).set_sku(command.sku());
  return accepted;
}

Refusal check_skus(const schema::BatchUpsertCatalog& command) {
  const auto count = static_cast<std::size_t>(command.products_size());
  Scratch<std::string_view> skus(count);
  Scratch<std::uint32_t> first(count);
  for (std::size_t i = 0; i < count; ++i) skus[i] = command.products(static_cast<int>(i)).sku();
  find_first_equal(skus.all(), first.all());
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i] == i) continue;
    return reject(schema::VALIDATION_FAILED, "Product " + std::string(skus[i]) + " stands twice",
                  item_pointer("products", i, "sku"));
  }
  return std::nullopt;
}

Decision decide_batch(const schema::BatchUpsertCatalog& command, const Deciding& deciding) {
  if (auto known = decide_booked(deciding, kBatch, command.batch_id(), "/batch_id")) return *std::move(known);
  if (command.products().empty()) {
    return reject(schema::VALIDATION_FAILED, "A batch has at least one product", "/products");
  }
  if (auto refusal = check_skus(command)) return *std::move(refusal);
  Acceptance accepted;
  accepted.events.reserve(static_cast<std::size_t>(command.products_size()) + 1);
  book_document(accepted, deciding, kBatch, command.batch_id());
  for (int i = 0; i < command.products_size(); ++i) {
    const std::string place = item_pointer("products", static_cast<std::size_t>(i));
    if (auto refusal = upsert(command.products(i), place, deciding, accepted)) return *std::move(refusal);
  }
  set_answer(accepted, deciding).set_batch_id(command.batch_id());
  return accepted;
}

void evolve_upserted(schema::ProductState& state, const ProductUpserted& fact, const schema::Record&) {
  *state.mutable_product() = fact;
  state.set_version(state.version() + 1);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::upsert_product, needs_upsert, decide_upsert>(Command::kUpsertProduct),
    command_rule<&Command::batch_upsert_catalog, needs_batch, decide_batch>(Command::kBatchUpsertCatalog),
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

Refusal check_amount(const schema::Money& amount, std::string_view pointer) {
  if (!currency_exponent(amount.currency())) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", std::string(pointer) + "/currency");
  }
  if (amount.amount() > 0 && amount.amount() <= kAmountMost) return std::nullopt;
  return reject(schema::AMOUNT_INVALID, "An amount is above zero and at most 10^15 minor units", std::string(pointer));
}

}  // namespace till
