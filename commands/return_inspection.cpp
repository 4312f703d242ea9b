#include "commands/return_inspection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/document.h"
#include "commands/sale_return.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::Disposition;
using schema::InspectReturn;
using schema::ReturnState;

constexpr std::string_view kInspectReturn = "inspect_return";

void needs_inspect_return(const InspectReturn& command, std::vector<EntityRef>& out) {
  need_document(kInspectReturn, command.inspection_id(), out);
  need_return(command.return_id(), out);
  need_session(command.session_id(), out);
}

Refusal find_line(const InspectReturn& command, const ReturnState& state, const ReturnState::Line*& line) {
  const auto found =
      std::ranges::find_if(state.lines(), [&](const auto& row) { return row.line_id() == command.line_id(); });
  if (found == state.lines().end()) {
    return reject(schema::RETURN_LINE_NOT_FOUND, "The return has no line " + command.line_id(), "/line_id");
  }
  line = &*found;
  if (state.status() == ReturnState::COMPLETED && line->disposition() == Disposition::QUARANTINE) return std::nullopt;
  return reject(schema::NOT_IN_QUARANTINE, "Nothing of line " + command.line_id() + " is in quarantine", "/line_id");
}

// `in_quarantine_e5`: of the article in the store, whatever brought it there.
Refusal check_found(const InspectReturn& command, const ReturnState::Line& line, std::int64_t in_quarantine_e5) {
  if (auto refusal = check_quantity(command.quantity_e5(), "/quantity")) return refusal;
  if (command.disposition() != Disposition::IN_STOCK && command.disposition() != Disposition::WASTE) {
    return reject(schema::VALIDATION_FAILED, "Goods leave quarantine for the shelf or to waste", "/disposition");
  }
  const std::int64_t left = std::min(line.quantity_e5() - line.inspected_e5(), in_quarantine_e5);
  if (command.quantity_e5() <= left) return std::nullopt;
  return reject(schema::NOT_IN_QUARANTINE, quantity_text(left) + " of the line is in quarantine", "/quantity");
}

Decision decide_inspect_return(const InspectReturn& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kInspectReturn, command.inspection_id(), "/inspection_id")) {
    return *booked;
  }
  const ReturnState* state = nullptr;
  if (auto refusal = find_return(deciding, command.return_id(), state)) return *refusal;
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, state->store_id(), "/return_id", store)) return *refusal;
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::STOCK_ADJUST, deciding.context.recorded_at,
                               accepted, state->store_id())) {
    return *refusal;
  }
  const ReturnState::Line* line = nullptr;
  if (auto refusal = find_line(command, *state, line)) return *refusal;
  const schema::StockState& item = stock_item(deciding.books, stock_id(state->store_id(), line->sku()));
  if (auto refusal = check_found(command, *line, item.quarantine_e5())) return *refusal;
  book_document(accepted, deciding, kInspectReturn, command.inspection_id());
  auto& fact = *add_event(accepted, deciding, schema::RETURN, command.return_id(), schema::Event::kReturnInspected)
                    .mutable_return_inspected();
  fact.set_return_id(command.return_id());
  fact.set_inspection_id(command.inspection_id());
  fact.set_line_id(command.line_id());
  fact.set_quantity_e5(command.quantity_e5());
  fact.set_disposition(command.disposition());
  StockMove move{schema::Event::kStockInspected, state->store_id(), line->sku(), command.inspection_id()};
  move.quarantine_e5 = -command.quantity_e5();
  if (command.disposition() == Disposition::WASTE) move.on_hand_e5 = -command.quantity_e5();
  move.handled_e5 = command.quantity_e5();
  move.disposition = command.disposition();
  if (auto refusal = move_item(deciding, stock_rule(*store), move, "/quantity", accepted)) return *refusal;
  set_business_date(accepted, deciding, *store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_return_id(command.return_id());
  answer.set_inspection_id(command.inspection_id());
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::inspect_return, needs_inspect_return, decide_inspect_return>(Command::kInspectReturn),
};

}  // namespace

const Aggregate& return_inspection_aggregate() {
  static constexpr Aggregate kAggregate{"return_inspection", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
