#include "commands/gift_card_control.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/balance.h"
#include "commands/document.h"
#include "commands/gift_card.h"
#include "commands/gift_card_balance.h"

namespace till {
namespace {

using schema::Event;
using schema::GiftCardState;

constexpr std::string_view kAdjust = "adjust_gift_card";
constexpr std::string_view kTransfer = "transfer_gift_card_balance";
constexpr std::string_view kClear = "clear_gift_card";

constexpr std::string_view kCard = "/gift_card_id";
constexpr std::string_view kTarget = "/to_gift_card_id";

constexpr GiftCardEvent kAdjusted{Event::kGiftCardAdjusted, &Event::mutable_gift_card_adjusted};
constexpr GiftCardEvent kCleared{Event::kGiftCardCleared, &Event::mutable_gift_card_cleared};
constexpr GiftCardEvent kExpired{Event::kGiftCardExpired, &Event::mutable_gift_card_expired};
constexpr GiftCardEvent kOut{Event::kGiftCardTransferredOut, &Event::mutable_gift_card_transferred_out};
constexpr GiftCardEvent kIn{Event::kGiftCardTransferredIn, &Event::mutable_gift_card_transferred_in};

void needs_adjust(const schema::AdjustGiftCard& command, std::vector<EntityRef>& out) {
  need_document(kAdjust, command.activity_id(), out);
  need_session(command.session_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), {}, out);
}

void needs_transfer(const schema::TransferGiftCardBalance& command, std::vector<EntityRef>& out) {
  need_document(kTransfer, command.activity_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), {}, out);
  need_gift_card(command.to_gift_card_id(), {}, out);
}

void needs_clear(const schema::ClearGiftCard& command, std::vector<EntityRef>& out) {
  need_document(kClear, command.activity_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), {}, out);
}

void needs_expire(const schema::ExpireGiftCard& command, std::vector<EntityRef>& out) {
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), {}, out);
}

Refusal check_delta(const GiftCardState& card, const schema::Money& delta) {
  const bool down = delta.amount() < 0;
  // Bounded before it is negated: the lowest int64 has no opposite.
  if (delta.amount() < -kAmountMost) return reject(schema::AMOUNT_INVALID, "At most 10^15 minor units", "/delta");
  const std::int64_t size = down ? -delta.amount() : delta.amount();
  if (auto refusal = check_amount(size, delta.currency(), "/delta")) return refusal;
  if (auto refusal = check_currency(delta.currency(), card.balance().currency(), "/delta")) return refusal;
  return down ? check_free(card, size, "/delta") : check_room(card, size, "/delta");
}

Decision decide_adjust(const schema::AdjustGiftCard& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kAdjust, command.activity_id(), "/activity_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::GIFT_CARD_ADJUST, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *std::move(refusal);
  }
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  book_document(accepted, deciding, kAdjust, command.activity_id());
  GiftCardState* card = nullptr;
  if (auto refusal = open_gift_card(deciding, command.gift_card_id(), kCard, accepted, card)) {
    return *std::move(refusal);
  }
  if (auto refusal = check_not_deactivated(*card, kCard)) return *std::move(refusal);
  if (auto refusal = check_delta(*card, command.delta())) return *std::move(refusal);
  change_gift_card(*card, kAdjusted,
                   {.amount = command.delta().amount(),
                    .store_id = command.store_id(),
                    .activity_id = command.activity_id(),
                    .reason = command.reason()},
                   deciding, accepted);
  answer_gift_card(command.gift_card_id(), card->balance().amount(), card->balance().currency(), deciding, accepted)
      .set_activity_id(command.activity_id());
  return accepted;
}

// Both cards are usable, and all that the first one has fits the second one.
Refusal check_transfer(const GiftCardState& from, const GiftCardState& to, const Deciding& deciding) {
  if (auto refusal = check_usable(from, deciding, kCard)) return refusal;
  if (auto refusal = check_usable(to, deciding, kTarget)) return refusal;
  if (auto refusal = check_whole(from, kCard)) return refusal;
  if (from.balance().currency() != to.balance().currency()) {
    return reject(schema::CURRENCY_MISMATCH, "The cards have different currencies", std::string(kTarget));
  }
  return check_room(to, from.balance().amount(), kTarget);
}

