// The balance of a gift card and what is held of it: how a decision changes them, and how its events are folded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& gift_card_balance_aggregate();

// One of the events that share GiftCardMoved.
struct GiftCardEvent {
  schema::Event::EventCase which;
  schema::GiftCardMoved* (schema::Event::*body)();
};

// What stands in such an event beside the card, its currency and the balances after it.
struct GiftCardChange {
  std::int64_t amount = 0;  // signed effect on the balance
  std::string_view store_id;
  std::string_view activity_id = {};
  std::string_view sale_id = {};
  std::string_view reason = {};
  std::string_view other_gift_card_id = {};
  std::string_view hold_id = {};
  std::int64_t hold_amount = 0;  // signed effect on what is held
  std::int64_t expires_at_us = 0;
};

// A copy of the card that lives as long as the decision and that its events move on; null where there is no such card.
schema::GiftCardState* copy_gift_card(const Deciding& deciding, std::string_view gift_card_id);

// As above; GIFT_CARD_NOT_FOUND at `pointer`. Holds whose time is over are let go, each with its event.
Refusal open_gift_card(const Deciding& deciding, std::string_view gift_card_id, std::string_view pointer,
                       Acceptance& accepted, schema::GiftCardState*& card);

// GIFT_CARD_DEACTIVATED at `pointer`: the end of a card. Every movement but an activation asks this.
Refusal check_not_deactivated(const schema::GiftCardState& card, std::string_view pointer);

// That, GIFT_CARD_BLOCKED, or GIFT_CARD_EXPIRED: what its holder may not use.
Refusal check_usable(const schema::GiftCardState& card, const Deciding& deciding, std::string_view pointer);

// INSUFFICIENT_BALANCE where less than `amount` is free: neither spent nor held (G1).
Refusal check_free(const schema::GiftCardState& card, std::int64_t amount, std::string_view pointer);

// BALANCE_LIMIT where the card cannot hold `amount` more.
Refusal check_room(const schema::GiftCardState& card, std::int64_t amount, std::string_view pointer);

// GIFT_CARD_HAS_HOLDS: what concerns the whole balance waits until no part of it is held. INSUFFICIENT_BALANCE where
// there is none.
Refusal check_whole(const schema::GiftCardState& card, std::string_view pointer);

// Adds the event and folds it into `card`.
void change_gift_card(schema::GiftCardState& card, const GiftCardEvent& event, const GiftCardChange& change,
                      const Deciding& deciding, Acceptance& accepted);

// Counts what `sale_id` took from the card and got back, so that no more is refunded than was redeemed. Nothing
// without a sale. BALANCE_LIMIT or REFUND_AMOUNT_INVALID at `pointer`.
Refusal count_for_sale(const schema::GiftCardState& card, std::string_view sale_id, std::int64_t redeemed,
                       std::int64_t refunded, std::string_view pointer, const Deciding& deciding, Acceptance& accepted);

// "<card>/<sale>".
std::string gift_card_sale_id(std::string_view gift_card_id, std::string_view sale_id);

// The answer that all commands of a card give.
schema::Answer& answer_gift_card(std::string_view gift_card_id, std::int64_t balance, std::string_view currency,
                                 const Deciding& deciding, Acceptance& accepted);

}  // namespace till
