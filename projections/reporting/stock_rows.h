// The rows of stock: what moved, and what is on hand, reserved and on its way since.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transaction.h"
#include "projections/reporting/insert.h"
#include "projections/reporting/sum_table.h"
#include "schemas/events.pb.h"

namespace till::reporting {

// f_stock_move, f_transit_loss, s_stock and agg_stock_day of one batch.
class StockRows {
 public:
  StockRows(std::string_view prefix, const StatementLimits& limits);
  // Does nothing where the event is not about stock.
  void add(const Transaction& transaction, int index, const schema::Event& event);
  void finish(std::vector<TableStatements>& tables);

 private:
  struct Move;
  // What a row of s_stock offers; SQL, empty for what it does not know.
  struct Level {
    std::string on_hand, reserved, quarantine, average, value, receipt, cost, currency, counted_at;
    std::int64_t in_transit_e5 = 0;  // added
    std::uint64_t position = 0;
  };

  void add_receipt(const schema::Record& record, int index, const schema::StockReceived& fact);
  void add_moved(const schema::Record& record, int index, const schema::Event& event);
  void add_fact(const schema::Record& record, int index, std::string_view kind, const schema::StockMoved& fact);
  void add_move(const schema::Record& record, int index, const Move& move);
  // What goods cost that came in, and what the item is worth since: of every message about stock that tells it.
  template <class Fact>
  void add_cost(const schema::Record& record, const Fact& fact);
  template <class Fact>
  void add_value(const schema::Record& record, const Fact& fact);
  void add_shipment(const Transaction& transaction, const schema::TransferShipped& fact);
  void add_transfer_receipt(const schema::Record& record, int index, const schema::TransferReceiptBooked& fact);
  void add_transit(const schema::Record& record, std::string_view store, std::string_view sku, std::int64_t change_e5);
  Level& level(const schema::Record& record, std::string_view store, std::string_view sku);

  const std::string prefix_;
  const StatementLimits limits_;
  InsertRows moves_, losses_;
  SumTable days_;
  std::map<std::string, Level, std::less<>> levels_;  // by SQL of the key
  SqlText key_;                                       // reused
};

}  // namespace till::reporting
