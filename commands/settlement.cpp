#include "commands/settlement.h"

#include <algorithm>
#include <string>

#include "commands/customer.h"
#include "commands/draft_books.h"
#include "commands/gift_card.h"
#include "commands/gift_card_status.h"
#include "commands/house_account.h"
#include "commands/loyalty.h"
#include "commands/loyalty_program.h"
#include "commands/payment.h"
#include "commands/store_credit.h"

namespace till {
namespace {

using schema::SaleCompleted;
using schema::Tender;

constexpr EntityKind kGiftCard = kind_of(schema::GIFT_CARD);

// A sale, forwards or backwards.
class Settlement {
 public:
  Settlement(const Deciding& deciding, const SaleCompleted& sale, Acceptance& accepted)
      : books_(deciding, accepted), deciding_(on_books(deciding, books_)), sale_(sale), accepted_(accepted) {}

  Refusal settle() {
    for (int i = 0; i < sale_.tenders_size(); ++i) {
      if (auto refusal = pay(i, sale_.tenders(i))) return refusal;
    }
    for (int i = 0; i < sale_.gift_cards_size(); ++i) {
      if (auto refusal = sell_card(i, sale_.gift_cards(i))) return refusal;
    }
    return earn();
  }

  // What an erased customer's accounts held is given up; the cards of the sale are nobody's.
  Refusal unsettle() {
    for (int i = 0; i < sale_.tenders_size(); ++i) {
      if (auto refusal = give_back(i, sale_.tenders(i))) return refusal;
    }
    for (int i = 0; i < sale_.gift_cards_size(); ++i) {
      const schema::GiftCardSale& card = sale_.gift_cards(i);
      if (auto refusal = unload_gift_card(
              deciding_, card_move(card.gift_card_id(), card.amount().amount(), "gift_cards", i), accepted_, after_)) {
        return refusal;
      }
    }
    return unearn();
  }

 private:
  Refusal pay(int index, const SaleCompleted::Payment& tender) {
    if (!tender.payment_id().empty()) {
      const std::string pointer = item_pointer("tenders", static_cast<std::size_t>(index), "payment_id");
      return use_payment(deciding_, sale_, tender, pointer, accepted_);
    }
    if (!tender.gift_card_id().empty()) {
      return redeem_gift_card(deciding_, card_move(tender.gift_card_id(), tender.amount(), "tenders", index), accepted_,
                              after_);
    }
    if (!tender.from_account()) return std::nullopt;
    if (sale_.customer_id().empty()) {
      return reject(schema::CUSTOMER_REQUIRED, "A tender from an account names its customer", "/customer_id");
    }
    const CustomerMove move = customer_move(index, tender);
    switch (tender.type()) {
      case Tender::STORE_CREDIT:
        return spend_store_credit(deciding_, move, accepted_, after_);
      case Tender::ON_ACCOUNT:
        return charge_account(deciding_, move, accepted_, after_);
      case Tender::LOYALTY_POINTS:
        return pay_with_points(index, tender);
      default:  // price_sale() lets no other type be of an account
        return std::nullopt;
    }
  }

  Refusal pay_with_points(int index, const SaleCompleted::Payment& tender) {
    schema::Money value;
    if (auto refusal = redeem_points(deciding_, points_move(index), tender.points(), accepted_, value, after_)) {
      return refusal;
    }
    if (value.amount() == tender.amount() && value.currency() == sale_.currency()) return std::nullopt;
    return reject(schema::PAYMENT_AMOUNT_MISMATCH,
                  std::to_string(tender.points()) + " points are worth " + std::to_string(value.amount()),
                  item_pointer("tenders", static_cast<std::size_t>(index), "amount"));
  }

  Refusal give_back(int index, const SaleCompleted::Payment& tender) {
    if (!tender.payment_id().empty()) release_payment(deciding_, tender.payment_id(), accepted_);
    if (!tender.gift_card_id().empty()) return give_back_to_card(index, tender);
    if (!tender.from_account() || erased()) return std::nullopt;
    const CustomerMove move = customer_move(index, tender);
    switch (tender.type()) {
      case Tender::STORE_CREDIT:
        return issue_store_credit(deciding_, move, accepted_, after_);
      case Tender::ON_ACCOUNT:
        return uncharge(move);
      case Tender::LOYALTY_POINTS:
        return restore_points(deciding_, points_move(index), tender.points(), accepted_, after_);
      default:
        return std::nullopt;
    }
  }

  // What a refund of the card's own has not given back yet; a card that was put away meanwhile is put back for it.
  Refusal give_back_to_card(int index, const SaleCompleted::Payment& tender) {
    GiftCardMove move = card_move(tender.gift_card_id(), tender.amount(), "tenders", index);
    move.amount = std::min(move.amount, refundable_to_gift_card(books_, tender.gift_card_id(), sale_.sale_id()));
    if (move.amount <= 0) return std::nullopt;
    reactivate_gift_card(deciding_, tender.gift_card_id(), accepted_);
    return refund_to_gift_card(deciding_, move, accepted_, after_);
  }

  // What the customer has paid already becomes store credit.
  Refusal uncharge(CustomerMove move) {
    const std::int64_t owed = account_balance(books_, move.customer_id);
    const std::int64_t paid = move.amount - std::min(move.amount, owed);
    move.amount -= paid;
    if (move.amount > 0) {
      if (auto refusal = settle_account(deciding_, move, accepted_, after_)) return refusal;
    }
    if (paid <= 0) return std::nullopt;
    move.amount = paid;
    return issue_store_credit(deciding_, move, accepted_, after_);
  }

