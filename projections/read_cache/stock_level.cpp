#include "projections/read_cache/stock_level.h"

namespace till::read_cache {
namespace {

template <class Fact>
StockLevel level_of(const Fact& fact) {
  return {fact.on_hand_after_e5(), fact.held_e5()};
}

StockLevel level_of(const schema::StockMoved& fact) {
  return {fact.on_hand_after_e5(), fact.reserved_after_e5() + fact.quarantine_after_e5()};
}

}  // namespace

std::optional<StockLevel> level_after(const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kStockIssued:
      return level_of(event.stock_issued());
    case schema::Event::kStockReceived:
      return level_of(event.stock_received());
    case schema::Event::kStockAdjusted:
      return level_of(event.stock_adjusted());
    case schema::Event::kStockRestored:
      return level_of(event.stock_restored());
    case schema::Event::kStockSet:
      return level_of(event.stock_set());
    case schema::Event::kStockReserved:
      return level_of(event.stock_reserved());
    case schema::Event::kReservationReleased:
      return level_of(event.reservation_released());
    case schema::Event::kReservationExpired:
      return level_of(event.reservation_expired());
    case schema::Event::kReservationCommitted:
      return level_of(event.reservation_committed());
    case schema::Event::kStockCounted:
      return level_of(event.stock_counted());
    case schema::Event::kStockCountKept:
      return level_of(event.stock_count_kept());
    case schema::Event::kStockShipped:
      return level_of(event.stock_shipped());
    case schema::Event::kTransferReceived:
      return level_of(event.transfer_received());
    case schema::Event::kTransferReturned:
      return level_of(event.transfer_returned());
    case schema::Event::kKitComposed:
      return level_of(event.kit_composed());
    case schema::Event::kKitDecomposed:
      return level_of(event.kit_decomposed());
    case schema::Event::kStockReturnedToVendor:
      return level_of(event.stock_returned_to_vendor());
    case schema::Event::kStockReturned:
      return level_of(event.stock_returned());
    case schema::Event::kStockInspected:
      return level_of(event.stock_inspected());
  }
  return std::nullopt;
}

}  // namespace till::read_cache
