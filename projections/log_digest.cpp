#include "projections/log_digest.h"

#include <string_view>
#include <vector>

#include "schemas/events.pb.h"

namespace till {
namespace {

constexpr std::size_t kBatchTransactions = 1024;
constexpr std::size_t kBatchBytes = 8u << 20;

void add_sums(Digest& digest, const schema::SaleCompleted& sale, WideSum sign) {
  for (const auto& line : sale.lines()) digest.units_e5 += sign * line.quantity_e5();
  digest.gross += sign * sale.gross();
  digest.discount += sign * sale.discount();
  digest.net += sign * sale.net();
  digest.tax += sign * sale.tax();
  digest.total += sign * sale.total();
  digest.goods += sign * (WideSum(sale.net()) + sale.tax());
  digest.kept += sign * (WideSum(sale.total()) + sale.cash_rounding());
  digest.cogs_e4 += sign * sale.cogs_e4();
  digest.standing += sign;
}

void add_sale(Digest& digest, const schema::SaleCompleted& sale) {
  ++digest.sales;
  digest.lines += sale.lines_size();
  add_sums(digest, sale, 1);
}

void add_void(Digest& digest, const schema::SaleCompleted& sale) {
  ++digest.voids;
  add_sums(digest, sale, -1);
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
  for (int i = 0; i < transaction.event_count(); ++i) {
    const auto& event = static_cast<const schema::Event&>(transaction.event(i));
    if (event.has_sale_completed()) {
      add_sale(digests_[{tenant, event.sale_completed().currency()}], event.sale_completed());
    } else if (event.has_sale_voided()) {
      const schema::SaleCompleted& sale = event.sale_voided().original();
      add_void(digests_[{tenant, sale.currency()}], sale);
    } else if (event.has_customer_registered()) {
      ++digests_[{tenant, ""}].customers;
    } else if (const std::int64_t change = stock_change(event); change != 0) {
      digests_[{tenant, ""}].on_hand_e5 += change;
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
