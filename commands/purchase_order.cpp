#include "commands/purchase_order.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/money.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::PurchaseOrderState;

constexpr EntityKind kOrder = kind_of(schema::PURCHASE_ORDER);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

constexpr std::uint32_t kTolerancePpm = 1'000'000;  // the whole: twice of what was ordered may come at most

void needs_open(const schema::OpenPurchaseOrder& command, std::vector<EntityRef>& out) {
  need_purchase_order(command.po_id(), out);
  out.push_back({kStore, command.store_id()});
  for (const schema::StockLine& line : command.lines()) out.push_back({kProduct, line.sku()});
}

void needs_close(const schema::ClosePurchaseOrder& command, std::vector<EntityRef>& out) {
  need_purchase_order(command.po_id(), out);
}

const PurchaseOrderState* find_order(const Deciding& deciding, std::string_view po_id) {
  return deciding.books.get<PurchaseOrderState>(kOrder, po_id);
}

Refusal find_open_order(const Deciding& deciding, const std::string& po_id, const PurchaseOrderState*& order) {
  order = find_order(deciding, po_id);
  if (order == nullptr) return reject(schema::PO_NOT_FOUND, "No purchase order " + po_id, "/po_id");
  if (order->status() == PurchaseOrderState::OPEN) return std::nullopt;
  return reject(schema::PO_CLOSED, "Purchase order " + po_id + " is closed", "/po_id");
}

schema::Answer& write_order_answer(const std::string& po_id, const std::string& store_id, const Deciding& deciding,
                                   Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(store_id);
  answer.set_po_id(po_id);
  return answer;
}

Decision decide_open(const schema::OpenPurchaseOrder& command, const Deciding& deciding) {
  if (const auto* known = find_order(deciding, command.po_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::PO_ID_REUSED, "Purchase order " + command.po_id() + " was opened with other content",
                  "/po_id");
  }
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *std::move(refusal);
  if (auto refusal = check_stock_lines(command.lines(), "lines", kPurchaseOrderLinesMost, deciding.books)) {
    return *std::move(refusal);
  }
  if (command.tolerance_ppm() > kTolerancePpm) {
    return reject(schema::VALIDATION_FAILED, "A tolerance is at most 1000000", "/tolerance_ppm");
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::PURCHASE_ORDER, command.po_id(), schema::Event::kPurchaseOrderOpened)
           .mutable_purchase_order_opened();
  fact.set_po_id(command.po_id());
  fact.set_store_id(command.store_id());
  fact.set_vendor_id(command.vendor_id());
  *fact.mutable_lines() = command.lines();
  fact.set_tolerance_ppm(command.tolerance_ppm());
  set_business_date(accepted, deciding, *store);
  write_order_answer(command.po_id(), command.store_id(), deciding, accepted);
  return accepted;
}

Decision decide_close(const schema::ClosePurchaseOrder& command, const Deciding& deciding) {
  const PurchaseOrderState* order = nullptr;
  if (auto refusal = find_open_order(deciding, command.po_id(), order)) return *std::move(refusal);
  Acceptance accepted;
  add_event(accepted, deciding, schema::PURCHASE_ORDER, command.po_id(), schema::Event::kPurchaseOrderClosed)
      .mutable_purchase_order_closed()
      ->set_po_id(command.po_id());
  write_order_answer(command.po_id(), order->store_id(), deciding, accepted);
  return accepted;
}

// What may still come of a line.
Wide rest_of(const PurchaseOrderState::Line& line, std::uint32_t tolerance_ppm) {
  const Wide more = Wide{line.quantity_e5()} * tolerance_ppm / kTolerancePpm;
  return line.quantity_e5() + more - line.received_e5();
}

