#include "commands/stock_correction.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/document.h"
#include "commands/money.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::Disposition;

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);
constexpr std::string_view kSet = "set_stock";
constexpr std::string_view kInspection = "inspect_stock";
constexpr std::string_view kVendorReturn = "return_to_vendor";

template <class Command>
void need_item(const Command& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
  out.push_back({kProduct, command.sku()});
  out.push_back({kStock, stock_id(command.store_id(), command.sku())});
  need_session(command.session_id(), out);
}

void needs_set(const schema::SetStock& command, std::vector<EntityRef>& out) {
  need_document(kSet, command.set_id(), out);
  need_item(command, out);
}

void needs_inspect(const schema::InspectStock& command, std::vector<EntityRef>& out) {
  need_document(kInspection, command.inspection_id(), out);
  need_item(command, out);
}

void needs_return(const schema::ReturnToVendor& command, std::vector<EntityRef>& out) {
  need_document(kVendorReturn, command.vendor_return_id(), out);
  out.push_back({kStore, command.store_id()});
  need_session(command.session_id(), out);
  need_stock_lines(command.store_id(), command.lines(), out);
}

// Who sends it, and where. `accepted` may hold an event after it.
template <class Command>
Refusal check_sender(const Command& command, const Deciding& deciding, const schema::StoreState*& store,
                     Acceptance& accepted) {
  if (auto refusal = authorize(deciding, command.session_id(), schema::STOCK_ADJUST, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return refusal;
  }
  return find_store(deciding.books, command.store_id(), "/store_id", store);
}

Refusal check_product(const std::string& sku, BooksReader& books) {
  if (books.get<schema::ProductState>(kProduct, sku) != nullptr) return std::nullopt;
  return reject(schema::PRODUCT_NOT_FOUND, "No product " + sku, "/sku");
}

schema::Answer& finish(Acceptance& accepted, const Deciding& deciding, const schema::StoreState& store,
                       const std::string& store_id) {
  set_business_date(accepted, deciding, store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(store_id);
  return answer;
}

// V3: what the sender saw is still so.
Refusal check_level(const schema::SetStock& command, const schema::StockState& item) {
  if (command.to_e5() < 0 || command.to_e5() > kQuantityMostE5) {
    return reject(schema::QUANTITY_INVALID, "A level is not negative and at most 10^9", "/to");
  }
  if (!command.has_change_from_e5() || command.change_from_e5() == item.on_hand_e5()) return std::nullopt;
  return reject(schema::QUANTITY_STALE, quantity_text(item.on_hand_e5()) + " of " + command.sku() + " is on hand",
                "/change_from");
}

Decision decide_set(const schema::SetStock& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kSet, command.set_id(), "/set_id")) return *booked;
  Acceptance accepted;
  const schema::StoreState* store = nullptr;
  if (auto refusal = check_sender(command, deciding, store, accepted)) return *refusal;
  if (auto refusal = check_product(command.sku(), deciding.books)) return *refusal;
  const schema::StockState& item = stock_item(deciding.books, stock_id(command.store_id(), command.sku()));
  if (auto refusal = check_level(command, item)) return *refusal;
  book_document(accepted, deciding, kSet, command.set_id());
  StockMove move{schema::Event::kStockSet, command.store_id(), command.sku(), command.set_id()};
  move.on_hand_e5 = command.to_e5() - item.on_hand_e5();
  if (auto refusal = move_item(deciding, stock_rule(*store), move, "/to", accepted)) return *refusal;
  auto& answer = finish(accepted, deciding, *store, command.store_id());
  answer.set_sku(command.sku());
  answer.set_set_id(command.set_id());
  return accepted;
}

