#include "commands/kit.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/document.h"
#include "commands/money.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::KitState;

constexpr EntityKind kKit = kind_of(schema::KIT);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kStock = kind_of(schema::STOCK);
constexpr std::string_view kComposition = "compose_kit";
constexpr std::string_view kDecomposition = "decompose_kit";
constexpr Wide kOneE5 = 100'000;

void needs_define(const schema::DefineKit& command, std::vector<EntityRef>& out) {
  out.push_back({kKit, command.sku()});
  out.push_back({kProduct, command.sku()});
  for (const schema::StockLine& line : command.components()) out.push_back({kProduct, line.sku()});
}

// The components are not in the command: the engine loads their stock when decide() looks.
template <class Command>
void need_assembly(const Command& command, std::string_view type, std::vector<EntityRef>& out) {
  need_document(type, command.assembly_id(), out);
  out.push_back({kStore, command.store_id()});
  out.push_back({kKit, command.sku()});
  out.push_back({kStock, stock_id(command.store_id(), command.sku())});
  need_session(command.session_id(), out);
}

void needs_compose(const schema::ComposeKit& command, std::vector<EntityRef>& out) {
  need_assembly(command, kComposition, out);
}

void needs_decompose(const schema::DecomposeKit& command, std::vector<EntityRef>& out) {
  need_assembly(command, kDecomposition, out);
}

Decision decide_define(const schema::DefineKit& command, const Deciding& deciding) {
  if (deciding.books.get<schema::ProductState>(kProduct, command.sku()) == nullptr) {
    return reject(schema::PRODUCT_NOT_FOUND, "No product " + command.sku(), "/sku");
  }
  if (auto refusal = check_stock_lines(command.components(), "components", kKitComponentsMost, deciding.books)) {
    return *refusal;
  }
  for (int i = 0; i < command.components_size(); ++i) {
    if (command.components(i).sku() != command.sku()) continue;
    return reject(schema::KIT_INVALID, command.sku() + " is no component of itself",
                  item_pointer("components", static_cast<std::size_t>(i), "sku"));
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::KIT, command.sku(), schema::Event::kKitDefined).mutable_kit_defined();
  fact.set_sku(command.sku());
  *fact.mutable_components() = command.components();
  set_answer(accepted, deciding).set_sku(command.sku());
  return accepted;
}

// A number of kits and what it takes of a component, both exact.
Refusal component_quantity(std::int64_t kits_e5, const schema::StockLine& component, std::int64_t& quantity_e5) {
  const Wide product = Wide{kits_e5} * component.quantity_e5();
  if (product % kOneE5 == 0 && product / kOneE5 <= kQuantityMostE5) {
    quantity_e5 = static_cast<std::int64_t>(product / kOneE5);
    return std::nullopt;
  }
  return reject(schema::QUANTITY_INVALID, "So many kits take no exact quantity of " + component.sku(), "/quantity");
}

// `sign` is 1 where kits are made, -1 where they are taken apart.
template <class Command>
Refusal move_assembly(const Command& command, const KitState& kit, const schema::StoreState& store, std::int64_t sign,
                      const Deciding& deciding, Acceptance& accepted) {
  const auto event = sign > 0 ? schema::Event::kKitComposed : schema::Event::kKitDecomposed;
  for (const schema::StockLine& component : kit.components()) {
    std::int64_t quantity_e5 = 0;
    if (auto refusal = component_quantity(command.quantity_e5(), component, quantity_e5)) return refusal;
    StockMove move{event, command.store_id(), component.sku(), command.assembly_id()};
    move.on_hand_e5 = -sign * quantity_e5;
    if (auto refusal = move_item(deciding, stock_rule(store), move, "/quantity", accepted)) return refusal;
  }
  StockMove move{event, command.store_id(), command.sku(), command.assembly_id()};
  move.on_hand_e5 = sign * command.quantity_e5();
  return move_item(deciding, stock_rule(store), move, "/quantity", accepted);
}

template <class Command>
Decision decide_assembly(const Command& command, std::string_view type, std::int64_t sign, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, type, command.assembly_id(), "/assembly_id")) return *booked;
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::STOCK_ADJUST, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *refusal;
  }
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *refusal;
  const auto* kit = deciding.books.get<KitState>(kKit, command.sku());
  if (kit == nullptr) return reject(schema::KIT_NOT_FOUND, "No kit " + command.sku(), "/sku");
  if (auto refusal = check_quantity(command.quantity_e5(), "/quantity")) return *refusal;
  look_at_items(deciding.books, command.store_id(), kit->components());
  book_document(accepted, deciding, type, command.assembly_id());
  if (auto refusal = move_assembly(command, *kit, *store, sign, deciding, accepted)) return *refusal;
  set_business_date(accepted, deciding, *store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_sku(command.sku());
  answer.set_assembly_id(command.assembly_id());
  return accepted;
}

Decision decide_compose(const schema::ComposeKit& command, const Deciding& deciding) {
  return decide_assembly(command, kComposition, 1, deciding);
}

Decision decide_decompose(const schema::DecomposeKit& command, const Deciding& deciding) {
  return decide_assembly(command, kDecomposition, -1, deciding);
}

void evolve_defined(KitState& state, const schema::KitDefined& fact, const schema::Record&) {
  state.set_sku(fact.sku());
  *state.mutable_components() = fact.components();
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::define_kit, needs_define, decide_define>(Command::kDefineKit),
    command_rule<&Command::compose_kit, needs_compose, decide_compose>(Command::kComposeKit),
    command_rule<&Command::decompose_kit, needs_decompose, decide_decompose>(Command::kDecomposeKit),
};
constexpr std::array kEvents{
    event_rule<KitState, &Event::kit_defined, evolve_defined>(Event::kKitDefined, schema::KIT),
};
constexpr std::array kStates{state_rule<KitState>(schema::KIT)};

}  // namespace

const Aggregate& kit_aggregate() {
  static constexpr Aggregate kAggregate{"kit", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
