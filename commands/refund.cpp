#include "commands/refund.h"

#include <algorithm>
#include <map>
#include <string>

#include "commands/customer.h"
#include "commands/draft_books.h"
#include "commands/gift_card.h"
#include "commands/gift_card_status.h"
#include "commands/house_account.h"
#include "commands/loyalty.h"
#include "commands/money.h"
#include "commands/payment.h"
#include "commands/sale_pricing.h"
#include "commands/store_credit.h"

namespace till {
namespace {

using schema::SaleCompleted;
using schema::Tender;

std::string refund_pointer(int index, std::string_view field) {
  return item_pointer("refunds", static_cast<std::size_t>(index), field);
}

Refusal check_refund(int index, const schema::Refund& refund, const std::string& currency) {
  if (refund.type() == Tender::TYPE_UNSPECIFIED || !Tender::Type_IsValid(refund.type()) ||
      refund.type() == Tender::EXCHANGE || refund.type() == Tender::LOYALTY_POINTS) {
    return reject(schema::VALIDATION_FAILED, "Nothing that is given back", refund_pointer(index, "type"));
  }
  if (!refund.gift_card_id().empty() && refund.type() != Tender::GIFT_CARD) {
    return reject(schema::VALIDATION_FAILED, "Only a gift card is refunded as one",
                  refund_pointer(index, "gift_card_id"));
  }
  if (refund.to_account() && refund.type() != Tender::STORE_CREDIT && refund.type() != Tender::ON_ACCOUNT) {
    return reject(schema::VALIDATION_FAILED, "Only store credit and a house account are kept for a customer",
                  refund_pointer(index, "to_account"));
  }
  if (!refund.payment_id().empty() && refund.type() != Tender::CARD && refund.type() != Tender::CASH) {
    return reject(schema::VALIDATION_FAILED, "Only cash and cards are recorded as payments",
                  refund_pointer(index, "payment_id"));
  }
  if (refund.amount().currency() != currency) {
    return reject(schema::CURRENCY_MISMATCH, "All amounts of a return have the currency of its sale",
                  refund_pointer(index, "amount/currency"));
  }
  if (refund.amount().amount() > 0 && refund.amount().amount() <= kAmountMost) return std::nullopt;
  return reject(schema::AMOUNT_INVALID, "A refund is above zero and at most 10^15 minor units",
                refund_pointer(index, "amount"));
}

// The refunds of one receipt, paid one after the other.
class Refunding {
 public:
  Refunding(const Deciding& deciding, const SaleCompleted& receipt, std::string_view source_sale_id,
            Acceptance& accepted)
      : books_(deciding, accepted),
        deciding_(on_books(deciding, books_)),
        receipt_(receipt),
        source_sale_id_(source_sale_id),
        accepted_(accepted) {}

  Refusal run() {
    int index = 0;
    for (const SaleCompleted::Payment& tender : receipt_.tenders()) {
      if (tender.type() == Tender::EXCHANGE) continue;  // stands before what the command names
      if (auto refusal = pay(index, tender)) return refusal;
      ++index;
    }
    return std::nullopt;
  }

 private:
  Refusal pay(int index, const SaleCompleted::Payment& tender) {
    if (!tender.gift_card_id().empty()) return pay_card(index, tender);
    if (!tender.payment_id().empty()) {
      return refund_payment(deciding_, tender.payment_id(), tender.amount(), receipt_.currency(), receipt_.sale_id(),
                            refund_pointer(index, "payment_id"), accepted_);
    }
    if (!tender.from_account()) return std::nullopt;
    if (receipt_.customer_id().empty()) {
      return reject(schema::CUSTOMER_REQUIRED, "The sale names no customer to keep it for",
                    refund_pointer(index, "to_account"));
    }
    const CustomerMove move{.customer_id = receipt_.customer_id(),
                            .movement_id = receipt_.sale_id(),
                            .store_id = receipt_.store_id(),
                            .sale_id = source_sale_id_,
                            .reason = {},
                            .amount = tender.amount(),
                            .currency = receipt_.currency(),
                            .amount_pointer = refund_pointer(index, "amount")};
    if (tender.type() == Tender::ON_ACCOUNT) return settle_account(deciding_, move, accepted_, after_);
    return issue_store_credit(deciding_, move, accepted_, after_);
  }

  // A card that was put away meanwhile is put back for it.
  Refusal pay_card(int index, const SaleCompleted::Payment& tender) {
    if (refundable_to_gift_card(books_, tender.gift_card_id(), source_sale_id_) < tender.amount()) {
      return reject(schema::REFUND_AMOUNT_INVALID, "The sale took less from this card",
                    refund_pointer(index, "amount"));
    }
    reactivate_gift_card(deciding_, tender.gift_card_id(), accepted_);
    return refund_to_gift_card(deciding_,
                               {.gift_card_id = tender.gift_card_id(),
                                .store_id = receipt_.store_id(),
                                .sale_id = source_sale_id_,
                                .activity_id = receipt_.sale_id(),
                                .amount = tender.amount(),
                                .currency = receipt_.currency(),
                                .card_pointer = refund_pointer(index, "gift_card_id"),
                                .amount_pointer = refund_pointer(index, "amount")},
                               accepted_, after_);
  }

