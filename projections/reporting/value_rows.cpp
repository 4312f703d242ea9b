#include "projections/reporting/value_rows.h"

#include "projections/reporting/record_time.h"
#include "projections/reporting/row_writer.h"
#include "projections/reporting/table_shapes.h"

namespace till::reporting {
namespace {

// A movement of an account of money; gift cards, store credit and house accounts have facts of the same shape.
template <class Fact>
void write_money_moved(InsertRows& rows, const schema::Record& record, int index, std::string_view kind,
                       std::string_view account_id, const Fact& fact) {
  RowWriter(rows)
      .text(record.tenant())
      .text(account_id)
      .integer(record.position())
      .integer(static_cast<std::uint64_t>(index))
      .raw(kind)
      .text_or_null(fact.store_id())
      .text_or_null(fact.sale_id())
      .text(fact.currency())
      .integer(fact.amount())
      .integer(fact.balance_after())
      .date(business_day_of(record))
      .time(moment_of(record));
}

template <class Fact>
void write_account(InsertRows& rows, const schema::Record& record, int index, std::string_view kind, const Fact& fact) {
  write_money_moved(rows, record, index, kind, fact.customer_id(), fact);
}

}  // namespace

ValueRows::ValueRows(std::string_view prefix, const StatementLimits& limits)
    : prefix_(prefix),
      limits_(limits),
      cards_(kGiftcardTable, prefix, limits),
      points_(kLoyaltyTable, prefix, limits),
      credits_(kStoreCreditTable, prefix, limits),
      accounts_(kAccountTable, prefix, limits),
      card_days_("agg_giftcard_day", kGiftcardDayKeys, kGiftcardDayValues) {}

void ValueRows::add(const schema::Record& record, int index, const schema::Event& event) {
  add_card_event(record, index, event);
  add_points_event(record, index, event);
  add_customer_event(record, index, event);
}

void ValueRows::add_card_event(const schema::Record& record, int index, const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kGiftCardActivated:
      return add_card(record, index, "'ACTIVATED'", event.gift_card_activated());
    case schema::Event::kGiftCardLoaded:
      return add_card(record, index, "'LOADED'", event.gift_card_loaded());
    case schema::Event::kGiftCardRedeemed:
      return add_card(record, index, "'REDEEMED'", event.gift_card_redeemed());
    case schema::Event::kGiftCardRefunded:
      return add_card(record, index, "'REFUNDED'", event.gift_card_refunded());
    case schema::Event::kGiftCardAdjusted:
      return add_card(record, index, "'ADJUSTED'", event.gift_card_adjusted());
    case schema::Event::kGiftCardCleared:
      return add_card(record, index, "'CLEARED'", event.gift_card_cleared());
    case schema::Event::kGiftCardExpired:
      return add_card(record, index, "'EXPIRED'", event.gift_card_expired());
    case schema::Event::kGiftCardTransferredOut:
      return add_card(record, index, "'TRANSFERRED_OUT'", event.gift_card_transferred_out());
    case schema::Event::kGiftCardTransferredIn:
      return add_card(record, index, "'TRANSFERRED_IN'", event.gift_card_transferred_in());
    case schema::Event::kGiftCardHeld:
      return add_card_level(record, event.gift_card_held());
    case schema::Event::kGiftCardHoldReleased:
      return add_card_level(record, event.gift_card_hold_released());
  }
}

void ValueRows::add_points_event(const schema::Record& record, int index, const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kPointsEarned:
      return add_points(record, index, "'EARNED'", event.points_earned());
    case schema::Event::kPointsRedeemed:
      return add_points(record, index, "'REDEEMED'", event.points_redeemed());
    case schema::Event::kPointsAdjusted:
      return add_points(record, index, "'ADJUSTED'", event.points_adjusted());
    case schema::Event::kPointsRestored:
      return add_points(record, index, "'RESTORED'", event.points_restored());
    case schema::Event::kPointsExpired:
      return add_points(record, index, "'EXPIRED'", event.points_expired());
    case schema::Event::kPointsReversed:
      return add_points(record, index, "'REVERSED'", event.points_reversed());
    case schema::Event::kRewardIssued:
      return add_points(record, index, "'REWARD_ISSUED'", event.reward_issued());
    case schema::Event::kRewardRedeemed:
      return add_points(record, index, "'REWARD_REDEEMED'", event.reward_redeemed());
    case schema::Event::kRewardDeleted:
      return add_points(record, index, "'REWARD_DELETED'", event.reward_deleted());
  }
}

void ValueRows::add_customer_event(const schema::Record& record, int index, const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kStoreCreditIssued:
      return write_account(credits_, record, index, "'ISSUED'", event.store_credit_issued());
    case schema::Event::kStoreCreditSpent:
      return write_account(credits_, record, index, "'SPENT'", event.store_credit_spent());
    case schema::Event::kStoreCreditExpired:
      return write_account(credits_, record, index, "'EXPIRED'", event.store_credit_expired());
    case schema::Event::kAccountCharged:
      return write_account(accounts_, record, index, "'CHARGED'", event.account_charged());
    case schema::Event::kAccountSettled:
      return write_account(accounts_, record, index, "'SETTLED'", event.account_settled());
  }
}

void ValueRows::add_card(const schema::Record& record, int index, std::string_view kind,
                         const schema::GiftCardMoved& fact) {
  write_money_moved(cards_, record, index, kind, fact.gift_card_id(), fact);
  SqlText key;
  key.quoted(record.tenant());
  key.comma();
  key.date(business_day_of(record));
  key.comma();
  key.raw(kind);
  key.comma();
  key.quoted(fact.currency());
  card_days_.add(key.text(), {1, fact.amount()});
  add_card_level(record, fact);
}

void ValueRows::add_card_level(const schema::Record& record, const schema::GiftCardMoved& fact) {
  SqlText key;
  key.quoted(record.tenant());
  key.comma();
  key.quoted(fact.gift_card_id());
  first_days_.emplace(key.text(), business_day_of(record));
  SqlText values;
  values.quoted(fact.currency());
  for (const std::int64_t amount : {fact.balance_after(), fact.held_after()}) {
    values.comma();
    values.integer(amount);
  }
  values.comma();
  values.integer(record.position());
  levels_[key.text()] = std::move(values.text());
}

void ValueRows::add_points(const schema::Record& record, int index, std::string_view kind,
                           const schema::PointsMoved& fact) {
  RowWriter(points_)
      .text(record.tenant())
      .text(fact.customer_id())
      .integer(record.position())
      .integer(static_cast<std::uint64_t>(index))
      .raw(kind)
      .text_or_null(fact.store_id())
      .text_or_null(fact.sale_id())
      .text_or_null(fact.reward_id())
      .integer(fact.points())
      .integer(fact.debt())
      .integer(fact.points_after())
      .integer(fact.debt_after())
      .text_or_null(fact.currency())
      .integer(fact.value())
      .date(business_day_of(record))
      .time(moment_of(record));
}

void ValueRows::finish(std::vector<TableStatements>& tables) {
  for (InsertRows* rows : {&cards_, &points_, &credits_, &accounts_}) rows->finish(tables.emplace_back());
  card_days_.finish(prefix_, limits_, tables.emplace_back());
  InsertRows now(kGiftcardNowTable, prefix_, limits_);
  for (const auto& [key, values] : levels_) RowWriter(now).raw(key).raw(values).date(first_days_.at(key));
  now.finish(tables.emplace_back());
}

}  // namespace till::reporting
