#include "commands/price.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "commands/document.h"
#include "commands/money.h"
#include "commands/product.h"

namespace till {
namespace {

using schema::PriceState;
using Window = schema::PriceState::Window;

constexpr EntityKind kPrice = kind_of(schema::PRICE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr std::string_view kSet = "set_price";

void needs_set(const schema::SetPrice& command, std::vector<EntityRef>& out) {
  need_document(kSet, command.price_id(), out);
  out.push_back({kPrice, price_entity_id(command.price_list(), command.sku())});
  out.push_back({kProduct, command.sku()});
}

void needs_remove(const schema::RemovePrice& command, std::vector<EntityRef>& out) {
  out.push_back({kPrice, price_entity_id(command.price_list(), command.sku())});
}

// The first moment after a window or a price to be.
template <class Body>
std::int64_t end_of(const Body& body) {
  return body.has_valid_to_us() ? body.valid_to_us() : std::numeric_limits<std::int64_t>::max();
}

Refusal check_window(const schema::SetPrice& command, const PriceState& state) {
  if (command.min_quantity_e5() < 0 || command.min_quantity_e5() > kQuantityMostE5) {
    return reject(schema::QUANTITY_INVALID, "A price begins at a quantity of 0 to 10^9", "/min_quantity");
  }
  if (end_of(command) <= command.valid_from_us()) {
    return reject(schema::VALIDATION_FAILED, "A price ends after it begins", "/valid_to");
  }
  const auto other = std::ranges::find_if(state.windows(), [&](const Window& window) {
    return window.min_quantity_e5() == command.min_quantity_e5() && window.valid_from_us() < end_of(command) &&
           command.valid_from_us() < end_of(window);
  });
  if (other == state.windows().end()) return std::nullopt;
  return reject(schema::PRICE_WINDOW_OVERLAP, "Price " + other->price_id() + " holds at the same time", "/valid_from");
}

// Past windows go only where there is no room left.
Refusal make_room(const PriceState& state, Micros now, schema::PriceSet& fact) {
  if (state.windows_size() < kPriceWindowsMost) return std::nullopt;
  for (const Window& window : state.windows()) {
    if (end_of(window) <= now.value()) fact.add_dropped_price_ids(window.price_id());
  }
  if (fact.dropped_price_ids_size() > 0) return std::nullopt;
  return reject(schema::CATALOG_LIMIT_REACHED,
                "A product has at most " + std::to_string(kPriceWindowsMost) + " prices in a list", "/price_id");
}

void write_set(const schema::SetPrice& command, std::int64_t price_e4, schema::PriceSet& fact) {
  fact.set_price_id(command.price_id());
  fact.set_price_list(command.price_list());
  fact.set_sku(command.sku());
  fact.set_price_e4(price_e4);
  fact.set_currency(command.price().currency());
  fact.set_valid_from_us(command.valid_from_us());
  if (command.has_valid_to_us()) fact.set_valid_to_us(command.valid_to_us());
  fact.set_min_quantity_e5(command.min_quantity_e5());
}

Decision decide_set(const schema::SetPrice& command, const Deciding& deciding) {
  if (auto known = decide_booked(deciding, kSet, command.price_id(), "/price_id")) return *std::move(known);
  if (deciding.books.get<schema::ProductState>(kProduct, command.sku()) == nullptr) {
    return reject(schema::PRODUCT_NOT_FOUND, "No product " + command.sku(), "/sku");
  }
  std::int64_t price_e4 = 0;
  if (auto refusal = read_price(command.price(), "/price", price_e4)) return *std::move(refusal);
  std::string id = price_entity_id(command.price_list(), command.sku());
  const auto* known = deciding.books.get<PriceState>(kPrice, id);
  const PriceState& state = known == nullptr ? PriceState::default_instance() : *known;
  if (state.windows_size() > 0 && state.currency() != command.price().currency()) {
    return reject(schema::CURRENCY_MISMATCH, "Prices of this product in this list are in " + state.currency(),
                  "/price/currency");
  }
  if (auto refusal = check_expected_version(command, state.version(), "Price list entry " + id)) {
    return *std::move(refusal);
  }
  if (auto refusal = check_window(command, state)) return *std::move(refusal);
  Acceptance accepted;
  book_document(accepted, deciding, kSet, command.price_id());
  auto& fact =
      *add_event(accepted, deciding, schema::PRICE, std::move(id), schema::Event::kPriceSet).mutable_price_set();
  if (auto refusal = make_room(state, deciding.context.recorded_at, fact)) return *std::move(refusal);
  write_set(command, price_e4, fact);
  auto& answer = set_answer(accepted, deciding);
  answer.set_sku(command.sku());
  answer.set_price_id(command.price_id());
  return accepted;
}

Refusal check_end(const schema::RemovePrice& command, const Window& window, std::int64_t ends_at, Micros now) {
  if (end_of(window) <= now.value()) {
    return reject(schema::PRICE_NOT_FOUND, "Price " + command.price_id() + " has ended", "/price_id");
  }
  if (ends_at < now.value() || ends_at > end_of(window)) {
    return reject(schema::VALIDATION_FAILED, "A price ends from now on, and not later than it would have", "/ends_at");
  }
  return std::nullopt;
}

Decision decide_remove(const schema::RemovePrice& command, const Deciding& deciding) {
  std::string id = price_entity_id(command.price_list(), command.sku());
  const auto* known = deciding.books.get<PriceState>(kPrice, id);
  const PriceState& state = known == nullptr ? PriceState::default_instance() : *known;
  const auto window = std::ranges::find(state.windows(), command.price_id(), &Window::price_id);
  if (window == state.windows().end()) {
    return reject(schema::PRICE_NOT_FOUND, "No price " + command.price_id() + " of this product in this list",
                  "/price_id");
  }
  const Micros now = deciding.context.recorded_at;
  const std::int64_t ends_at = command.has_ends_at_us() ? command.ends_at_us() : now.value();
  if (auto refusal = check_end(command, *window, ends_at, now)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::PRICE, std::move(id), schema::Event::kPriceRemoved)
                    .mutable_price_removed();
  fact.set_price_id(command.price_id());
  fact.set_price_list(command.price_list());
  fact.set_sku(command.sku());
  if (ends_at > window->valid_from_us()) fact.set_ends_at_us(ends_at);
  auto& answer = set_answer(accepted, deciding);
  answer.set_sku(command.sku());
  answer.set_price_id(command.price_id());
  return accepted;
}

void erase_window(PriceState& state, const std::string& price_id) {
  const auto window = std::ranges::find(state.windows(), price_id, &Window::price_id);
  if (window != state.windows().end()) state.mutable_windows()->erase(window);
}

void evolve_set(PriceState& state, const schema::PriceSet& fact, const schema::Record&) {
  state.set_version(state.version() + 1);
  state.set_price_list(fact.price_list());
  state.set_sku(fact.sku());
  state.set_currency(fact.currency());
  for (const std::string& price_id : fact.dropped_price_ids()) erase_window(state, price_id);
  Window& window = *state.add_windows();
  window.set_price_id(fact.price_id());
  window.mutable_price()->set_amount_e4(fact.price_e4());
  window.mutable_price()->set_currency(fact.currency());
  window.set_valid_from_us(fact.valid_from_us());
  if (fact.has_valid_to_us()) window.set_valid_to_us(fact.valid_to_us());
  window.set_min_quantity_e5(fact.min_quantity_e5());
}

void evolve_removed(PriceState& state, const schema::PriceRemoved& fact, const schema::Record&) {
  state.set_version(state.version() + 1);
  if (!fact.has_ends_at_us()) return erase_window(state, fact.price_id());
  for (Window& window : *state.mutable_windows()) {
    if (window.price_id() == fact.price_id()) window.set_valid_to_us(fact.ends_at_us());
  }
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::set_price, needs_set, decide_set>(Command::kSetPrice),
    command_rule<&Command::remove_price, needs_remove, decide_remove>(Command::kRemovePrice),
};
constexpr std::array kEvents{
    event_rule<PriceState, &Event::price_set, evolve_set>(Event::kPriceSet, schema::PRICE),
    event_rule<PriceState, &Event::price_removed, evolve_removed>(Event::kPriceRemoved, schema::PRICE),
};
constexpr std::array kStates{state_rule<PriceState>(schema::PRICE)};

}  // namespace

const Aggregate& price_aggregate() {
  static constexpr Aggregate kAggregate{"price", kCommands, kEvents, kStates};
  return kAggregate;
}

std::string price_entity_id(std::string_view price_list, std::string_view sku) {
  std::string id;
  id.reserve(price_list.size() + 1 + sku.size());
  id.append(price_list).append("/").append(sku);
  return id;
}

const schema::PriceState::Window* price_at(const schema::PriceState& state, Micros at, std::int64_t quantity_e5) {
  const Window* best = nullptr;
  for (const Window& window : state.windows()) {
    if (at.value() < window.valid_from_us() || at.value() >= end_of(window)) continue;
    if (window.min_quantity_e5() > quantity_e5) continue;
    if (best == nullptr || window.min_quantity_e5() > best->min_quantity_e5()) best = &window;
  }
  return best;
}

std::int64_t lowest_price_e4(const schema::ProductUpserted& product, std::string_view currency) {
  return product.currency() == currency ? product.min_price_e4() : 0;
}

Refusal check_floor(const Deciding& deciding, std::string_view sku, std::int64_t price_e4, std::int64_t floor_e4,
                    std::string_view pointer) {
  if (price_e4 >= floor_e4) return std::nullopt;
  return or_note(deciding,
                 reject(schema::PRICE_BELOW_FLOOR,
                        "Product " + std::string(sku) + " is sold for at least " + std::to_string(floor_e4) + " x 1e-4",
                        std::string(pointer)));
}

}  // namespace till
