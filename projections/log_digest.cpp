#include "projections/log_digest.h"

#include <string_view>
#include <vector>

#include "projections/value_digest.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

constexpr std::size_t kBatchTransactions = 1024;
constexpr std::size_t kBatchBytes = 8u << 20;

void add_beside_goods(Digest& digest, const schema::SaleCompleted& sale, WideSum sign) {
  const WideSum kept = WideSum(sale.total()) + sale.cash_rounding();
  WideSum tax_rows = 0;
  for (const auto& row : sale.taxes()) {
    digest.taxable += sign * row.taxable();
    tax_rows += row.amount();
  }
  digest.kept += sign * kept;
  digest.tax_rows += sign * tax_rows;
  if (!sale.employee_id().empty()) digest.employee_net += sign * sale.net();
  if (sale.shift_id().empty()) return;
  digest.shift_total += sign * sale.total();
  digest.shift_kept += sign * kept;
  digest.shift_tax += sign * tax_rows;
}

void add_sums(Digest& digest, const schema::SaleCompleted& sale, WideSum sign) {
  for (const auto& line : sale.lines()) digest.units_e5 += sign * line.quantity_e5();
  digest.gross += sign * sale.gross();
  digest.discount += sign * sale.discount();
  digest.net += sign * sale.net();
  digest.tax += sign * sale.tax();
  digest.total += sign * sale.total();
  digest.goods += sign * (WideSum(sale.net()) + sale.tax());
  digest.cogs_e4 += sign * sale.cogs_e4();
  add_beside_goods(digest, sale, sign);
}

void add_sale(Digest& digest, const schema::SaleCompleted& sale) {
  ++digest.sales;
  ++digest.standing;
  digest.lines += sale.lines_size();
  add_sums(digest, sale, 1);
}

void add_void(Digest& digest, const schema::SaleCompleted& sale) {
  ++digest.voids;
  --digest.standing;
  add_sums(digest, sale, -1);
}

void add_return(Digest& digest, const schema::SaleCompleted& receipt) {
  ++digest.returns;
  add_sums(digest, receipt, -1);
}

// False where the event is no receipt.
bool add_receipt(Digests& digests, const std::string& tenant, const schema::Event& event) {
  if (event.has_sale_completed()) {
    add_sale(digests[{tenant, event.sale_completed().currency()}], event.sale_completed());
  } else if (event.has_sale_voided()) {
    const schema::SaleCompleted& sale = event.sale_voided().original();
    add_void(digests[{tenant, sale.currency()}], sale);
  } else if (event.has_return_completed()) {
    const schema::SaleCompleted& receipt = event.return_completed().receipt();
    add_return(digests[{tenant, receipt.currency()}], receipt);
  } else {
    return false;
  }
  return true;
}

// Sales and voids, whose days are sums of their lines.
bool is_of_a_sale(const schema::Event& event) {
  return event.has_stock_issued() || event.has_stock_restored();
}

// Whether goods leave for another store.
bool is_shipment(const Transaction& transaction) {
  for (int i = 0; i < transaction.event_count(); ++i) {
    if (static_cast<const schema::Event&>(transaction.event(i)).has_transfer_shipped()) return true;
  }
  return false;
}

// What an event does to the stock of its tenant.
std::int64_t stock_change(const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kStockReceived:
      return event.stock_received().quantity_e5();
    case schema::Event::kStockAdjusted:
      return event.stock_adjusted().delta_e5();
    case schema::Event::kStockIssued:
      return -event.stock_issued().quantity_e5();
    case schema::Event::kStockRestored:
      return event.stock_restored().quantity_e5();
    case schema::Event::kStockSet:
      return event.stock_set().quantity_e5();
    case schema::Event::kReservationCommitted:
      return event.reservation_committed().quantity_e5();
    case schema::Event::kStockCounted:
      return event.stock_counted().quantity_e5();
    case schema::Event::kStockCountKept:
      return event.stock_count_kept().quantity_e5();
    case schema::Event::kStockShipped:
      return event.stock_shipped().quantity_e5();
    case schema::Event::kTransferReceived:
      return event.transfer_received().quantity_e5();
    case schema::Event::kTransferReturned:
      return event.transfer_returned().quantity_e5();
    case schema::Event::kKitComposed:
      return event.kit_composed().quantity_e5();
    case schema::Event::kKitDecomposed:
      return event.kit_decomposed().quantity_e5();
    case schema::Event::kStockReturnedToVendor:
      return event.stock_returned_to_vendor().quantity_e5();
    case schema::Event::kStockReturned:
      return event.stock_returned().quantity_e5();
    case schema::Event::kStockInspected:
      return event.stock_inspected().quantity_e5();
  }
  return 0;
}

}  // namespace

void LogDigest::add(const Transaction& transaction) {
  TILL_ASSERT(transaction.position() == position_.next());
  position_ = transaction.position();
  const std::string& tenant = transaction.record().tenant();
  ++transactions_[tenant];
  events_ += static_cast<std::uint64_t>(transaction.event_count());
  const bool ships = is_shipment(transaction);
  for (int i = 0; i < transaction.event_count(); ++i) {
    const auto& event = static_cast<const schema::Event&>(transaction.event(i));
    if (add_receipt(digests_, tenant, event)) continue;
    if (const std::int64_t change = transit_change(event, ships); change != 0) {
      digests_[{tenant, ""}].in_transit_e5 += change;
    }
    if (const std::int64_t change = stock_change(event); change != 0) {
      digests_[{tenant, ""}].on_hand_e5 += change;
      if (!is_of_a_sale(event)) digests_[{tenant, ""}].stock_days_e5 += change;
    } else if (event.has_customer_registered()) {
      ++digests_[{tenant, ""}].customers;
    } else {
      add_value(digests_, tenant, event);
    }
  }
}

Status advance_digest(Feed& feed, Position target, LogDigest& digest, const std::atomic<bool>* cancelled,
                      const std::function<void(Progress)>& tell) {
  if (digest.position() > target) {
    return Error{ErrorKind::kInvalid, "the digest of the log stands beyond the position asked for"};
  }
  std::vector<TransactionPtr> batch;
  while (digest.position() < target) {
    if (cancelled != nullptr && cancelled->load()) return Error{ErrorKind::kCancelled, "cancelled"};
    if (tell) tell({digest.position().value(), target.value()});
    if (Status read = feed.read(digest.position(), kBatchTransactions, kBatchBytes, batch); !read.ok()) return read;
    if (batch.empty()) return Error{ErrorKind::kHistoryMismatch, "the log ends before the position asked for"};
    for (const TransactionPtr& transaction : batch) {
      if (transaction->position() > target) break;
      digest.add(*transaction);
    }
  }
  return {};
}

}  // namespace till