  DraftBooks books_;
  const Deciding deciding_;
  const SaleCompleted& receipt_;
  const std::string_view source_sale_id_;
  Acceptance& accepted_;
  std::int64_t after_ = 0;  // told by every movement, of no use here
};

// By type, less change and rounding, which are cash.
std::map<Tender::Type, std::int64_t> sums_by_type(const SaleCompleted& receipt) {
  std::map<Tender::Type, std::int64_t> sums;
  for (const SaleCompleted::Payment& tender : receipt.tenders()) sums[tender.type()] += tender.amount();
  const std::int64_t off = receipt.change() + receipt.cash_rounding();
  if (off != 0) sums[Tender::CASH] -= off;
  return sums;
}

}  // namespace

void need_refunds(const Refunds& refunds, std::string_view source_sale_id, std::vector<EntityRef>& out) {
  for (const schema::Refund& refund : refunds) {
    if (!refund.gift_card_id().empty()) need_gift_card(refund.gift_card_id(), source_sale_id, out);
  }
}

Refusal take_refunds(const Refunds& refunds, const schema::Money& cash_rounding, std::uint32_t rounding_step,
                     SaleCompleted& receipt) {
  Wide cash = 0;
  Wide paid = 0;
  for (const SaleCompleted::Payment& tender : receipt.tenders()) paid += tender.amount();
  for (int i = 0; i < refunds.size(); ++i) {
    const schema::Refund& refund = refunds[i];
    if (auto refusal = check_refund(i, refund, receipt.currency())) return refusal;
    paid += refund.amount().amount();
    if (refund.type() == Tender::CASH) cash += refund.amount().amount();
    SaleCompleted::Payment& tender = *receipt.add_tenders();
    tender.set_type(refund.type());
    tender.set_amount(refund.amount().amount());
    tender.set_reference(refund.reference());
    tender.set_gift_card_id(refund.gift_card_id());
    tender.set_from_account(refund.to_account());
    tender.set_payment_id(refund.payment_id());
  }
  const std::int64_t rounding = cash_rounding.amount();
  if (rounding != 0 && cash_rounding.currency() != receipt.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "All amounts of a return have the currency of its sale",
                  "/cash_rounding/currency");
  }
  const bool last_is_cash = receipt.tenders().empty() || receipt.tenders().rbegin()->type() == Tender::CASH;
  if (auto refusal =
          check_cash_rounding(rounding, Wide(receipt.total()) - (paid - cash), last_is_cash, rounding_step)) {
    return refusal;
  }
  if (paid != Wide(receipt.total()) + rounding) {
    return reject(schema::PAYMENT_AMOUNT_MISMATCH,
                  "The refunds differ from the total of " + std::to_string(receipt.total()) +
                      (rounding == 0 ? "" : " and its rounding"),
                  "/refunds");
  }
  receipt.set_cash_rounding(rounding);
  return std::nullopt;
}

bool crosses_tenders(const SaleCompleted& receipt, const SaleCompleted& sale, const schema::SaleReturnsState& ledger) {
  std::map<Tender::Type, std::int64_t> left = sums_by_type(sale);
  for (const auto& refund : ledger.refunds()) left[refund.type()] -= refund.amount();
  const std::map<Tender::Type, std::int64_t> refunds = sums_by_type(receipt);
  return std::ranges::any_of(refunds, [&](const auto& refund) {
    return refund.first != Tender::EXCHANGE && refund.second > left[refund.first];
  });
}

void sum_refunds(const SaleCompleted& receipt, schema::SaleReturnMoved& moved) {
  for (const auto& [type, amount] : sums_by_type(receipt)) {
    schema::SaleReturnMoved::Payment& refund = *moved.add_refunds();
    refund.set_type(type);
    refund.set_amount(amount);
  }
}

bool pays_accounts(const SaleCompleted& receipt) {
  return std::ranges::any_of(receipt.tenders(), [](const auto& tender) {
    return tender.from_account() || !tender.gift_card_id().empty() || !tender.payment_id().empty();
  });
}

Refusal pay_refunds(const Deciding& deciding, const SaleCompleted& receipt, std::string_view source_sale_id,
                    Acceptance& accepted) {
  if (!pays_accounts(receipt)) return std::nullopt;
  return Refunding(deciding, receipt, source_sale_id, accepted).run();
}

Refusal take_points_back(const Deciding& deciding, const SaleCompleted& receipt, const schema::SaleReturnMoved& moved,
                         const SaleCompleted& sale, const schema::SaleReturnsState& ledger, Acceptance& accepted) {
  std::int64_t net = 0;
  for (const auto& line : moved.lines()) net += line.net();
  if (sale.customer_id().empty() || net <= 0) return std::nullopt;
  const auto* customer = find_customer(deciding, sale.customer_id());
  if (customer == nullptr || customer->status() == schema::CustomerState::ERASED) return std::nullopt;
  const std::int64_t earned = points_of_sale(deciding.books, sale.customer_id(), sale.sale_id());
  const std::int64_t net_left = sale.net() - ledger.returned_net();
  if (earned <= 0 || net_left <= 0) return std::nullopt;
  const auto points = static_cast<std::int64_t>(Wide(earned) * net / net_left);
  if (points <= 0) return std::nullopt;
  std::int64_t after = 0;
  return reverse_points(deciding,
                        {.customer_id = sale.customer_id(),
                         .store_id = receipt.store_id(),
                         .sale_id = sale.sale_id(),
                         .movement_id = receipt.sale_id(),
                         .sale_pointer = "/return_id",
                         .points_pointer = "/return_id"},
                        points, accepted, after);
}

}  // namespace till
