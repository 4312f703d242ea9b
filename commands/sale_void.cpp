#include "commands/sale_void.h"

#include <array>
#include <utility>

#include "commands/coupon.h"
#include "commands/sale.h"
#include "commands/sale_return.h"
#include "commands/settlement.h"
#include "commands/shift_sales.h"
#include "commands/stock.h"
#include "commands/stock_cost.h"
#include "commands/tender_correction.h"

namespace till {
namespace {

using schema::SaleCompleted;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kShift = kind_of(schema::SHIFT);
constexpr EntityKind kTerminalChain = kind_of(schema::TERMINAL_CHAIN);

// The sale's terminal and stock are not in the command: the engine loads them when decide() looks.
void needs_void(const schema::VoidSale& command, std::vector<EntityRef>& out) {
  out.push_back({kSale, command.sale_id()});
  need_returns(command.sale_id(), out);
}

// A void uses up no terminal sequence, so the last sale of the terminal tells its business day.
bool day_lasts(const SaleCompleted& sale, BooksReader& books) {
  const auto* chain = books.get<schema::TerminalChain>(kTerminalChain, sale.terminal_id());
  return chain != nullptr && chain->business_date() == sale.business_date();
}

bool shift_lasts(const SaleCompleted& sale, BooksReader& books) {
  if (sale.shift_id().empty()) return true;
  const auto* shift = books.get<schema::ShiftState>(kShift, sale.shift_id());
  return shift != nullptr && shift->status() == schema::ShiftState::OPEN;
}

// What came back is paid back already, and half of an exchange cannot be undone without the other.
Refusal check_unreturned(const SaleCompleted& sale, const Deciding& deciding) {
  if (has_returns(deciding.books, sale.sale_id())) {
    return reject(schema::SALE_HAS_RETURNS, "Goods of sale " + sale.sale_id() + " come back by a return", "/sale_id");
  }
  for (const SaleCompleted::Payment& tender : sale.tenders()) {
    if (tender.type() != schema::Tender::EXCHANGE) continue;
    return reject(schema::SALE_EXCHANGED, "Sale " + sale.sale_id() + " is half of an exchange; return its goods",
                  "/sale_id");
  }
  return std::nullopt;
}

// Offline the money was given back already, whatever has been closed since.
Refusal check_window(const SaleCompleted& sale, BooksReader& books) {
  if (!day_lasts(sale, books)) {
    return reject(schema::VOID_WINDOW_CLOSED,
                  "Terminal " + sale.terminal_id() + " has left business day " + std::to_string(sale.business_date()),
                  "/sale_id");
  }
  if (shift_lasts(sale, books)) return std::nullopt;
  return reject(schema::VOID_WINDOW_CLOSED, "Shift " + sale.shift_id() + " of the sale is not open", "/sale_id");
}

Refusal restore_stock(const SaleCompleted& sale, const Deciding& deciding, Acceptance& accepted) {
  return for_each_article(sale.lines(), [&](std::size_t, const std::string& sku, std::int64_t quantity) -> Refusal {
    std::string id = stock_id(sale.store_id(), sku);
    const schema::StockState& item = stock_item(deciding.books, id);
    std::int64_t level = item.on_hand_e5();
    if (!move_stock(level, quantity)) return reject_stock_bounds({});
    auto& restored = *add_event(accepted, deciding, schema::STOCK, std::move(id), schema::Event::kStockRestored)
                          .mutable_stock_restored();
    restored.set_store_id(sale.store_id());
    restored.set_sku(sku);
    restored.set_quantity_e5(quantity);
    restored.set_sale_id(sale.sale_id());
    restored.set_on_hand_after_e5(level);
    restored.set_held_e5(held_e5(item));
    write_value_at_average(item, level, restored);
    return std::nullopt;
  });
}

Decision decide_void(const schema::VoidSale& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<schema::SaleState>(kSale, command.sale_id());
  if (known == nullptr) return reject(schema::SALE_NOT_FOUND, "No sale " + command.sale_id(), "/sale_id");
  const SaleCompleted& sale = sale_of(*known, deciding);
  const std::string_view bound = deciding.context.bound_terminal;
  if (!bound.empty() && bound != sale.terminal_id()) {
    return reject(schema::TERMINAL_NOT_PERMITTED,
                  "This key is bound to terminal " + std::string(bound) + ", the sale is of another", "/sale_id");
  }
  if (known->voided()) {
    if (same_content(known->void_fingerprint(), deciding)) return AlreadyDone{Position(known->void_position())};
    return reject(schema::SALE_ALREADY_VOIDED, "Sale " + command.sale_id() + " is voided already", "/sale_id");
  }
  if (auto refusal = check_unreturned(sale, deciding)) return *std::move(refusal);
  if (auto refusal = or_note(deciding, check_window(sale, deciding.books))) return *std::move(refusal);
  Acceptance accepted;
  accepted.events.reserve(static_cast<std::size_t>(sale.lines_size()) + 1);
  auto& fact =
      *add_event(accepted, deciding, schema::SALE, command.sale_id(), schema::Event::kSaleVoided).mutable_sale_voided();
  fact.set_sale_id(command.sale_id());
  fact.set_reason(command.reason());
  *fact.mutable_original() = sale;
  write_corrections(*known, *fact.mutable_retyped());
  if (auto refusal = restore_stock(sale, deciding, accepted)) return *std::move(refusal);
  for (const std::string& coupon_id : sale.coupon_ids()) {
    restore_coupon(deciding, coupon_id, sale.sale_id(), accepted);
  }
  if (auto refusal = unsettle_sale(deciding, sale, accepted)) return *std::move(refusal);
  const SaleCompleted corrected = with_corrections(*known, sale);
  if (auto refusal = book_on_shift(deciding, corrected, schema::ShiftSaleBooked::VOID, accepted)) {
    return *std::move(refusal);
  }
  accepted.business_date = sale.business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_sale_id(command.sale_id());
  answer.set_business_date(sale.business_date());
  return accepted;
}

void evolve_voided(schema::SaleState& state, const schema::SaleVoided&, const schema::Record& record) {
  state.set_voided(true);
  state.set_void_position(record.position());
  state.set_void_fingerprint(record.fingerprint());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::void_sale, needs_void, decide_void>(Command::kVoidSale),
};
constexpr std::array kEvents{
    event_rule<schema::SaleState, &Event::sale_voided, evolve_voided>(Event::kSaleVoided, schema::SALE),
};

}  // namespace

const Aggregate& sale_void_aggregate() {
  static constexpr Aggregate kAggregate{"sale_void", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
