#include "projections/reporting/stock_rows.h"

#include "commands/stock_cost.h"
#include "projections/reporting/record_time.h"
#include "projections/reporting/row_writer.h"
#include "projections/reporting/table_shapes.h"

namespace till::reporting {
namespace {

std::string number_sql(std::int64_t value) {
  return std::to_string(value);
}

// A move's kind as a literal, in quotes: sales and their voids have their daily sums in agg_sku_day.
bool has_stock_day(std::string_view kind) {
  return kind != "'SALE'" && kind != "'VOID'";
}

}  // namespace

struct StockRows::Move {
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

StockRows::StockRows(std::string_view prefix, const StatementLimits& limits)
    : prefix_(prefix),
      limits_(limits),
      moves_(kMoveTable, prefix, limits),
      losses_(kTransitLossTable, prefix, limits),
      days_("agg_stock_day", kStockDayKeys, kStockDayValues) {}

void StockRows::add(const Transaction& transaction, int index, const schema::Event& event) {
  const schema::Record& record = transaction.record();
  switch (int{event.event_case()}) {
    case schema::Event::kStockReceived:
      return add_receipt(record, index, event.stock_received());
    case schema::Event::kStockAdjusted: {
      const auto& e = event.stock_adjusted();
      add_move(record, index,
               {e.store_id(), e.sku(), "'ADJUSTMENT'", e.adjustment_id(), e.delta_e5(), e.on_hand_after_e5(),
                schema::AdjustStock::Reason_Name(e.reason())});
      return add_value(record, e);
    }
    case schema::Event::kStockIssued: {
      const auto& e = event.stock_issued();
      add_move(record, index, {e.store_id(), e.sku(), "'SALE'", e.sale_id(), -e.quantity_e5(), e.on_hand_after_e5()});
      return add_value(record, e);
    }
    case schema::Event::kStockRestored: {
      const auto& e = event.stock_restored();
      add_move(record, index, {e.store_id(), e.sku(), "'VOID'", e.sale_id(), e.quantity_e5(), e.on_hand_after_e5()});
      return add_value(record, e);
    }
    case schema::Event::kTransferShipped:
      return add_shipment(transaction, event.transfer_shipped());
    case schema::Event::kTransferReceiptBooked:
      return add_transfer_receipt(record, index, event.transfer_receipt_booked());
    case schema::Event::kTransferCancelled:
      for (const auto& line : event.transfer_cancelled().returned()) {
        add_transit(record, event.transfer_cancelled().to_store_id(), line.sku(), -line.quantity_e5());
      }
      return;
    default:
      return add_moved(record, index, event);
  }
}

void StockRows::add_receipt(const schema::Record& record, int index, const schema::StockReceived& fact) {
  add_move(record, index,
           {fact.store_id(),
            fact.sku(),
            "'RECEIPT'",
            fact.receipt_id(),
            fact.quantity_e5(),
            fact.on_hand_after_e5(),
            {},
            fact.has_unit_cost_e4(),
            fact.unit_cost_e4(),
            fact.currency()});
  add_cost(record, fact);
  add_value(record, fact);
}

// The rest are of one message.
void StockRows::add_moved(const schema::Record& record, int index, const schema::Event& event) {
  switch (event.event_case()) {
    case schema::Event::kStockSet:
      return add_fact(record, index, "'SET'", event.stock_set());
    case schema::Event::kStockReserved:
      return add_fact(record, index, {}, event.stock_reserved());
    case schema::Event::kReservationReleased:
      return add_fact(record, index, {}, event.reservation_released());
    case schema::Event::kReservationExpired:
      return add_fact(record, index, {}, event.reservation_expired());
    case schema::Event::kReservationCommitted:
      return add_fact(record, index, "'RESERVATION'", event.reservation_committed());
    case schema::Event::kStockCounted:
      return add_fact(record, index, "'COUNT_VARIANCE'", event.stock_counted());
    case schema::Event::kStockCountKept:
      return add_fact(record, index, "'COUNT_VARIANCE'", event.stock_count_kept());
    case schema::Event::kStockShipped:
      return add_fact(record, index, "'TRANSFER_OUT'", event.stock_shipped());
    case schema::Event::kTransferReceived:
      return add_fact(record, index, "'TRANSFER_IN'", event.transfer_received());
    case schema::Event::kTransferReturned:
      return add_fact(record, index, "'TRANSFER_BACK'", event.transfer_returned());
    case schema::Event::kKitComposed:
      return add_fact(record, index, "'KIT_COMPOSED'", event.kit_composed());
    case schema::Event::kKitDecomposed:
      return add_fact(record, index, "'KIT_DECOMPOSED'", event.kit_decomposed());
    case schema::Event::kStockReturnedToVendor:
      return add_fact(record, index, "'VENDOR_RETURN'", event.stock_returned_to_vendor());
    case schema::Event::kStockReturned:
      return add_fact(record, index, "'RETURN'", event.stock_returned());
    case schema::Event::kStockInspected:
      return add_fact(record, index, "'INSPECTION'", event.stock_inspected());
    default:
      return;
  }
}

void StockRows::add_fact(const schema::Record& record, int index, std::string_view kind,
                         const schema::StockMoved& fact) {
  if (fact.quantity_e5() != 0 && !kind.empty()) {
    const bool placed = fact.disposition() != schema::Disposition::PLACE_UNSPECIFIED;
    add_move(record, index,
             {fact.store_id(), fact.sku(), kind, fact.document_id(), fact.quantity_e5(), fact.on_hand_after_e5(),
              placed ? schema::Disposition::Place_Name(fact.disposition()) : std::string(), fact.has_unit_cost_e4(),
              fact.unit_cost_e4(), fact.currency()});
    add_cost(record, fact);
  }
  add_value(record, fact);
  Level& now = level(record, fact.store_id(), fact.sku());
  now.on_hand = number_sql(fact.on_hand_after_e5());
  now.reserved = number_sql(fact.reserved_after_e5());
  now.quarantine = number_sql(fact.quarantine_after_e5());
  if (kind != "'COUNT_VARIANCE'") return;
  SqlText counted_at;
  counted_at.time(moment_of(record));
  now.counted_at = std::move(counted_at.text());
}

void StockRows::add_move(const schema::Record& record, int index, const Move& move) {
  const std::int32_t day = business_day_of(record);
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
        .integer(move.on_hand_after_e5)
        .raw_or_null(move.has_cost ? number_sql(move.unit_cost_e4) : std::string())
        .text_or_null(move.currency)
        .time(moment_of(record));
  }
  if (has_stock_day(move.kind)) {
    SqlText key;
    key.quoted(record.tenant());
    key.comma();
    key.date(day);
    for (const std::string_view part : {std::string_view(move.store_id), std::string_view(move.sku)}) {
      key.comma();
      key.quoted(part);
    }
    key.comma();
    key.raw(move.kind);
    key.comma();
    key.quoted(move.reason);
    days_.add(key.text(), {1, move.quantity_e5});
  }
  level(record, move.store_id, move.sku).on_hand = number_sql(move.on_hand_after_e5);
}

template <class Fact>
void StockRows::add_cost(const schema::Record& record, const Fact& fact) {
  // One in another currency than the item's tells nothing of the item.
  const bool foreign = fact.has_value() && fact.value().currency() != fact.currency();
  if (!fact.has_unit_cost_e4() || foreign) return;
  Level& now = level(record, fact.store_id(), fact.sku());
  now.receipt = number_sql(fact.quantity_e5());
  now.cost = number_sql(fact.unit_cost_e4());
  now.currency = quoted_value(fact.currency());
  // What fills a shelf that was below zero just up to it is worth nothing there, and values the item anew.
  if (fact.has_value() && fact.on_hand_after_e5() == 0) now.average = now.cost;
}

template <class Fact>
void StockRows::add_value(const schema::Record& record, const Fact& fact) {
  if (!fact.has_value()) return;
  Level& now = level(record, fact.store_id(), fact.sku());
  now.value = number_sql(fact.value().after_e4());
  now.currency = quoted_value(fact.value().currency());
  // An empty shelf leaves the average as it was.
  if (fact.on_hand_after_e5() != 0)
    now.average = number_sql(average_e4_of(value_e9_of(fact.value()), fact.on_hand_after_e5()));
}

// The events of the goods name the source alone, the transfer's own event both stores.
void StockRows::add_shipment(const Transaction& transaction, const schema::TransferShipped& fact) {
  for (int i = 0; i < transaction.event_count(); ++i) {
    const auto& event = static_cast<const schema::Event&>(transaction.event(i));
    if (!event.has_stock_shipped() || event.stock_shipped().document_id() != fact.transfer_id()) continue;
    add_transit(transaction.record(), fact.to_store_id(), event.stock_shipped().sku(),
                -event.stock_shipped().quantity_e5());
  }
}

// What was damaged is lost to the store that it was on its way to, under the day on which that store found it so.
void StockRows::add_transfer_receipt(const schema::Record& record, int index,
                                     const schema::TransferReceiptBooked& fact) {
  std::uint64_t line_no = 0;
  for (const schema::TransferReceiptBooked::Line& line : fact.lines()) {
    ++line_no;
    add_transit(record, fact.to_store_id(), line.sku(),
                -(line.received_e5() + line.damaged_e5() + line.cancelled_e5()));
    if (line.damaged_e5() == 0) continue;
    RowWriter(losses_)
        .text(record.tenant())
        .date(business_day_of(record))
        .integer(record.position())
        .integer(static_cast<std::uint64_t>(index))
        .integer(line_no)
        .text(fact.to_store_id())
        .text(fact.from_store_id())
        .text(line.sku())
        .text(fact.transfer_id())
        .text(fact.receipt_id())
        .integer(line.damaged_e5())
        .raw_or_null(line.currency().empty() ? std::string() : number_sql(line.damaged_value_e4()))
        .text_or_null(line.currency())
        .time(moment_of(record));
  }
}

void StockRows::add_transit(const schema::Record& record, std::string_view store, std::string_view sku,
                            std::int64_t change_e5) {
  if (change_e5 != 0) level(record, store, sku).in_transit_e5 += change_e5;
}

StockRows::Level& StockRows::level(const schema::Record& record, std::string_view store, std::string_view sku) {
  key_.text().clear();
  key_.quoted(record.tenant());
  for (const std::string_view part : {store, sku}) {
    key_.comma();
    key_.quoted(part);
  }
  Level& now = levels_[key_.text()];
  now.position = record.position();
  return now;
}

void StockRows::finish(std::vector<TableStatements>& tables) {
  moves_.finish(tables.emplace_back());
  losses_.finish(tables.emplace_back());
  days_.finish(prefix_, limits_, tables.emplace_back());
  InsertRows stock(kStockTable, prefix_, limits_);
  for (const auto& [key, row] : levels_) {
    RowWriter(stock)
        .raw(key)
        .raw_or_null(row.on_hand)
        .raw_or_null(row.reserved)
        .raw_or_null(row.quarantine)
        .raw_or_null(row.average)
        .raw_or_null(row.value)
        .raw_or_null(row.receipt)
        .raw_or_null(row.cost)
        .raw_or_null(row.currency)
        .raw_or_null(row.counted_at)
        .integer(row.position)
        .integer(row.in_transit_e5);
  }
  stock.finish(tables.emplace_back());
}

}  // namespace till::reporting
