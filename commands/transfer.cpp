#include "commands/transfer.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::TransferState;

constexpr EntityKind kTransfer = kind_of(schema::TRANSFER);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

void needs_create(const schema::CreateTransfer& command, std::vector<EntityRef>& out) {
  out.push_back({kTransfer, command.transfer_id()});
  out.push_back({kStore, command.from_store_id()});
  out.push_back({kStore, command.to_store_id()});
  need_session(command.session_id(), out);
  for (const schema::StockLine& line : command.lines()) out.push_back({kProduct, line.sku()});
}

// The transfer's stores and stock are not in the command: the engine loads them when decide() looks.
void needs_ship(const schema::ShipTransfer& command, std::vector<EntityRef>& out) {
  out.push_back({kTransfer, command.transfer_id()});
  need_session(command.session_id(), out);
}

Refusal check_places(const schema::CreateTransfer& command, const Deciding& deciding,
                     const schema::StoreState*& source) {
  const schema::StoreState* target = nullptr;
  if (auto refusal = find_store(deciding.books, command.from_store_id(), "/from_store_id", source)) return refusal;
  if (auto refusal = find_store(deciding.books, command.to_store_id(), "/to_store_id", target)) return refusal;
  if (command.from_store_id() != command.to_store_id()) return std::nullopt;
  return reject(schema::SAME_LOCATION, "Source and destination are " + command.to_store_id(), "/to_store_id");
}

Decision decide_create(const schema::CreateTransfer& command, const Deciding& deciding) {
  if (const auto* known = deciding.books.get<TransferState>(kTransfer, command.transfer_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::TRANSFER_ID_REUSED, "Transfer " + command.transfer_id() + " was drafted with other content",
                  "/transfer_id");
  }
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::STOCK_TRANSFER, deciding.context.recorded_at, accepted)) {
    return *refusal;
  }
  const schema::StoreState* source = nullptr;
  if (auto refusal = check_places(command, deciding, source)) return *refusal;
  if (auto refusal = check_stock_lines(command.lines(), "lines", kTransferLinesMost, deciding.books)) return *refusal;
  auto& fact = *add_event(accepted, deciding, schema::TRANSFER, command.transfer_id(), schema::Event::kTransferDrafted)
                    .mutable_transfer_drafted();
  fact.set_transfer_id(command.transfer_id());
  fact.set_from_store_id(command.from_store_id());
  fact.set_to_store_id(command.to_store_id());
  *fact.mutable_lines() = command.lines();
  set_business_date(accepted, deciding, *source);
  set_answer(accepted, deciding).set_transfer_id(command.transfer_id());
  return accepted;
}

Refusal check_draft(const TransferState* transfer, const std::string& id) {
  if (transfer == nullptr) return reject(schema::TRANSFER_NOT_FOUND, "No transfer " + id, "/transfer_id");
  if (transfer->status() == TransferState::DRAFT) return std::nullopt;
  const bool under_way =
      transfer->status() == TransferState::STARTED || transfer->status() == TransferState::PARTIALLY_RECEIVED;
  return reject(under_way ? schema::TRANSFER_ALREADY_STARTED : schema::TRANSFER_CLOSED,
                "Transfer " + id + " is " + TransferState::Status_Name(transfer->status()), "/transfer_id");
}

void add_cost(const schema::StockState& item, const std::string& sku, schema::TransferShipped& fact) {
  if (!item.has_cost()) return;
  schema::TransferShipped::Cost& cost = *fact.add_costs();
  cost.set_sku(sku);
  cost.set_unit_cost_e4(item.cost().average_e4());
  cost.set_currency(item.cost().currency());
}

Decision decide_ship(const schema::ShipTransfer& command, const Deciding& deciding) {
  const auto* transfer = deciding.books.get<TransferState>(kTransfer, command.transfer_id());
  if (auto refusal = check_draft(transfer, command.transfer_id())) return *refusal;
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::STOCK_TRANSFER, deciding.context.recorded_at, accepted)) {
    return *refusal;
  }
  look_at_items(deciding.books, transfer->from_store_id(), transfer->lines());
  const schema::StoreState* source = nullptr;
  if (auto refusal = find_store(deciding.books, transfer->from_store_id(), {}, source)) return *refusal;
  auto& fact = *add_event(accepted, deciding, schema::TRANSFER, command.transfer_id(), schema::Event::kTransferShipped)
                    .mutable_transfer_shipped();
  fact.set_transfer_id(command.transfer_id());
  fact.set_from_store_id(transfer->from_store_id());
  fact.set_to_store_id(transfer->to_store_id());
  for (const TransferState::Line& line : transfer->lines()) {
    add_cost(stock_item(deciding.books, stock_id(transfer->from_store_id(), line.sku())), line.sku(), fact);
    StockMove move{schema::Event::kStockShipped, transfer->from_store_id(), line.sku(), command.transfer_id()};
    move.on_hand_e5 = -line.quantity_e5();
    if (auto refusal = move_item(deciding, stock_rule(*source), move, "/transfer_id", accepted)) return *refusal;
  }
  set_business_date(accepted, deciding, *source);
  set_answer(accepted, deciding).set_transfer_id(command.transfer_id());
  return accepted;
}

void evolve_drafted(TransferState& state, const schema::TransferDrafted& fact, const schema::Record& record) {
  state.set_transfer_id(fact.transfer_id());
  state.set_from_store_id(fact.from_store_id());
  state.set_to_store_id(fact.to_store_id());
  state.set_status(TransferState::DRAFT);
  for (const schema::StockLine& drafted : fact.lines()) {
    TransferState::Line& line = *state.add_lines();
    line.set_sku(drafted.sku());
    line.set_quantity_e5(drafted.quantity_e5());
  }
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

// The costs stand in the order of the lines, of which some may have none.
void evolve_shipped(TransferState& state, const schema::TransferShipped& fact, const schema::Record&) {
  state.set_status(TransferState::STARTED);
  int next = 0;
  for (TransferState::Line& line : *state.mutable_lines()) {
    line.set_pending_e5(line.quantity_e5());
    if (next == fact.costs_size() || fact.costs(next).sku() != line.sku()) continue;
    line.set_unit_cost_e4(fact.costs(next).unit_cost_e4());
    line.set_currency(fact.costs(next).currency());
    ++next;
  }
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::create_transfer, needs_create, decide_create>(Command::kCreateTransfer),
    command_rule<&Command::ship_transfer, needs_ship, decide_ship>(Command::kShipTransfer),
};
constexpr std::array kEvents{
    event_rule<TransferState, &Event::transfer_drafted, evolve_drafted>(Event::kTransferDrafted, schema::TRANSFER),
    event_rule<TransferState, &Event::transfer_shipped, evolve_shipped>(Event::kTransferShipped, schema::TRANSFER),
};
constexpr std::array kStates{state_rule<TransferState>(schema::TRANSFER)};

}  // namespace

const Aggregate& transfer_aggregate() {
  static constexpr Aggregate kAggregate{"transfer", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
