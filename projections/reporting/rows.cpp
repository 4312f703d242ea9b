#include "projections/reporting/rows.h"

#include "projections/reporting/row_writer.h"
#include "projections/reporting/table_shapes.h"

namespace till::reporting {

struct BatchRows::StockMove {
  const std::string& store_id;
  const std::string& sku;
  std::string_view kind;  // SQL
  const std::string& document_id;
  std::int64_t quantity_e5;  // signed
  std::int64_t on_hand_after_e5;
  std::string reason = {};
  bool has_cost = false;
  std::int64_t unit_cost_e4 = 0;
  std::string_view currency = {};
};

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
  switch (event.event_case()) {
    case schema::Event::kSaleCompleted:
      return add_sale(record, event.sale_completed(), false);
    case schema::Event::kSaleVoided:
      return add_sale(record, event.sale_voided().original(), true);
    case schema::Event::kStockReceived: {
      const auto& e = event.stock_received();
      return add_stock(record, index,
                       {e.store_id(),
                        e.sku(),
                        "'RECEIPT'",
                        e.receipt_id(),
                        e.quantity_e5(),
                        e.on_hand_after_e5(),
                        {},
                        e.has_unit_cost_e4(),
                        e.unit_cost_e4(),
                        e.currency()});
    }
    case schema::Event::kStockAdjusted: {
      const auto& e = event.stock_adjusted();
      return add_stock(record, index,
                       {e.store_id(), e.sku(), "'ADJUSTMENT'", e.adjustment_id(), e.delta_e5(), e.on_hand_after_e5(),
                        schema::AdjustStock::Reason_Name(e.reason())});
    }
    case schema::Event::kStockIssued: {
      const auto& e = event.stock_issued();
      return add_stock(record, index,
                       {e.store_id(), e.sku(), "'SALE'", e.sale_id(), -e.quantity_e5(), e.on_hand_after_e5()});
    }
    case schema::Event::kStockRestored: {
      const auto& e = event.stock_restored();
      return add_stock(record, index,
                       {e.store_id(), e.sku(), "'VOID'", e.sale_id(), e.quantity_e5(), e.on_hand_after_e5()});
    }
    case schema::Event::kStoreUpserted:
      return add_store(record, event.store_upserted());
    case schema::Event::kProductUpserted:
      return add_product(record, event.product_upserted());
    case schema::Event::kCustomerRegistered:
      return add_customer(record, event.customer_registered());
    case schema::Event::kTenantCreated:
    case schema::Event::kApiKeyIssued:
    case schema::Event::kApiKeyRevoked:
    case schema::Event::kStorePolicySet:
    case schema::Event::kTerminalRegistered:
    case schema::Event::kReceiptBooked:
    case schema::Event::kAdjustmentBooked:
    case schema::Event::kStockWentNegative:
    case schema::Event::EVENT_NOT_SET:
      return;  // of no table
  }
}

void BatchRows::add_stock(const schema::Record& record, int index, const StockMove& move) {
  const std::int64_t moment = record.occurred_at_us() != 0 ? record.occurred_at_us() : record.recorded_at_us();
  const std::int32_t day = record.business_date() != 0 ? record.business_date() : utc_day(moment);
  {
    RowWriter row(moves_);
    row.text(record.tenant())
        .date(day)
        .integer(record.position())
        .integer(static_cast<std::uint64_t>(index))
        .text(move.store_id)
        .text(move.sku)
        .raw(move.kind)
        .text_or_null(move.reason)
        .text(move.document_id)
        .integer(move.quantity_e5)
        .integer(move.on_hand_after_e5);
    if (move.has_cost) {
      row.integer(move.unit_cost_e4);
    } else {
      row.raw("NULL");
    }
    row.text_or_null(move.currency).time(moment);
  }
  key_.text().clear();
  key_.quoted(record.tenant());
  key_.comma();
  key_.quoted(move.store_id);
  key_.comma();
  key_.quoted(move.sku);
  auto found = stock_.find(key_.text());
  if (found == stock_.end()) found = stock_.emplace(key_.text(), std::string()).first;
  SqlText values;
  values.integer(move.on_hand_after_e5);
  values.comma();
  values.integer(record.position());
  found->second = std::move(values.text());
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
