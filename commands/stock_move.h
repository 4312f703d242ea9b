// What a document of the inventory does to an item: one event of the message StockMoved, checked and with its alerts.
// The name of the event tells what happened, one fold serves them all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commands/rules.h"
#include "commands/stock.h"

namespace till {

const Aggregate& stock_move_aggregate();

struct StockMove {
  schema::Event::EventCase event;  // a member of the type StockMoved
  const std::string& store_id;
  const std::string& sku;
  const std::string& document_id;
  // What it adds, signed.
  std::int64_t on_hand_e5 = 0;
  std::int64_t reserved_e5 = 0;
  std::int64_t quarantine_e5 = 0;
  std::int64_t handled_e5 = 0;  // as in the event
  schema::Disposition::Place disposition = schema::Disposition::PLACE_UNSPECIFIED;
  // Of goods that come with a cost of their own; the others move at the item's average.
  std::optional<std::int64_t> unit_cost_e4 = std::nullopt;
  std::string_view currency = {};
};

// Adds the event of `move`, and an alert where one is asked for. Under DENY (the item's rule, else `rule_of_store`)
// INSUFFICIENT_STOCK where it would take what is for sale, or what is on hand, further below zero (V1, V2);
// QUANTITY_INVALID where a level would leave its bounds. At most one move an item and decision.
Refusal move_item(const Deciding& deciding, schema::StorePolicy::Stock rule_of_store, const StockMove& move,
                  std::string_view pointer, Acceptance& acceptance);

// Goods of a customer's return: for sale again, into quarantine, or to waste, which changes no level. A decision may
// return the same article several times. QUANTITY_INVALID where a level would leave its bounds.
Refusal return_stock(const Deciding& deciding, const std::string& store_id, const std::string& sku,
                     std::int64_t quantity_e5, schema::Disposition::Place disposition, const std::string& document_id,
                     std::string_view pointer, Acceptance& acceptance);

// Above zero and at most kQuantityMostE5, or QUANTITY_INVALID at `pointer`.
Refusal check_quantity(std::int64_t quantity_e5, std::string_view pointer);

// Lines of a document that lists each article once: at least one, at most `most`, of products and quantities that
// exist. VALIDATION_FAILED, PRODUCT_NOT_FOUND, QUANTITY_INVALID or SKU_DUPLICATE, under the pointer /`list`.
using StockLines = google::protobuf::RepeatedPtrField<schema::StockLine>;
Refusal check_stock_lines(const StockLines& lines, std::string_view list, int most, BooksReader& books);

// For needs(): each line's product and its item in the store.
void need_stock_lines(std::string_view store_id, const StockLines& lines, std::vector<EntityRef>& out);

// Looks at every line's item of a document that only the books know, so that all of them are loaded at once.
template <class Lines>
void look_at_items(BooksReader& books, std::string_view store_id, const Lines& lines) {
  for (const auto& line : lines) stock_item(books, stock_id(store_id, line.sku()));
}

// "12.5" of 1250000.
std::string quantity_text(std::int64_t quantity_e5);

// For evolve: the levels that the event leaves.
void evolve_moved(schema::StockState& state, const schema::StockMoved& fact, const schema::Record& record);

}  // namespace till
