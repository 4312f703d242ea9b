#include "commands/transfer_receipt.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/document.h"
#include "commands/money.h"
#include "commands/scratch.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::ReceiveTransfer;
using schema::TransferState;

constexpr EntityKind kTransfer = kind_of(schema::TRANSFER);
constexpr std::string_view kReceipt = "receive_transfer";

// The transfer's stores are not in the commands: the engine loads them and their stock when decide() looks.
void needs_receive(const ReceiveTransfer& command, std::vector<EntityRef>& out) {
  need_document(kReceipt, command.receipt_id(), out);
  out.push_back({kTransfer, command.transfer_id()});
  need_session(command.session_id(), out);
}

void needs_cancel(const schema::CancelTransfer& command, std::vector<EntityRef>& out) {
  out.push_back({kTransfer, command.transfer_id()});
  need_session(command.session_id(), out);
}

Refusal check_open(const TransferState* transfer, const std::string& id) {
  if (transfer == nullptr) return reject(schema::TRANSFER_NOT_FOUND, "No transfer " + id, "/transfer_id");
  if (transfer->status() != TransferState::COMPLETED && transfer->status() != TransferState::CANCELLED) {
    return std::nullopt;
  }
  return reject(schema::TRANSFER_CLOSED, "Transfer " + id + " is " + TransferState::Status_Name(transfer->status()),
                "/transfer_id");
}

bool is_part(std::int64_t quantity_e5) {
  return quantity_e5 >= 0 && quantity_e5 <= kQuantityMostE5;
}

// `known`: the transfer's line; `pending_after_e5` is what the receipt leaves of it under way.
Refusal check_line(const ReceiveTransfer::Line& line, std::size_t index, const TransferState& transfer,
                   const TransferState::Line*& known, std::int64_t& pending_after_e5) {
  const auto found = std::ranges::find(transfer.lines(), line.sku(), &TransferState::Line::sku);
  if (found == transfer.lines().end()) {
    return reject(schema::SKU_NOT_LISTED, line.sku() + " is not in transfer " + transfer.transfer_id(),
                  item_pointer("lines", index, "sku"));
  }
  known = &*found;
  const bool bounded = is_part(line.received_e5()) && is_part(line.damaged_e5()) && is_part(line.cancelled_e5());
  const std::int64_t whole = bounded ? line.received_e5() + line.damaged_e5() + line.cancelled_e5() : 0;
  if (whole == 0) {
    return reject(schema::QUANTITY_INVALID, "A line tells what arrived, was damaged or comes back, at most 10^9 each",
                  item_pointer("lines", index));
  }
  pending_after_e5 = known->pending_e5() - whole;
  if (pending_after_e5 >= 0) return std::nullopt;
  return reject(schema::OVER_RECEIPT, quantity_text(known->pending_e5()) + " of " + line.sku() + " is under way",
                item_pointer("lines", index));
}

Refusal check_lines(const ReceiveTransfer& command) {
  const auto count = static_cast<std::size_t>(command.lines_size());
  if (count == 0) return reject(schema::VALIDATION_FAILED, "A receipt has at least one line", "/lines");
  Scratch<std::string_view> skus(count);
  Scratch<std::uint32_t> first(count);
  for (std::size_t i = 0; i < count; ++i) skus[i] = command.lines(static_cast<int>(i)).sku();
  find_first_equal(skus.all(), first.all());
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i] != i) {
      return reject(schema::SKU_DUPLICATE, std::string(skus[i]) + " stands on two lines",
                    item_pointer("lines", i, "sku"));
    }
  }
  return std::nullopt;
}

// Both stores of a transfer.
struct Places {
  const schema::StoreState* from = nullptr;
  const schema::StoreState* to = nullptr;
};

Refusal find_places(const TransferState& transfer, BooksReader& books, Places& places) {
  if (auto refusal = find_store(books, transfer.from_store_id(), {}, places.from)) return refusal;
  return find_store(books, transfer.to_store_id(), {}, places.to);
}

