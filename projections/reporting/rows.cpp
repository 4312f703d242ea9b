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
      moves_(kMoveTable, prefix, limits),
      stores_(kStoreTable, prefix, limits),
      products_(kProductTable, prefix, limits),
      customers_(kCustomerTable, prefix, limits),
      store_day_("agg_store_day", kStoreDayKeys),
      store_hour_("agg_store_hour", kStoreHourKeys),
      sku_day_("agg_sku_day", kSkuDayKeys),
      category_day_("agg_category_day", kCategoryDayKeys),
      tender_day_("agg_tender_day", kTenderDayKeys) {}

void BatchRows::add(const Transaction& transaction) {
  for (int i = 0; i < transaction.event_count(); ++i) {
    add_event(transaction.record(), i, static_cast<const schema::Event&>(transaction.event(i)));
  }
}

void BatchRows::add_event(const schema::Record& record, int index, const schema::Event& event) {
  // An event that no table shows is not named.
  switch (int{event.event_case()}) {
    case schema::Event::kSaleCompleted:
      return add_sale(record, event.sale_completed(), false);
    case schema::Event::kSaleVoided:
      return add_sale(record, event.sale_voided().original(), true);
    case schema::Event::kStockReceived:
    case schema::Event::kStockAdjusted:
    case schema::Event::kStockIssued:
    case schema::Event::kStockRestored:
    case schema::Event::kStockSet:
    case schema::Event::kReservationCommitted:
    case schema::Event::kStockCounted:
    case schema::Event::kStockShipped:
    case schema::Event::kTransferReceived:
    case schema::Event::kTransferReturned:
    case schema::Event::kKitComposed:
    case schema::Event::kKitDecomposed:
    case schema::Event::kStockReturnedToVendor:
    case schema::Event::kStockReturned:
    case schema::Event::kStockInspected:
      return add_stock_event(record, index, event);
    case schema::Event::kStoreUpserted:
      return add_store(record, event.store_upserted());
    case schema::Event::kProductUpserted:
      return add_product(record, event.product_upserted());
    case schema::Event::kCustomerRegistered:
      return add_customer(record, event.customer_registered());
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
    row.raw("NULL");
  }
  row.text(product.currency()).text(product.tax_code()).integer(record.position());
}

void BatchRows::add_customer(const schema::Record& record, const schema::CustomerRegistered& customer) {
  RowWriter(customers_).text(record.tenant()).text(customer.customer_id()).integer(record.position());
}

std::vector<TableStatements> BatchRows::finish() {
  std::vector<TableStatements> tables;
  for (InsertRows* rows : {&sales_, &lines_, &taxes_, &tenders_, &moves_, &stores_, &products_, &customers_}) {
    rows->finish(tables.emplace_back());
  }
  InsertRows stock(kStockTable, prefix_, limits_);
  for (const auto& [key, values] : stock_) RowWriter(stock).raw(key).raw(values);
  stock.finish(tables.emplace_back());
  for (const Aggregate* aggregate : {&store_day_, &store_hour_, &sku_day_, &category_day_, &tender_day_}) {
    aggregate->finish(prefix_, limits_, tables.emplace_back());
  }
  std::erase_if(tables, [](const TableStatements& table) { return table.empty(); });
  return tables;
}

}  // namespace till::reporting