  // A card that is known is loaded, a new one activated.
  Refusal sell_card(int index, const schema::GiftCardSale& card) {
    const GiftCardMove move = card_move(card.gift_card_id(), card.amount().amount(), "gift_cards", index);
    if (books_.find(kGiftCard, card.gift_card_id()) != nullptr) {
      return load_gift_card(deciding_, move, accepted_, after_);
    }
    if (card.expires_at_us() != 0 && card.expires_at_us() <= sale_.occurred_at_us()) {
      return reject(schema::VALIDATION_FAILED, "A sold card is not expired yet",
                    item_pointer("gift_cards", static_cast<std::size_t>(index), "expires_at"));
    }
    return activate_gift_card(deciding_, move, card.expires_at_us(), accepted_, after_);
  }

  // What was paid by points earns none.
  Refusal earn() {
    if (sale_.customer_id().empty()) return std::nullopt;
    const schema::LoyaltyProgramState* const program = loyalty_program(books_);
    if (program == nullptr || program->point_value().currency() != sale_.currency()) return std::nullopt;
    // Erased while the till was away: the sale stands, nobody is there to have points.
    if (deciding_.offline() && erased()) return std::nullopt;
    if (has_earned(books_, sale_.customer_id(), sale_.sale_id())) return std::nullopt;
    std::int64_t eligible = sale_.net();
    for (const SaleCompleted::Payment& tender : sale_.tenders()) {
      if (tender.type() == Tender::LOYALTY_POINTS) eligible -= tender.amount();
    }
    if (eligible <= 0) return std::nullopt;
    return earn_points(deciding_, points_move(0), eligible, sale_.currency(), accepted_, after_);
  }

  bool erased() {
    const auto* customer = find_customer(deciding_, sale_.customer_id());
    return customer != nullptr && customer->status() == schema::CustomerState::ERASED;
  }

  Refusal unearn() {
    if (sale_.customer_id().empty() || erased()) return std::nullopt;
    const std::int64_t earned = points_of_sale(books_, sale_.customer_id(), sale_.sale_id());
    if (earned <= 0) return std::nullopt;
    return reverse_points(deciding_, points_move(0), earned, accepted_, after_);
  }

  GiftCardMove card_move(const std::string& card, std::int64_t amount, std::string_view list, int index) const {
    const auto place = static_cast<std::size_t>(index);
    return {.gift_card_id = card,
            .store_id = sale_.store_id(),
            .sale_id = sale_.sale_id(),
            .activity_id = {},
            .amount = amount,
            .currency = sale_.currency(),
            .card_pointer = item_pointer(list, place, "gift_card_id"),
            .amount_pointer = item_pointer(list, place, "amount")};
  }

  CustomerMove customer_move(int index, const SaleCompleted::Payment& tender) const {
    return {.customer_id = sale_.customer_id(),
            .movement_id = {},
            .store_id = sale_.store_id(),
            .sale_id = sale_.sale_id(),
            .reason = {},
            .amount = tender.amount(),
            .currency = sale_.currency(),
            .amount_pointer = item_pointer("tenders", static_cast<std::size_t>(index), "amount")};
  }

  PointsMove points_move(int index) const {
    return {.customer_id = sale_.customer_id(),
            .store_id = sale_.store_id(),
            .sale_id = sale_.sale_id(),
            .movement_id = {},
            .sale_pointer = "/sale_id",
            .points_pointer = item_pointer("tenders", static_cast<std::size_t>(index), "points")};
  }

  DraftBooks books_;
  const Deciding deciding_;
  const SaleCompleted& sale_;
  Acceptance& accepted_;
  std::int64_t after_ = 0;  // told by every movement, of no use here
};

bool has_accounts(const SaleCompleted& sale) {
  if (!sale.customer_id().empty() || sale.gift_cards_size() > 0) return true;
  for (const SaleCompleted::Payment& tender : sale.tenders()) {
    if (tender.from_account() || !tender.gift_card_id().empty() || !tender.payment_id().empty()) return true;
  }
  return false;
}

}  // namespace

void need_settlement(const schema::RingUpSale& command, std::vector<EntityRef>& out) {
  for (const Tender& tender : command.tenders()) {
    if (!tender.gift_card_id().empty()) need_gift_card(tender.gift_card_id(), command.sale_id(), out);
    if (!tender.payment_id().empty()) need_payment(tender.payment_id(), out);
    if (!tender.from_account()) continue;
    if (tender.type() == Tender::STORE_CREDIT) need_store_credit(command.customer_id(), out);
    if (tender.type() == Tender::ON_ACCOUNT) need_account(command.customer_id(), out);
  }
  for (const schema::GiftCardSale& card : command.gift_cards()) {
    need_gift_card(card.gift_card_id(), command.sale_id(), out);
  }
  if (!command.customer_id().empty()) need_points(command.customer_id(), command.sale_id(), out);
}

Refusal settle_sale(const Deciding& deciding, const SaleCompleted& sale, Acceptance& accepted) {
  if (!has_accounts(sale)) return std::nullopt;
  return Settlement(deciding, sale, accepted).settle();
}

Refusal unsettle_sale(const Deciding& deciding, const SaleCompleted& sale, Acceptance& accepted) {
  if (!has_accounts(sale)) return std::nullopt;
  return Settlement(deciding, sale, accepted).unsettle();
}

}  // namespace till