Refusal check_inspection(const schema::InspectStock& command, const schema::StockState& item) {
  if (auto refusal = check_quantity(command.quantity_e5(), "/quantity")) return refusal;
  if (command.to() == Disposition::PLACE_UNSPECIFIED || !Disposition::Place_IsValid(command.to())) {
    return reject(schema::VALIDATION_FAILED, "Not a place for goods", "/to");
  }
  if (command.to() == Disposition::QUARANTINE || command.quantity_e5() <= item.quarantine_e5()) return std::nullopt;
  return reject(schema::INSUFFICIENT_STOCK,
                quantity_text(item.quarantine_e5()) + " of " + command.sku() + " is in quarantine", "/quantity");
}

StockMove inspection_move(const schema::InspectStock& command) {
  StockMove move{schema::Event::kStockInspected, command.store_id(), command.sku(), command.inspection_id()};
  const bool in = command.to() == Disposition::QUARANTINE;
  move.quarantine_e5 = in ? command.quantity_e5() : -command.quantity_e5();
  if (command.to() == Disposition::WASTE) move.on_hand_e5 = -command.quantity_e5();
  move.handled_e5 = command.quantity_e5();
  move.disposition = command.to();
  return move;
}

Decision decide_inspect(const schema::InspectStock& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kInspection, command.inspection_id(), "/inspection_id")) return *booked;
  Acceptance accepted;
  const schema::StoreState* store = nullptr;
  if (auto refusal = check_sender(command, deciding, store, accepted)) return *refusal;
  if (auto refusal = check_product(command.sku(), deciding.books)) return *refusal;
  const schema::StockState& item = stock_item(deciding.books, stock_id(command.store_id(), command.sku()));
  if (auto refusal = check_inspection(command, item)) return *refusal;
  book_document(accepted, deciding, kInspection, command.inspection_id());
  if (auto refusal = move_item(deciding, stock_rule(*store), inspection_move(command), "/quantity", accepted)) {
    return *refusal;
  }
  auto& answer = finish(accepted, deciding, *store, command.store_id());
  answer.set_sku(command.sku());
  answer.set_inspection_id(command.inspection_id());
  return accepted;
}

Decision decide_return(const schema::ReturnToVendor& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kVendorReturn, command.vendor_return_id(), "/vendor_return_id")) {
    return *booked;
  }
  Acceptance accepted;
  const schema::StoreState* store = nullptr;
  if (auto refusal = check_sender(command, deciding, store, accepted)) return *refusal;
  if (auto refusal = check_stock_lines(command.lines(), "lines", kVendorReturnLinesMost, deciding.books)) {
    return *refusal;
  }
  book_document(accepted, deciding, kVendorReturn, command.vendor_return_id());
  for (int i = 0; i < command.lines_size(); ++i) {
    const schema::StockLine& line = command.lines(i);
    const std::string pointer = item_pointer("lines", static_cast<std::size_t>(i), "quantity");
    // Whatever the rule: what is not there cannot be sent back.
    if (available_e5(stock_item(deciding.books, stock_id(command.store_id(), line.sku()))) < line.quantity_e5()) {
      return reject(schema::INSUFFICIENT_STOCK, "Not enough of " + line.sku() + " in store " + command.store_id(),
                    pointer);
    }
    StockMove move{schema::Event::kStockReturnedToVendor, command.store_id(), line.sku(), command.vendor_return_id()};
    move.on_hand_e5 = -line.quantity_e5();
    if (auto refusal = move_item(deciding, stock_rule(*store), move, pointer, accepted)) return *refusal;
  }
  finish(accepted, deciding, *store, command.store_id()).set_vendor_return_id(command.vendor_return_id());
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::set_stock, needs_set, decide_set>(Command::kSetStock),
    command_rule<&Command::inspect_stock, needs_inspect, decide_inspect>(Command::kInspectStock),
    command_rule<&Command::return_to_vendor, needs_return, decide_return>(Command::kReturnToVendor),
};

}  // namespace

const Aggregate& stock_correction_aggregate() {
  static constexpr Aggregate kAggregate{"stock_correction", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