Decision decide_transfer(const schema::TransferGiftCardBalance& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kTransfer, command.activity_id(), "/activity_id")) {
    return *std::move(booked);
  }
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  if (command.gift_card_id() == command.to_gift_card_id()) {
    return reject(schema::VALIDATION_FAILED, "A transfer is between two cards", std::string(kTarget));
  }
  book_document(accepted, deciding, kTransfer, command.activity_id());
  GiftCardState* from = nullptr;
  GiftCardState* to = nullptr;
  if (auto refusal = open_gift_card(deciding, command.gift_card_id(), kCard, accepted, from)) {
    return *std::move(refusal);
  }
  if (auto refusal = open_gift_card(deciding, command.to_gift_card_id(), kTarget, accepted, to)) {
    return *std::move(refusal);
  }
  if (auto refusal = check_transfer(*from, *to, deciding)) return *std::move(refusal);
  GiftCardChange change{.amount = -from->balance().amount(),
                        .store_id = command.store_id(),
                        .activity_id = command.activity_id(),
                        .other_gift_card_id = command.to_gift_card_id()};
  change_gift_card(*from, kOut, change, deciding, accepted);
  change.amount = -change.amount;
  change.other_gift_card_id = command.gift_card_id();
  change_gift_card(*to, kIn, change, deciding, accepted);
  answer_gift_card(command.gift_card_id(), from->balance().amount(), from->balance().currency(), deciding, accepted)
      .set_activity_id(command.activity_id());
  return accepted;
}

Decision decide_clear(const schema::ClearGiftCard& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kClear, command.activity_id(), "/activity_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  book_document(accepted, deciding, kClear, command.activity_id());
  GiftCardState* card = nullptr;
  if (auto refusal = open_gift_card(deciding, command.gift_card_id(), kCard, accepted, card)) {
    return *std::move(refusal);
  }
  if (auto refusal = check_not_deactivated(*card, kCard)) return *std::move(refusal);
  if (auto refusal = check_whole(*card, kCard)) return *std::move(refusal);
  change_gift_card(*card, kCleared,
                   {.amount = -card->balance().amount(),
                    .store_id = command.store_id(),
                    .activity_id = command.activity_id(),
                    .reason = command.reason()},
                   deciding, accepted);
  answer_gift_card(command.gift_card_id(), card->balance().amount(), card->balance().currency(), deciding, accepted)
      .set_activity_id(command.activity_id());
  return accepted;
}

Decision decide_expire(const schema::ExpireGiftCard& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  GiftCardState* card = nullptr;
  if (auto refusal = open_gift_card(deciding, command.gift_card_id(), kCard, accepted, card)) {
    return *std::move(refusal);
  }
  if (!card->has_expires_at_us() || deciding.context.recorded_at.value() < card->expires_at_us()) {
    return reject(schema::NOTHING_TO_EXPIRE, "Gift card " + command.gift_card_id() + " has not expired",
                  std::string(kCard));
  }
  if (auto refusal = check_whole(*card, kCard)) return *std::move(refusal);
  change_gift_card(*card, kExpired, {.amount = -card->balance().amount(), .store_id = command.store_id()}, deciding,
                   accepted);
  answer_gift_card(command.gift_card_id(), card->balance().amount(), card->balance().currency(), deciding, accepted);
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::adjust_gift_card, needs_adjust, decide_adjust>(Command::kAdjustGiftCard),
    command_rule<&Command::transfer_gift_card_balance, needs_transfer, decide_transfer>(
        Command::kTransferGiftCardBalance),
    command_rule<&Command::clear_gift_card, needs_clear, decide_clear>(Command::kClearGiftCard),
    command_rule<&Command::expire_gift_card, needs_expire, decide_expire>(Command::kExpireGiftCard),
};

}  // namespace

const Aggregate& gift_card_control_aggregate() {
  static constexpr Aggregate kAggregate{"gift_card_control", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
