#include "commands/gift_card_balance.h"

#include <algorithm>
#include <array>

#include "commands/balance.h"

namespace till {
namespace {

using schema::Event;
using schema::GiftCardMoved;
using schema::GiftCardState;

constexpr EntityKind kGiftCard = kind_of(schema::GIFT_CARD);
constexpr EntityKind kGiftCardSale = kind_of(schema::GIFT_CARD_SALE);

// What one sale may take from one card over all its redemptions, whatever came back in between.
constexpr std::int64_t kRedeemedMost = 1'000 * kAmountMost;

constexpr GiftCardEvent kHoldReleased{Event::kGiftCardHoldReleased, &Event::mutable_gift_card_hold_released};

void fold_hold(GiftCardState& card, const GiftCardMoved& fact) {
  auto& holds = *card.mutable_holds();
  if (fact.hold_amount() < 0) {
    const auto found = std::ranges::find(holds, fact.hold_id(), &GiftCardState::Hold::hold_id);
    if (found != holds.end()) holds.erase(found);
    return;
  }
  GiftCardState::Hold& hold = *holds.Add();
  hold.set_hold_id(fact.hold_id());
  hold.set_store_id(fact.store_id());
  hold.set_sale_id(fact.sale_id());
  set_money(*hold.mutable_amount(), fact.hold_amount(), fact.currency());
  if (fact.expires_at_us() != 0) hold.set_expires_at_us(fact.expires_at_us());
}

void fold_moved(GiftCardState& card, const GiftCardMoved& fact) {
  set_money(*card.mutable_balance(), fact.balance_after(), fact.currency());
  set_money(*card.mutable_held(), fact.held_after(), fact.currency());
  if (fact.hold_amount() != 0) fold_hold(card, fact);
}

void evolve_moved(GiftCardState& card, const GiftCardMoved& fact, const schema::Record&) {
  fold_moved(card, fact);
}

void evolve_activated(GiftCardState& card, const GiftCardMoved& fact, const schema::Record& record) {
  fold_moved(card, fact);
  card.set_gift_card_id(fact.gift_card_id());
  card.set_status(GiftCardState::ACTIVE);
  if (fact.expires_at_us() != 0) card.set_expires_at_us(fact.expires_at_us());
  card.set_fingerprint(record.fingerprint());
  card.set_position(record.position());
}

void evolve_sale(schema::GiftCardSaleState& state, const schema::GiftCardSaleBooked& fact, const schema::Record&) {
  state.set_currency(fact.currency());
  state.set_redeemed(fact.redeemed());
  state.set_refunded(fact.refunded());
}

void release_expired_holds(GiftCardState& card, const Deciding& deciding, Acceptance& accepted) {
  const std::int64_t now = deciding.context.recorded_at.value();
  // Each release takes its hold out of the list.
  for (int i = card.holds_size() - 1; i >= 0; --i) {
    if (!card.holds(i).has_expires_at_us() || now < card.holds(i).expires_at_us()) continue;
    const GiftCardState::Hold hold = card.holds(i);
    change_gift_card(card, kHoldReleased,
                     {.store_id = hold.store_id(),
                      .sale_id = hold.sale_id(),
                      .hold_id = hold.hold_id(),
                      .hold_amount = -hold.amount().amount()},
                     deciding, accepted);
  }
}

template <auto Get>
constexpr EventRule moved(Event::EventCase which) {
  return event_rule<GiftCardState, Get, evolve_moved>(which, schema::GIFT_CARD);
}

constexpr std::array kEvents{
    event_rule<GiftCardState, &Event::gift_card_activated, evolve_activated>(Event::kGiftCardActivated,
                                                                             schema::GIFT_CARD),
    moved<&Event::gift_card_loaded>(Event::kGiftCardLoaded),
    moved<&Event::gift_card_redeemed>(Event::kGiftCardRedeemed),
    moved<&Event::gift_card_held>(Event::kGiftCardHeld),
    moved<&Event::gift_card_hold_released>(Event::kGiftCardHoldReleased),
    moved<&Event::gift_card_refunded>(Event::kGiftCardRefunded),
    moved<&Event::gift_card_adjusted>(Event::kGiftCardAdjusted),
    moved<&Event::gift_card_cleared>(Event::kGiftCardCleared),
    moved<&Event::gift_card_expired>(Event::kGiftCardExpired),
    moved<&Event::gift_card_transferred_out>(Event::kGiftCardTransferredOut),
    moved<&Event::gift_card_transferred_in>(Event::kGiftCardTransferredIn),
    event_rule<schema::GiftCardSaleState, &Event::gift_card_sale_booked, evolve_sale>(Event::kGiftCardSaleBooked,
                                                                                      schema::GIFT_CARD_SALE),
};
constexpr std::array kStates{state_rule<GiftCardState>(schema::GIFT_CARD),
                             state_rule<schema::GiftCardSaleState>(schema::GIFT_CARD_SALE)};

}  // namespace

const Aggregate& gift_card_balance_aggregate() {
  static constexpr Aggregate kAggregate{"gift_card_balance", {}, kEvents, kStates};
  return kAggregate;
}

GiftCardState* copy_gift_card(const Deciding& deciding, std::string_view gift_card_id) {
  const auto* known = deciding.books.get<GiftCardState>(kGiftCard, gift_card_id);
  if (known == nullptr) return nullptr;
  auto* card = google::protobuf::Arena::CreateMessage<GiftCardState>(deciding.context.arena);
  *card = *known;
  return card;
}

Refusal open_gift_card(const Deciding& deciding, std::string_view gift_card_id, std::string_view pointer,
                       Acceptance& accepted, GiftCardState*& card) {
  card = copy_gift_card(deciding, gift_card_id);
  if (card == nullptr) {
    return reject(schema::GIFT_CARD_NOT_FOUND, "No gift card " + std::string(gift_card_id), std::string(pointer));
  }
  release_expired_holds(*card, deciding, accepted);
  return std::nullopt;
}

Refusal check_not_deactivated(const GiftCardState& card, std::string_view pointer) {
  if (card.status() != GiftCardState::DEACTIVATED) return std::nullopt;
  return reject(schema::GIFT_CARD_DEACTIVATED, "Gift card " + card.gift_card_id() + " is deactivated",
                std::string(pointer));
}

Refusal check_usable(const GiftCardState& card, const Deciding& deciding, std::string_view pointer) {
  if (auto refusal = check_not_deactivated(card, pointer)) return refusal;
  if (card.status() == GiftCardState::BLOCKED) {
    return reject(schema::GIFT_CARD_BLOCKED, "Gift card " + card.gift_card_id() + " is blocked", std::string(pointer));
  }
  if (card.has_expires_at_us() && deciding.context.recorded_at.value() >= card.expires_at_us()) {
    return reject(schema::GIFT_CARD_EXPIRED, "Gift card " + card.gift_card_id() + " has expired", std::string(pointer));
  }
  return std::nullopt;
}

Refusal check_free(const GiftCardState& card, std::int64_t amount, std::string_view pointer) {
  const std::int64_t free = card.balance().amount() - card.held().amount();
  if (amount <= free) return std::nullopt;
  return reject(schema::INSUFFICIENT_BALANCE, "Gift card " + card.gift_card_id() + " has " + std::to_string(free),
                std::string(pointer));
}

Refusal check_room(const GiftCardState& card, std::int64_t amount, std::string_view pointer) {
  if (amount <= kBalanceMost - card.balance().amount()) return std::nullopt;
  return reject(schema::BALANCE_LIMIT, "A gift card holds at most 10^15 minor units", std::string(pointer));
}

Refusal check_whole(const GiftCardState& card, std::string_view pointer) {
  if (card.held().amount() > 0) {
    return reject(schema::GIFT_CARD_HAS_HOLDS, "Release what is held of gift card " + card.gift_card_id() + " first",
                  std::string(pointer));
  }
  if (card.balance().amount() > 0) return std::nullopt;
  return reject(schema::INSUFFICIENT_BALANCE, "Gift card " + card.gift_card_id() + " has no balance",
                std::string(pointer));
}

void change_gift_card(GiftCardState& card, const GiftCardEvent& event, const GiftCardChange& change,
                      const Deciding& deciding, Acceptance& accepted) {
  Event& added = add_event(accepted, deciding, schema::GIFT_CARD, card.gift_card_id(), event.which);
  GiftCardMoved& fact = *(added.*event.body)();
  fact.set_gift_card_id(card.gift_card_id());
  fact.set_activity_id(std::string(change.activity_id));
  fact.set_store_id(std::string(change.store_id));
  fact.set_sale_id(std::string(change.sale_id));
  fact.set_currency(card.balance().currency());
  fact.set_amount(change.amount);
  fact.set_balance_after(card.balance().amount() + change.amount);
  fact.set_held_after(card.held().amount() + change.hold_amount);
  fact.set_hold_id(std::string(change.hold_id));
  fact.set_hold_amount(change.hold_amount);
  fact.set_reason(std::string(change.reason));
  fact.set_expires_at_us(change.expires_at_us);
  fact.set_other_gift_card_id(std::string(change.other_gift_card_id));
  fold_moved(card, fact);
}

Refusal count_for_sale(const GiftCardState& card, std::string_view sale_id, std::int64_t redeemed,
                       std::int64_t refunded, std::string_view pointer, const Deciding& deciding,
                       Acceptance& accepted) {
  if (sale_id.empty()) return std::nullopt;
  std::string id = gift_card_sale_id(card.gift_card_id(), sale_id);
  const auto* known = deciding.books.get<schema::GiftCardSaleState>(kGiftCardSale, id);
  const std::int64_t redeemed_after = redeemed + (known == nullptr ? 0 : known->redeemed());
  const std::int64_t refunded_after = refunded + (known == nullptr ? 0 : known->refunded());
  if (redeemed_after > kRedeemedMost) {
    return reject(schema::BALANCE_LIMIT, "Sale " + std::string(sale_id) + " has redeemed too much",
                  std::string(pointer));
  }
  if (refunded_after > redeemed_after) {
    return reject(schema::REFUND_AMOUNT_INVALID,
                  "Sale " + std::string(sale_id) + " has " +
                      std::to_string(redeemed_after - refunded_after + refunded) + " to give back to gift card " +
                      card.gift_card_id(),
                  std::string(pointer));
  }
  auto& fact = *add_event(accepted, deciding, schema::GIFT_CARD_SALE, std::move(id), schema::Event::kGiftCardSaleBooked)
                    .mutable_gift_card_sale_booked();
  fact.set_gift_card_id(card.gift_card_id());
  fact.set_sale_id(std::string(sale_id));
  fact.set_currency(card.balance().currency());
  fact.set_redeemed(redeemed_after);
  fact.set_refunded(refunded_after);
  return std::nullopt;
}

std::string gift_card_sale_id(std::string_view gift_card_id, std::string_view sale_id) {
  std::string id;
  id.reserve(gift_card_id.size() + 1 + sale_id.size());
  id.append(gift_card_id).append("/").append(sale_id);
  return id;
}

schema::Answer& answer_gift_card(std::string_view gift_card_id, std::int64_t balance, std::string_view currency,
                                 const Deciding& deciding, Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_gift_card_id(std::string(gift_card_id));
  set_money(*answer.mutable_balance(), balance, currency);
  return answer;
}

}  // namespace till