void evolve_opened(PurchaseOrderState& state, const schema::PurchaseOrderOpened& fact, const schema::Record& record) {
  state.set_po_id(fact.po_id());
  state.set_store_id(fact.store_id());
  if (!fact.vendor_id().empty()) state.set_vendor_id(fact.vendor_id());
  state.set_tolerance_ppm(fact.tolerance_ppm());
  state.set_status(PurchaseOrderState::OPEN);
  for (const schema::StockLine& ordered : fact.lines()) {
    auto& line = *state.add_lines();
    line.set_sku(ordered.sku());
    line.set_quantity_e5(ordered.quantity_e5());
  }
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void evolve_received(PurchaseOrderState& state, const schema::PurchaseOrderReceived& fact, const schema::Record&) {
  for (const schema::StockLine& brought : fact.lines()) {
    const auto line = std::ranges::find(*state.mutable_lines(), brought.sku(), &PurchaseOrderState::Line::sku);
    if (line != state.mutable_lines()->end()) line->set_received_e5(line->received_e5() + brought.quantity_e5());
  }
}

void evolve_closed(PurchaseOrderState& state, const schema::PurchaseOrderClosed&, const schema::Record&) {
  state.set_status(PurchaseOrderState::CLOSED);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::open_purchase_order, needs_open, decide_open>(Command::kOpenPurchaseOrder),
    command_rule<&Command::close_purchase_order, needs_close, decide_close>(Command::kClosePurchaseOrder),
};
constexpr std::array kEvents{
    event_rule<PurchaseOrderState, &Event::purchase_order_opened, evolve_opened>(Event::kPurchaseOrderOpened,
                                                                                 schema::PURCHASE_ORDER),
    event_rule<PurchaseOrderState, &Event::purchase_order_received, evolve_received>(Event::kPurchaseOrderReceived,
                                                                                     schema::PURCHASE_ORDER),
    event_rule<PurchaseOrderState, &Event::purchase_order_closed, evolve_closed>(Event::kPurchaseOrderClosed,
                                                                                 schema::PURCHASE_ORDER),
};
constexpr std::array kStates{state_rule<PurchaseOrderState>(schema::PURCHASE_ORDER)};

}  // namespace

const Aggregate& purchase_order_aggregate() {
  static constexpr Aggregate kAggregate{"purchase_order", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_purchase_order(std::string_view po_id, std::vector<EntityRef>& out) {
  if (!po_id.empty()) out.push_back({kOrder, std::string(po_id)});
}

Refusal check_delivery(const schema::ReceiveStock& receipt, const Deciding& deciding) {
  if (receipt.po_id().empty()) return std::nullopt;
  const PurchaseOrderState* order = nullptr;
  if (auto refusal = find_open_order(deciding, receipt.po_id(), order)) return refusal;
  if (order->store_id() != receipt.store_id()) {
    return reject(schema::PO_NOT_FOUND, "Purchase order " + receipt.po_id() + " is of another store", "/po_id");
  }
  return for_each_article(
      receipt.lines(), [&](std::size_t index, const std::string& sku, std::int64_t quantity_e5) -> Refusal {
        const auto line = std::ranges::find(order->lines(), sku, &PurchaseOrderState::Line::sku);
        if (line == order->lines().end()) {
          return reject(schema::SKU_NOT_LISTED, sku + " is not in purchase order " + receipt.po_id(),
                        item_pointer("lines", index, "sku"));
        }
        if (quantity_e5 <= rest_of(*line, order->tolerance_ppm())) return std::nullopt;
        return reject(schema::OVER_RECEIPT, "More of " + sku + " than purchase order " + receipt.po_id() + " allows",
                      item_pointer("lines", index, "quantity"));
      });
}

void book_delivery(const schema::ReceiveStock& receipt, const Deciding& deciding, Acceptance& accepted) {
  if (receipt.po_id().empty()) return;
  auto& fact =
      *add_event(accepted, deciding, schema::PURCHASE_ORDER, receipt.po_id(), schema::Event::kPurchaseOrderReceived)
           .mutable_purchase_order_received();
  fact.set_po_id(receipt.po_id());
  fact.set_receipt_id(receipt.receipt_id());
  static_cast<void>(
      for_each_article(receipt.lines(), [&](std::size_t, const std::string& sku, std::int64_t quantity_e5) -> Refusal {
        auto& line = *fact.add_lines();
        line.set_sku(sku);
        line.set_quantity_e5(quantity_e5);
        return std::nullopt;
      }));
}

}  // namespace till
