#include "commands/gift_card_hold.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/balance.h"
#include "commands/document.h"
#include "commands/gift_card.h"
#include "commands/gift_card_balance.h"

namespace till {
namespace {

using schema::Event;
using schema::GiftCardState;

// Open at once on one card: of the longest ids they take 8 KiB of the card's 64.
constexpr int kHoldsMost = 32;

constexpr std::string_view kHold = "hold_gift_card";

constexpr GiftCardEvent kHeld{Event::kGiftCardHeld, &Event::mutable_gift_card_held};
constexpr GiftCardEvent kHoldReleased{Event::kGiftCardHoldReleased, &Event::mutable_gift_card_hold_released};
constexpr GiftCardEvent kRedeemed{Event::kGiftCardRedeemed, &Event::mutable_gift_card_redeemed};

void needs_hold(const schema::HoldGiftCard& command, std::vector<EntityRef>& out) {
  need_document(kHold, command.hold_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), {}, out);
}

// The store and the sale of a hold stand in the card.
void needs_capture(const schema::CaptureGiftCardHold& command, std::vector<EntityRef>& out) {
  need_gift_card(command.gift_card_id(), {}, out);
}

void needs_release(const schema::ReleaseGiftCardHold& command, std::vector<EntityRef>& out) {
  need_gift_card(command.gift_card_id(), {}, out);
}

Decision decide_hold(const schema::HoldGiftCard& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kHold, command.hold_id(), "/hold_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  book_document(accepted, deciding, kHold, command.hold_id());
  GiftCardState* card = nullptr;
  if (auto refusal = open_gift_card(deciding, command.gift_card_id(), "/gift_card_id", accepted, card)) {
    return *std::move(refusal);
  }
  const std::int64_t amount = command.amount().amount();
  const std::string& currency = command.amount().currency();
  if (auto refusal = check_amount(amount, currency, "/amount")) return *std::move(refusal);
  if (auto refusal = check_currency(currency, card->balance().currency(), "/amount")) return *std::move(refusal);
  if (auto refusal = check_expiry(command.expires_at_us(), deciding)) return *std::move(refusal);
  if (auto refusal = check_usable(*card, deciding, "/gift_card_id")) return *std::move(refusal);
  if (auto refusal = check_free(*card, amount, "/amount")) return *std::move(refusal);
  if (card->holds_size() >= kHoldsMost) {
    return reject(schema::HOLD_LIMIT, "A gift card has at most " + std::to_string(kHoldsMost) + " open holds",
                  "/gift_card_id");
  }
  change_gift_card(*card, kHeld,
                   {.store_id = command.store_id(),
                    .sale_id = command.sale_id(),
                    .hold_id = command.hold_id(),
                    .hold_amount = amount,
                    .expires_at_us = command.expires_at_us()},
                   deciding, accepted);
  answer_gift_card(command.gift_card_id(), card->balance().amount(), currency, deciding, accepted)
      .set_hold_id(command.hold_id());
  return accepted;
}

// The card without its holds' expiry decided, so that the hold in question is still there; and a copy of that hold,
// which leaves the list with its event.
Refusal find_hold(const Deciding& deciding, const std::string& gift_card_id, const std::string& hold_id,
                  GiftCardState*& card, GiftCardState::Hold& hold) {
  card = copy_gift_card(deciding, gift_card_id);
  if (card == nullptr) return reject(schema::GIFT_CARD_NOT_FOUND, "No gift card " + gift_card_id, "/gift_card_id");
  const auto found = std::ranges::find(card->holds(), hold_id, &GiftCardState::Hold::hold_id);
  if (found == card->holds().end()) {
    return reject(schema::HOLD_NOT_FOUND, "Gift card " + gift_card_id + " has no open hold " + hold_id, "/hold_id");
  }
  hold = *found;
  return std::nullopt;
}

Refusal check_capture(const schema::CaptureGiftCardHold& command, const GiftCardState& card,
                      const GiftCardState::Hold& hold, const Deciding& deciding) {
  if (auto refusal = check_not_deactivated(card, "/gift_card_id")) return refusal;
  if (card.status() == GiftCardState::BLOCKED) {
    return reject(schema::GIFT_CARD_BLOCKED, "Gift card " + card.gift_card_id() + " is blocked", "/gift_card_id");
  }
  if (hold.has_expires_at_us() && deciding.context.recorded_at.value() >= hold.expires_at_us()) {
    return reject(schema::HOLD_EXPIRED, "Hold " + hold.hold_id() + " has expired", "/hold_id");
  }
  if (!command.has_amount()) return std::nullopt;
  if (auto refusal = check_amount(command.amount().amount(), command.amount().currency(), "/amount")) return refusal;
  if (auto refusal = check_currency(command.amount().currency(), card.balance().currency(), "/amount")) return refusal;
  if (command.amount().amount() <= hold.amount().amount()) return std::nullopt;
  return reject(schema::CAPTURE_EXCEEDS_HOLD,
                "Hold " + hold.hold_id() + " is of " + std::to_string(hold.amount().amount()), "/amount");
}

// A card that expired after the hold was made still honours it.
Decision decide_capture(const schema::CaptureGiftCardHold& command, const Deciding& deciding) {
  GiftCardState* card = nullptr;
  GiftCardState::Hold hold;
  if (auto refusal = find_hold(deciding, command.gift_card_id(), command.hold_id(), card, hold)) {
    return *std::move(refusal);
  }
  if (auto refusal = check_capture(command, *card, hold, deciding)) return *std::move(refusal);
  const std::int64_t amount = command.has_amount() ? command.amount().amount() : hold.amount().amount();
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, hold.store_id(), accepted)) return *std::move(refusal);
  change_gift_card(*card, kRedeemed,
                   {.amount = -amount,
                    .store_id = hold.store_id(),
                    .sale_id = hold.sale_id(),
                    .hold_id = hold.hold_id(),
                    .hold_amount = -hold.amount().amount()},
                   deciding, accepted);
  if (auto refusal = count_for_sale(*card, hold.sale_id(), amount, 0, "/amount", deciding, accepted)) {
    return *std::move(refusal);
  }
  answer_gift_card(command.gift_card_id(), card->balance().amount(), card->balance().currency(), deciding, accepted)
      .set_hold_id(command.hold_id());
  return accepted;
}

Decision decide_release(const schema::ReleaseGiftCardHold& command, const Deciding& deciding) {
  GiftCardState* card = nullptr;
  GiftCardState::Hold hold;
  if (auto refusal = find_hold(deciding, command.gift_card_id(), command.hold_id(), card, hold)) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, hold.store_id(), accepted)) return *std::move(refusal);
  change_gift_card(*card, kHoldReleased,
                   {.store_id = hold.store_id(),
                    .sale_id = hold.sale_id(),
                    .hold_id = hold.hold_id(),
                    .hold_amount = -hold.amount().amount()},
                   deciding, accepted);
  answer_gift_card(command.gift_card_id(), card->balance().amount(), card->balance().currency(), deciding, accepted)
      .set_hold_id(command.hold_id());
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::hold_gift_card, needs_hold, decide_hold>(Command::kHoldGiftCard),
    command_rule<&Command::capture_gift_card_hold, needs_capture, decide_capture>(Command::kCaptureGiftCardHold),
    command_rule<&Command::release_gift_card_hold, needs_release, decide_release>(Command::kReleaseGiftCardHold),
};

}  // namespace

const Aggregate& gift_card_hold_aggregate() {
  static constexpr Aggregate kAggregate{"gift_card_hold", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
