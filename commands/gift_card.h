// Gift cards: activated, loaded, paid with, refunded to. The functions below serve any transaction: a card's own
// commands, a sale that a card pays or that sells a card, its void, a return.
//
// A decision sees the books as they were before it, so one transaction calls at most one of these functions for each
// card: a caller whose command names a card twice (two tenders, say) sums the amounts of that card up before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

const Aggregate& gift_card_aggregate();

// One movement of a card. The pointers are those of the card and of the amount in the caller's command.
struct GiftCardMove {
  std::string_view gift_card_id;
  std::string_view store_id;
  std::string_view sale_id;      // empty: of no sale
  std::string_view activity_id;  // of the movement in the caller's command; may be empty
  std::int64_t amount = 0;       // above zero
  std::string_view currency;
  std::string card_pointer;
  std::string amount_pointer;
};

// For needs(): the card, and what the sale took from it where there is a sale.
void need_gift_card(std::string_view gift_card_id, std::string_view sale_id, std::vector<EntityRef>& out);

// Each adds its events to `accepted` and tells the card's balance after them, or refuses: AMOUNT_INVALID,
// CURRENCY_UNKNOWN, CURRENCY_MISMATCH, and all but an activation GIFT_CARD_NOT_FOUND and GIFT_CARD_DEACTIVATED.

// GIFT_CARD_ALREADY_ACTIVE, or GIFT_CARD_DEACTIVATED where its time is over. expires_at_us 0: never.
Refusal activate_gift_card(const Deciding& deciding, const GiftCardMove& move, std::int64_t expires_at_us,
                           Acceptance& accepted, std::int64_t& balance_after);

// BALANCE_LIMIT, GIFT_CARD_BLOCKED, GIFT_CARD_EXPIRED.
Refusal load_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                       std::int64_t& balance_after);

// Takes back an activation or a load whose sale is reversed. INSUFFICIENT_BALANCE where it is spent or held.
Refusal unload_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                         std::int64_t& balance_after);

// INSUFFICIENT_BALANCE, GIFT_CARD_BLOCKED, GIFT_CARD_EXPIRED.
Refusal redeem_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                         std::int64_t& balance_after);

// REFUND_AMOUNT_INVALID where the sale redeemed less from this card, less what came back. A blocked or expired card
// takes its money back all the same, so that a sale can always be reversed. move.sale_id is not empty.
Refusal refund_to_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                            std::int64_t& balance_after);

// What the sale took from the card, less what came back.
std::int64_t refundable_to_gift_card(BooksReader& books, std::string_view gift_card_id, std::string_view sale_id);

}  // namespace till
