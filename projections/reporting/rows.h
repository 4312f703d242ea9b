// From transactions to the SQL that writes their rows: the fold of the reporting model.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/transaction.h"
#include "projections/reporting/aggregate.h"
#include "projections/reporting/insert.h"
#include "projections/reporting/shift_rows.h"
#include "projections/reporting/stock_rows.h"
#include "projections/reporting/sum_table.h"
#include "projections/reporting/tender_shares.h"
#include "projections/reporting/value_rows.h"
#include "schemas/events.pb.h"

namespace till::reporting {

// Rows of one batch. Sign rule: a sale's rows are positive, a void's and a return's are negative, so that every report
// is a plain SUM; a void stands under the business date and hour of its sale, a return under its own.
class BatchRows {
 public:
  // `prefix` of the physical tables, "g7_".
  BatchRows(std::string_view prefix, const StatementLimits& limits);
  void add(const Transaction& transaction);
  // The statements, by table: those of one table in this order, tables in any. Call once.
  std::vector<TableStatements> finish();

 private:
  struct SaleRow;
  // Where a payment stands, and what it counts in the sums by tender.
  struct TenderPlace {
    std::uint64_t seq;
    std::int64_t payments;  // -1: one is taken back
    std::int64_t sales;     // counted by the payment's type
  };
  void add_event(const Transaction& transaction, const schema::Event& event);
  void begin_sale(const SaleRow& row);
  void add_sale(const SaleRow& row);
  void add_sale_row(const SaleRow& row);
  void add_sale_sums(const SaleRow& row);
  void add_lines(const SaleRow& row);
  void add_line(const SaleRow& row, int index);
  void add_taxes(const SaleRow& row);
  void add_tenders(const SaleRow& row);
  void add_tender(const SaleRow& row, const TenderShare& share, const TenderPlace& place);
  void add_correction(const schema::Record& record, const schema::TenderCorrected& fact);
  void add_to_shift(const SaleRow& row);
  void add_store(const schema::Record& record, const schema::StoreUpserted& store);
  void add_product(const schema::Record& record, const schema::ProductUpserted& product);
  void add_customer(const schema::Record& record, const schema::CustomerRegistered& customer);
  // The key of an aggregate: that of `begin`, then each of `rest` as a text.
  const std::string& key_of(const SqlText& begin, std::initializer_list<std::string_view> rest);

  const std::string prefix_;
  const StatementLimits limits_;
  InsertRows sales_, lines_, taxes_, tenders_, stores_, products_, customers_;
  Aggregate store_day_, store_hour_, sku_day_, category_day_, tender_day_, employee_day_;
  SumTable tax_day_, shift_sums_, shift_taxes_, shift_tenders_;
  StockRows stock_;
  ShiftRows shifts_;
  ValueRows values_;
  SqlText day_;    // SQL of (tenant, business date) of the sale in hand
  SqlText shift_;  // SQL of (tenant, shift) of the sale in hand; of no meaning where it has no shift
  SqlText key_;    // reused for the keys of aggregates
  std::uint64_t sale_ordinal_ = 0;
};

}  // namespace till::reporting
