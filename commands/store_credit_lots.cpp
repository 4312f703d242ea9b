#include "commands/store_credit_lots.h"

#include <algorithm>

#include "commands/money.h"

namespace till {
namespace {

using schema::StoreCreditMoved;
using schema::StoreCreditState;

void add_amount(StoreCreditState::Lot& lot, std::int64_t amount) {
  lot.mutable_amount()->set_amount(lot.amount().amount() + amount);
}

void add_lot(StoreCreditState& credit, const StoreCreditMoved& fact) {
  auto& lots = *credit.mutable_lots();
  const auto place = std::ranges::lower_bound(lots, fact.expires_at_us(), {}, &StoreCreditState::Lot::expires_at_us);
  if (place != lots.end() && place->expires_at_us() == fact.expires_at_us()) return add_amount(*place, fact.amount());
  const int index = static_cast<int>(place - lots.begin());
  StoreCreditState::Lot& lot = *lots.Add();
  set_money(*lot.mutable_amount(), fact.amount(), fact.currency());
  lot.set_expires_at_us(fact.expires_at_us());
  for (int i = lots.size() - 1; i > index; --i) lots.SwapElements(i, i - 1);
  if (lots.size() <= kCreditLotsMost) return;
  add_amount(lots[1], lots[0].amount().amount());
  lots.erase(lots.begin());
}

// What the lots do not have comes off the rest of the balance.
void take_from_lots(StoreCreditState& credit, std::int64_t amount) {
  auto& lots = *credit.mutable_lots();
  int used_up = 0;
  while (amount > 0 && used_up < lots.size()) {
    StoreCreditState::Lot& lot = lots[used_up];
    const std::int64_t part = std::min(amount, lot.amount().amount());
    amount -= part;
    add_amount(lot, -part);
    if (lot.amount().amount() == 0) ++used_up;
  }
  lots.erase(lots.begin(), lots.begin() + used_up);
}

}  // namespace

std::int64_t expired_credit(const StoreCreditState& credit, Micros at) {
  std::int64_t over = 0;
  for (const StoreCreditState::Lot& lot : credit.lots()) {
    if (lot.expires_at_us() <= at.value()) over += lot.amount().amount();
  }
  return over;
}

void fold_credit(StoreCreditState& credit, const StoreCreditMoved& fact) {
  credit.set_customer_id(fact.customer_id());
  if (fact.amount() > 0 && fact.expires_at_us() != 0) add_lot(credit, fact);
  if (fact.amount() < 0) take_from_lots(credit, -fact.amount());
  set_money(*credit.mutable_balance(), fact.balance_after(), fact.currency());
}

}  // namespace till