// The goods of a line that reach a store's shelf, with what they cost where they left.
StockMove arrival(schema::Event::EventCase event, const std::string& store_id, const TransferState& transfer,
                  const TransferState::Line& line, std::int64_t quantity_e5) {
  StockMove move{event, store_id, line.sku(), transfer.transfer_id()};
  move.on_hand_e5 = quantity_e5;
  if (line.has_unit_cost_e4()) {
    move.unit_cost_e4 = line.unit_cost_e4();
    move.currency = line.currency();
  }
  return move;
}

// What was damaged is on no shelf: it is lost at the cost that it left with.
void write_shrinkage(const TransferState::Line& known, schema::TransferReceiptBooked::Line& told) {
  if (told.damaged_e5() == 0 || !known.has_unit_cost_e4()) return;
  const Wide value = line_cost_e4(told.damaged_e5(), known.unit_cost_e4());
  told.set_damaged_value_e4(static_cast<std::int64_t>(std::min<Wide>(value, kCostMostE4)));
  told.set_currency(known.currency());
}

Refusal move_line(const ReceiveTransfer::Line& line, std::size_t index, const TransferState& transfer,
                  const TransferState::Line& known, const Places& places, const Deciding& deciding,
                  Acceptance& accepted) {
  const std::string pointer = item_pointer("lines", index);
  if (line.received_e5() > 0) {
    const StockMove move =
        arrival(schema::Event::kTransferReceived, transfer.to_store_id(), transfer, known, line.received_e5());
    if (auto refusal = move_item(deciding, stock_rule(*places.to), move, pointer, accepted)) return refusal;
  }
  if (line.cancelled_e5() == 0) return std::nullopt;
  const StockMove move =
      arrival(schema::Event::kTransferReturned, transfer.from_store_id(), transfer, known, line.cancelled_e5());
  return move_item(deciding, stock_rule(*places.from), move, pointer, accepted);
}

Refusal write_receipt(const ReceiveTransfer& command, const TransferState& transfer, const Places& places,
                      const Deciding& deciding, Acceptance& accepted) {
  auto& fact =
      *add_event(accepted, deciding, schema::TRANSFER, command.transfer_id(), schema::Event::kTransferReceiptBooked)
           .mutable_transfer_receipt_booked();
  fact.set_transfer_id(command.transfer_id());
  fact.set_receipt_id(command.receipt_id());
  fact.set_from_store_id(transfer.from_store_id());
  fact.set_to_store_id(transfer.to_store_id());
  int open = 0;
  for (const TransferState::Line& line : transfer.lines()) open += line.pending_e5() > 0 ? 1 : 0;
  for (int i = 0; i < command.lines_size(); ++i) {
    const ReceiveTransfer::Line& line = command.lines(i);
    const auto index = static_cast<std::size_t>(i);
    const TransferState::Line* known = nullptr;
    std::int64_t pending_after_e5 = 0;
    if (auto refusal = check_line(line, index, transfer, known, pending_after_e5)) return refusal;
    if (pending_after_e5 == 0) --open;
    auto& told = *fact.add_lines();
    told.set_sku(line.sku());
    told.set_received_e5(line.received_e5());
    told.set_damaged_e5(line.damaged_e5());
    told.set_cancelled_e5(line.cancelled_e5());
    told.set_pending_after_e5(pending_after_e5);
    write_shrinkage(*known, told);
    if (auto refusal = move_line(line, index, transfer, *known, places, deciding, accepted)) return refusal;
  }
  fact.set_completed(open == 0);
  return std::nullopt;
}

Decision decide_receive(const ReceiveTransfer& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kReceipt, command.receipt_id(), "/receipt_id")) return *booked;
  const auto* transfer = deciding.books.get<TransferState>(kTransfer, command.transfer_id());
  if (auto refusal = check_open(transfer, command.transfer_id())) return *refusal;
  if (transfer->status() == TransferState::DRAFT) {
    return reject(schema::TRANSFER_NOT_STARTED, "Transfer " + command.transfer_id() + " is a draft", "/transfer_id");
  }
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::STOCK_TRANSFER, deciding.context.recorded_at, accepted)) {
    return *refusal;
  }
  if (auto refusal = check_lines(command)) return *refusal;
  look_at_items(deciding.books, transfer->from_store_id(), command.lines());
  look_at_items(deciding.books, transfer->to_store_id(), command.lines());
  Places places;
  if (auto refusal = find_places(*transfer, deciding.books, places)) return *refusal;
  book_document(accepted, deciding, kReceipt, command.receipt_id());
  if (auto refusal = write_receipt(command, *transfer, places, deciding, accepted)) return *refusal;
  set_business_date(accepted, deciding, *places.to);
  auto& answer = set_answer(accepted, deciding);
  answer.set_transfer_id(command.transfer_id());
  answer.set_receipt_id(command.receipt_id());
  return accepted;
}

