#include "ops/foodmart_wallets.h"

#include <algorithm>
#include <array>

#include "commands/money.h"

namespace till {
namespace {

// One point for a dollar, worth five cents.
constexpr std::int64_t kCentsPerPointEarned = 100, kCentsPerPointSpent = 5;
constexpr std::int64_t kPointValueE4 = kCentsPerPointSpent * 100;
constexpr std::int64_t kPointsLeast = 50;  // that are redeemed at once

constexpr std::array<std::int64_t, 3> kGiftCardAmounts{2'500, 5'000, 10'000};
constexpr std::uint64_t kGiftCardSoldOneIn = 60, kGiftCardSpentOneIn = 2, kPointsSpentOneIn = 3, kCreditOneIn = 150;
constexpr std::int64_t kCreditLeast = 500, kCreditMost = 2'000;

constexpr std::int64_t kNoteLeast = 500;
constexpr std::uint64_t kCashPercent = 35, kCardPercent = 50;  // the rest pays with both

schema::Tender& tender_of(schema::Tender::Type type, std::int64_t amount, schema::RingUpSale& sale) {
  schema::Tender& tender = *sale.add_tenders();
  tender.set_type(type);
  set_money(*tender.mutable_amount(), amount, kFoodmartCurrency);
  return tender;
}

}  // namespace

void FoodmartWallets::set_up() {
  out_.emit("foodmart-loyalty", [](schema::Command& command) {
    auto& program = *command.mutable_set_loyalty_program();
    program.set_points_per_unit_e5(kFoodmartUnitE5);
    program.mutable_point_value()->set_amount_e4(kPointValueE4);
    program.mutable_point_value()->set_currency(std::string(kFoodmartCurrency));
    program.set_minimum_redemption(kPointsLeast);
  });
}

FoodmartWallets::Paid FoodmartWallets::pay(std::int64_t customer, std::int64_t net, std::int64_t due,
                                           SeededRandom& random, schema::RingUpSale& sale) {
  Wallet& wallet = wallets_[customer];
  Paid paid;
  std::int64_t left = due;
  if (random.one_in(kGiftCardSoldOneIn)) {
    paid.gift_cards_sold = sell_gift_card(wallet, random, sale);
    left += paid.gift_cards_sold;
  }
  set_money(*sale.mutable_expected_total(), left, kFoodmartCurrency);
  const bool by_gift_card = random.one_in(kGiftCardSpentOneIn), by_points = random.one_in(kPointsSpentOneIn);
  // A card is not paid with the card that is bought.
  if (by_gift_card && paid.gift_cards_sold == 0) left = spend_gift_card(wallet, left, sale);
  left = spend_credit(wallet, left, sale);
  const std::int64_t before_points = left;
  if (by_points && !wallet.keeps_points) left = spend_points(wallet, left, sale);
  // What is paid with points earns none, and so does a gift card.
  wallet.points += std::max<std::int64_t>(net - (before_points - left), 0) / kCentsPerPointEarned;
  spend_money(left, random, sale, paid);
  return paid;
}

// The first purchase makes a card, further ones load it.
std::int64_t FoodmartWallets::sell_gift_card(Wallet& wallet, SeededRandom& random, schema::RingUpSale& sale) {
  const std::int64_t amount = kGiftCardAmounts[random.below(kGiftCardAmounts.size())];
  if (wallet.gift_card.empty()) wallet.gift_card = "foodmart-card-" + sale.sale_id().substr(kFoodmartSale.size());
  auto& card = *sale.add_gift_cards();
  card.set_gift_card_id(wallet.gift_card);
  set_money(*card.mutable_amount(), amount, kFoodmartCurrency);
  wallet.gift_card_balance += amount;
  return amount;
}

std::int64_t FoodmartWallets::spend_gift_card(Wallet& wallet, std::int64_t left, schema::RingUpSale& sale) {
  const std::int64_t amount = std::min(wallet.gift_card_balance, left);
  if (amount <= 0) return left;
  tender_of(schema::Tender::GIFT_CARD, amount, sale).set_gift_card_id(wallet.gift_card);
  wallet.gift_card_balance -= amount;
  return left - amount;
}

std::int64_t FoodmartWallets::spend_credit(Wallet& wallet, std::int64_t left, schema::RingUpSale& sale) {
  const std::int64_t amount = std::min(wallet.credit, left);
  if (amount <= 0) return left;
  tender_of(schema::Tender::STORE_CREDIT, amount, sale).set_from_account(true);
  wallet.credit -= amount;
  return left - amount;
}

std::int64_t FoodmartWallets::spend_points(Wallet& wallet, std::int64_t left, schema::RingUpSale& sale) {
  const std::int64_t points = std::min(wallet.points, left / kCentsPerPointSpent);
  if (points < kPointsLeast) return left;
  const std::int64_t amount = points * kCentsPerPointSpent;
  schema::Tender& tender = tender_of(schema::Tender::LOYALTY_POINTS, amount, sale);
  tender.set_from_account(true);
  tender.set_points(points);
  wallet.points -= points;
  return left - amount;
}

void FoodmartWallets::spend_money(std::int64_t left, SeededRandom& random, schema::RingUpSale& sale, Paid& paid) {
  if (left <= 0) return;
  const std::uint64_t way = random.below(100);
  if (way < kCashPercent) {
    paid.cash = left;
  } else if (way < kCashPercent + kCardPercent || left == 1) {
    paid.card = left;
  } else {
    paid.cash = random.between(1, left - 1);
    paid.card = left - paid.cash;
  }
  if (paid.card > 0) tender_of(schema::Tender::CARD, paid.card, sale);
  if (paid.cash == 0) return;
  const std::int64_t given = (paid.cash + kNoteLeast - 1) / kNoteLeast * kNoteLeast;
  tender_of(schema::Tender::CASH, given, sale);
  if (given > paid.cash) set_money(*sale.mutable_change(), given - paid.cash, kFoodmartCurrency);
}

void FoodmartWallets::make_up(std::int64_t customer, const schema::RingUpSale& sale, SeededRandom& random) {
  if (!random.one_in(kCreditOneIn)) return;
  const std::int64_t amount = random.between(kCreditLeast, kCreditMost);
  const std::string id = "foodmart-credit-" + sale.sale_id().substr(kFoodmartSale.size());
  out_.emit(id, [&](schema::Command& command) {
    auto& issue = *command.mutable_issue_store_credit();
    issue.set_customer_id(sale.customer_id());
    issue.set_movement_id(id);
    issue.set_store_id(sale.store_id());
    set_money(*issue.mutable_amount(), amount, kFoodmartCurrency);
    issue.set_reason("goodwill");
    issue.set_sale_id(sale.sale_id());
  });
  wallets_[customer].credit += amount;
}

}  // namespace till
