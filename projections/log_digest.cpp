#include "projections/log_digest.h"

#include <string_view>
#include <vector>

#include "commands/tender_correction.h"
#include "projections/late_receipt.h"
#include "projections/value_digest.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

constexpr std::size_t kBatchTransactions = 1024;
constexpr std::size_t kBatchBytes = 8u << 20;

// A sale, or what takes back of one.
struct Receipt {
  const schema::SaleCompleted& sale;
  WideSum sign = 1;
  bool after_z = false;  // its shift was closed when it came
  const RetypedTenders& retyped = schema::SaleVoided::default_instance().retyped();
};

bool is_cash(const Receipt& receipt, int tender) {
  return tender_type(receipt.sale, receipt.retyped, static_cast<std::uint32_t>(tender)) == schema::Tender::CASH;
}

// What stayed of the cash that was handed over.
WideSum cash_of(const Receipt& receipt) {
  WideSum cash = -WideSum(receipt.sale.change());
  for (int i = 0; i < receipt.sale.tenders_size(); ++i) {
    if (is_cash(receipt, i)) cash += receipt.sale.tenders(i).amount();
  }
  return cash;
}

// What a tender was counted as before tells its sale, which the oldest corrections do not carry.
void add_correction(Digests& digests, const std::string& tenant, const schema::TenderCorrected& fact) {
  if (fact.tender() >= static_cast<std::uint32_t>(fact.original().tenders_size())) return;
  const int tender = static_cast<int>(fact.tender());
  WideSum& cash = digests[{tenant, fact.original().currency()}].cash_kept;
  if (is_cash({fact.original(), 1, false, fact.retyped()}, tender)) cash -= fact.amount();
  if (fact.to() == schema::Tender::CASH) cash += fact.amount();
}

void add_beside_goods(Digest& digest, const Receipt& receipt) {
  const schema::SaleCompleted& sale = receipt.sale;
  const WideSum kept = WideSum(sale.total()) + sale.cash_rounding();
  WideSum tax_rows = 0;
  for (const auto& row : sale.taxes()) {
    digest.taxable += receipt.sign * row.taxable();
    tax_rows += row.amount();
  }
  digest.kept += receipt.sign * kept;
  digest.cash_kept += receipt.sign * cash_of(receipt);
  digest.tax_rows += receipt.sign * tax_rows;
  if (!sale.employee_id().empty()) digest.employee_net += receipt.sign * sale.net();
  if (sale.shift_id().empty() || receipt.after_z) return;
  digest.shift_total += receipt.sign * sale.total();
  digest.shift_kept += receipt.sign * kept;
  digest.shift_tax += receipt.sign * tax_rows;
}

void add_sums(Digest& digest, const Receipt& receipt) {
  const schema::SaleCompleted& sale = receipt.sale;
  for (const auto& line : sale.lines()) digest.units_e5 += receipt.sign * line.quantity_e5();
  digest.gross += receipt.sign * sale.gross();
  digest.discount += receipt.sign * sale.discount();
  digest.net += receipt.sign * sale.net();
  digest.tax += receipt.sign * sale.tax();
  digest.total += receipt.sign * sale.total();
  digest.goods += receipt.sign * (WideSum(sale.net()) + sale.tax());
  digest.cogs_e4 += receipt.sign * sale.cogs_e4();
  add_beside_goods(digest, receipt);
}

// By what they were given for, which a return does not tell.
void add_discounts(Digest& digest, const Receipt& receipt) {
  digest.sale_discount += receipt.sign * receipt.sale.sale_discount();
  digest.employee_discount += receipt.sign * receipt.sale.employee_discount();
  digest.coupon_discount += receipt.sign * receipt.sale.coupon_discount();
}

void add_sale(Digest& digest, const Receipt& receipt) {
  ++digest.sales;
  ++digest.standing;
  digest.lines += receipt.sale.lines_size();
  digest.line_voids += receipt.sale.line_voids();
  digest.line_voided += receipt.sale.line_voided();
  add_sums(digest, receipt);
  add_discounts(digest, receipt);
}

void add_void(Digest& digest, const Receipt& receipt) {
  ++digest.voids;
  --digest.standing;
  add_sums(digest, receipt);
  add_discounts(digest, receipt);
}

void add_return(Digest& digest, const Receipt& receipt) {
  ++digest.returns;
  add_sums(digest, receipt);
}

// False where the event is about no receipt.
bool add_receipt(Digests& digests, const Transaction& transaction, const schema::Event& event) {
  const std::string& tenant = transaction.record().tenant();
  if (event.has_sale_completed()) {
    const schema::SaleCompleted& sale = event.sale_completed();
    add_sale(digests[{tenant, sale.currency()}], {sale, 1, came_after_z(transaction, sale.sale_id())});
  } else if (event.has_sale_voided()) {
    const schema::SaleCompleted& sale = event.sale_voided().original();
    add_void(digests[{tenant, sale.currency()}],
             {sale, -1, came_after_z(transaction, sale.sale_id()), event.sale_voided().retyped()});
  } else if (event.has_return_completed()) {
    const schema::SaleCompleted& sale = event.return_completed().receipt();
    add_return(digests[{tenant, sale.currency()}], {sale, -1, came_after_z(transaction, sale.sale_id())});
  } else if (event.has_sale_tender_corrected()) {
    add_correction(digests, tenant, event.sale_tender_corrected());
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
    if (add_receipt(digests_, transaction, event)) continue;
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
