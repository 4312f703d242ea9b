// From transactions to the SQL that writes their rows: the fold of the reporting model.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/transaction.h"
#include "projections/reporting/aggregate.h"
#include "projections/reporting/insert.h"
#include "schemas/events.pb.h"

namespace till::reporting {

using TableStatements = std::vector<std::string>;

// Rows of one batch. Sign rule: a sale's rows are positive, a void's negate them, so that every report is a plain SUM;
// a void stands under the business date and hour of its sale.
class BatchRows {
 public:
  // `prefix` of the physical tables, "g7_".
  BatchRows(std::string_view prefix, const StatementLimits& limits);
  void add(const Transaction& transaction);
  // The statements, by table: those of one table in this order, tables in any. Call once.
  std::vector<TableStatements> finish();

 private:
  struct SaleRow;
  struct StockMove;
  void add_event(const schema::Record& record, int index, const schema::Event& event);
  void add_sale(const schema::Record& record, const schema::SaleCompleted& sale, bool voided);
  void add_sale_row(const SaleRow& row);
  void add_lines(const SaleRow& row);
  void add_taxes(const SaleRow& row);
  void add_tenders(const SaleRow& row);
  void add_stock_event(const schema::Record& record, int index, const schema::Event& event);
  void add_moved(const schema::Record& record, int index, const schema::Event& event);
  void add_stock(const schema::Record& record, int index, const StockMove& move);
  void add_store(const schema::Record& record, const schema::StoreUpserted& store);
  void add_product(const schema::Record& record, const schema::ProductUpserted& product);
  void add_customer(const schema::Record& record, const schema::CustomerRegistered& customer);

  const std::string prefix_;
  const StatementLimits limits_;
  InsertRows sales_, lines_, taxes_, tenders_, moves_, stores_, products_, customers_;
  Aggregate store_day_, store_hour_, sku_day_, category_day_, tender_day_;
  std::map<std::string, std::string, std::less<>> stock_;  // SQL of the key -> SQL of the values; the last one counts
  SqlText day_;                                            // SQL of (tenant, business date) of the sale in hand
  SqlText key_;                                            // reused for the keys of aggregates
  std::uint64_t sale_ordinal_ = 0;
};

}  // namespace till::reporting