Decision decide_cancel(const schema::CancelTransfer& command, const Deciding& deciding) {
  const auto* transfer = deciding.books.get<TransferState>(kTransfer, command.transfer_id());
  if (auto refusal = check_open(transfer, command.transfer_id())) return *refusal;
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::STOCK_TRANSFER, deciding.context.recorded_at, accepted)) {
    return *refusal;
  }
  look_at_items(deciding.books, transfer->from_store_id(), transfer->lines());
  const schema::StoreState* source = nullptr;
  if (auto refusal = find_store(deciding.books, transfer->from_store_id(), {}, source)) return *refusal;
  auto& fact =
      *add_event(accepted, deciding, schema::TRANSFER, command.transfer_id(), schema::Event::kTransferCancelled)
           .mutable_transfer_cancelled();
  fact.set_transfer_id(command.transfer_id());
  fact.set_from_store_id(transfer->from_store_id());
  fact.set_to_store_id(transfer->to_store_id());
  for (const TransferState::Line& line : transfer->lines()) {
    if (line.pending_e5() == 0) continue;
    auto& returned = *fact.add_returned();
    returned.set_sku(line.sku());
    returned.set_quantity_e5(line.pending_e5());
    const StockMove move =
        arrival(schema::Event::kTransferReturned, transfer->from_store_id(), *transfer, line, line.pending_e5());
    if (auto refusal = move_item(deciding, stock_rule(*source), move, "/transfer_id", accepted)) return *refusal;
  }
  set_business_date(accepted, deciding, *source);
  set_answer(accepted, deciding).set_transfer_id(command.transfer_id());
  return accepted;
}

void evolve_receipt(TransferState& state, const schema::TransferReceiptBooked& fact, const schema::Record&) {
  for (const schema::TransferReceiptBooked::Line& told : fact.lines()) {
    const auto line = std::ranges::find(*state.mutable_lines(), told.sku(), &TransferState::Line::sku);
    if (line == state.mutable_lines()->end()) continue;
    line->set_received_e5(line->received_e5() + told.received_e5());
    line->set_damaged_e5(line->damaged_e5() + told.damaged_e5());
    const Wide lost = Wide(line->damaged_value_e4()) + told.damaged_value_e4();
    line->set_damaged_value_e4(static_cast<std::int64_t>(std::min<Wide>(lost, kCostMostE4)));
    line->set_cancelled_e5(line->cancelled_e5() + told.cancelled_e5());
    line->set_pending_e5(told.pending_after_e5());
  }
  state.set_status(fact.completed() ? TransferState::COMPLETED : TransferState::PARTIALLY_RECEIVED);
}

void evolve_cancelled(TransferState& state, const schema::TransferCancelled&, const schema::Record&) {
  for (TransferState::Line& line : *state.mutable_lines()) {
    line.set_cancelled_e5(line.cancelled_e5() + line.pending_e5());
    line.set_pending_e5(0);
  }
  state.set_status(TransferState::CANCELLED);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::receive_transfer, needs_receive, decide_receive>(Command::kReceiveTransfer),
    command_rule<&Command::cancel_transfer, needs_cancel, decide_cancel>(Command::kCancelTransfer),
};
constexpr std::array kEvents{
    event_rule<TransferState, &Event::transfer_receipt_booked, evolve_receipt>(Event::kTransferReceiptBooked,
                                                                               schema::TRANSFER),
    event_rule<TransferState, &Event::transfer_cancelled, evolve_cancelled>(Event::kTransferCancelled,
                                                                            schema::TRANSFER),
};

}  // namespace

const Aggregate& transfer_receipt_aggregate() {
  static constexpr Aggregate kAggregate{"transfer_receipt", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
