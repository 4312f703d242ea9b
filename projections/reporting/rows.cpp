#include "projections/reporting/rows.h"

#include "projections/reporting/row_writer.h"
#include "projections/reporting/table_shapes.h"

namespace till::reporting {

BatchRows::BatchRows(std::string_view prefix, const StatementLimits& limits)
    : prefix_(prefix),
      limits_(limits),
      sales_(kSaleTable, prefix, limits),
      lines_(kLineTable, prefix, limits),
      taxes_(kTaxTable, prefix, limits),
      tenders_(kTenderTable, prefix, limits),
      stores_(kStoreTable, prefix, limits),
      products_(kProductTable, prefix, limits),
      customers_(kCustomerTable, prefix, limits),
      store_day_("agg_store_day", kStoreDayKeys),
      store_hour_("agg_store_hour", kStoreHourKeys),
      sku_day_("agg_sku_day", kSkuDayKeys),
      category_day_("agg_category_day", kCategoryDayKeys),
      tender_day_("agg_tender_day", kTenderDayKeys),
      employee_day_("agg_employee_day", kEmployeeDayKeys),
      tax_day_("agg_tax_day", kTaxDayKeys, kTaxSumValues),
      shift_sums_("agg_shift", kShiftSumKeys, kShiftSumValues),
      shift_taxes_("agg_shift_tax", kShiftTaxKeys, kTaxSumValues),
      shift_tenders_("agg_shift_tender", kShiftTenderKeys, kShiftTenderValues),
      stock_(prefix, limits),
      shifts_(prefix, limits),
      values_(prefix, limits) {}

void BatchRows::add(const Transaction& transaction) {
  for (int i = 0; i < transaction.event_count(); ++i) {
    const auto& event = static_cast<const schema::Event&>(transaction.event(i));
    add_event(transaction, event);
    stock_.add(transaction, i, event);
    shifts_.add(transaction.record(), i, event);
    values_.add(transaction.record(), i, event);
  }
}

void BatchRows::add_store(const schema::Record& record, const schema::StoreUpserted& store) {
  RowWriter(stores_).text(record.tenant()).text(store.store_id()).text(store.name()).integer(record.position());
}

void BatchRows::add_product(const schema::Record& record, const schema::ProductUpserted& product) {
  RowWriter row(products_);
  row.text(record.tenant())
      .text(product.sku())
      .text(product.name())
      .text(product.category())
      .integer(product.unit_price_e4());
  if (product.has_unit_cost_e4()) {
    row.integer(product.unit_cost_e4());
  } else {
    row.null();
  }
  row.text(product.currency()).text(product.tax_code()).integer(record.position());
}

void BatchRows::add_customer(const schema::Record& record, const schema::CustomerRegistered& customer) {
  RowWriter(customers_).text(record.tenant()).text(customer.customer_id()).integer(record.position());
}

std::vector<TableStatements> BatchRows::finish() {
  std::vector<TableStatements> tables;
  for (InsertRows* rows : {&sales_, &lines_, &taxes_, &tenders_, &stores_, &products_, &customers_}) {
    rows->finish(tables.emplace_back());
  }
  for (const Aggregate* aggregate :
       {&store_day_, &store_hour_, &sku_day_, &category_day_, &tender_day_, &employee_day_}) {
    aggregate->finish(prefix_, limits_, tables.emplace_back());
  }
  for (const SumTable* sums : {&tax_day_, &shift_sums_, &shift_taxes_, &shift_tenders_}) {
    sums->finish(prefix_, limits_, tables.emplace_back());
  }
  stock_.finish(tables);
  shifts_.finish(tables);
  values_.finish(tables);
  std::erase_if(tables, [](const TableStatements& table) { return table.empty(); });
  return tables;
}

}  // namespace till::reporting
