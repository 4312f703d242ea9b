// The rows of stock: what moved, and what is on hand since.
#include "projections/reporting/row_writer.h"
#include "projections/reporting/rows.h"

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

void BatchRows::add_stock_event(const schema::Record& record, int index, const schema::Event& event) {
  switch (event.event_case()) {
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
    default:
      return add_moved(record, index, event);
  }
}

// The rest are of one message.
void BatchRows::add_moved(const schema::Record& record, int index, const schema::Event& event) {
  const auto add = [&](std::string_view kind, const schema::StockMoved& e) {
    if (e.quantity_e5() == 0) return;
    const bool placed = e.disposition() != schema::Disposition::PLACE_UNSPECIFIED;
    add_stock(record, index,
              {e.store_id(), e.sku(), kind, e.document_id(), e.quantity_e5(), e.on_hand_after_e5(),
               placed ? schema::Disposition::Place_Name(e.disposition()) : std::string()});
  };
  switch (event.event_case()) {
    case schema::Event::kStockSet:
      return add("'SET'", event.stock_set());
    case schema::Event::kReservationCommitted:
      return add("'RESERVATION'", event.reservation_committed());
    case schema::Event::kStockCounted:
      return add("'COUNT_VARIANCE'", event.stock_counted());
    case schema::Event::kStockShipped:
      return add("'TRANSFER_OUT'", event.stock_shipped());
    case schema::Event::kTransferReceived:
      return add("'TRANSFER_IN'", event.transfer_received());
    case schema::Event::kTransferReturned:
      return add("'TRANSFER_BACK'", event.transfer_returned());
    case schema::Event::kKitComposed:
      return add("'KIT_COMPOSED'", event.kit_composed());
    case schema::Event::kKitDecomposed:
      return add("'KIT_DECOMPOSED'", event.kit_decomposed());
    case schema::Event::kStockReturnedToVendor:
      return add("'VENDOR_RETURN'", event.stock_returned_to_vendor());
    case schema::Event::kStockReturned:
      return add("'RETURN'", event.stock_returned());
    case schema::Event::kStockInspected:
      return add("'INSPECTION'", event.stock_inspected());
    default:
      return;
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

}  // namespace till::reporting
