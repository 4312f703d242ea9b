#include "commands/gift_card_status.h"

#include <array>
#include <utility>

#include "commands/gift_card.h"
#include "commands/gift_card_balance.h"

namespace till {
namespace {

using schema::Event;
using schema::GiftCardState;
using schema::GiftCardStatusChanged;

void needs_block(const schema::BlockGiftCard& command, std::vector<EntityRef>& out) {
  need_gift_card(command.gift_card_id(), {}, out);
}

void needs_unblock(const schema::UnblockGiftCard& command, std::vector<EntityRef>& out) {
  need_gift_card(command.gift_card_id(), {}, out);
}

void needs_deactivate(const schema::DeactivateGiftCard& command, std::vector<EntityRef>& out) {
  need_gift_card(command.gift_card_id(), {}, out);
}

// The card, unless it is deactivated.
Refusal find_card(const Deciding& deciding, const std::string& gift_card_id, GiftCardState*& card) {
  card = copy_gift_card(deciding, gift_card_id);
  if (card == nullptr) return reject(schema::GIFT_CARD_NOT_FOUND, "No gift card " + gift_card_id, "/gift_card_id");
  return check_not_deactivated(*card, "/gift_card_id");
}

void write_change(const std::string& reason, const GiftCardState& card, GiftCardStatusChanged& fact) {
  fact.set_gift_card_id(card.gift_card_id());
  fact.set_reason(reason);
}

Decision decide_block(const schema::BlockGiftCard& command, const Deciding& deciding) {
  GiftCardState* card = nullptr;
  if (auto refusal = find_card(deciding, command.gift_card_id(), card)) return *std::move(refusal);
  if (card->status() == GiftCardState::BLOCKED) {
    return reject(schema::GIFT_CARD_BLOCKED, "Gift card " + command.gift_card_id() + " is blocked already",
                  "/gift_card_id");
  }
  Acceptance accepted;
  write_change(command.reason(), *card,
               *add_event(accepted, deciding, schema::GIFT_CARD, command.gift_card_id(), Event::kGiftCardBlocked)
                    .mutable_gift_card_blocked());
  set_answer(accepted, deciding).set_gift_card_id(command.gift_card_id());
  return accepted;
}

Decision decide_unblock(const schema::UnblockGiftCard& command, const Deciding& deciding) {
  GiftCardState* card = nullptr;
  if (auto refusal = find_card(deciding, command.gift_card_id(), card)) return *std::move(refusal);
  if (card->status() == GiftCardState::ACTIVE) {
    return reject(schema::GIFT_CARD_ALREADY_ACTIVE, "Gift card " + command.gift_card_id() + " is not blocked",
                  "/gift_card_id");
  }
  Acceptance accepted;
  write_change(command.reason(), *card,
               *add_event(accepted, deciding, schema::GIFT_CARD, command.gift_card_id(), Event::kGiftCardUnblocked)
                    .mutable_gift_card_unblocked());
  set_answer(accepted, deciding).set_gift_card_id(command.gift_card_id());
  return accepted;
}

// What is held is part of the balance, so a card without a balance has no holds.
Decision decide_deactivate(const schema::DeactivateGiftCard& command, const Deciding& deciding) {
  GiftCardState* card = nullptr;
  if (auto refusal = find_card(deciding, command.gift_card_id(), card)) return *std::move(refusal);
  if (card->balance().amount() != 0) {
    return reject(schema::GIFT_CARD_HAS_BALANCE, "Clear gift card " + command.gift_card_id() + " first",
                  "/gift_card_id");
  }
  Acceptance accepted;
  write_change(command.reason(), *card,
               *add_event(accepted, deciding, schema::GIFT_CARD, command.gift_card_id(), Event::kGiftCardDeactivated)
                    .mutable_gift_card_deactivated());
  set_answer(accepted, deciding).set_gift_card_id(command.gift_card_id());
  return accepted;
}

void change_status(GiftCardState& card, GiftCardState::Status status, const GiftCardStatusChanged& fact) {
  card.set_status(status);
  card.set_reason(fact.reason());
}

void evolve_blocked(GiftCardState& card, const GiftCardStatusChanged& fact, const schema::Record&) {
  change_status(card, GiftCardState::BLOCKED, fact);
}

void evolve_unblocked(GiftCardState& card, const GiftCardStatusChanged& fact, const schema::Record&) {
  change_status(card, GiftCardState::ACTIVE, fact);
}

void evolve_deactivated(GiftCardState& card, const GiftCardStatusChanged& fact, const schema::Record&) {
  change_status(card, GiftCardState::DEACTIVATED, fact);
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::block_gift_card, needs_block, decide_block>(Command::kBlockGiftCard),
    command_rule<&Command::unblock_gift_card, needs_unblock, decide_unblock>(Command::kUnblockGiftCard),
    command_rule<&Command::deactivate_gift_card, needs_deactivate, decide_deactivate>(Command::kDeactivateGiftCard),
};
constexpr std::array kEvents{
    event_rule<GiftCardState, &Event::gift_card_blocked, evolve_blocked>(Event::kGiftCardBlocked, schema::GIFT_CARD),
    event_rule<GiftCardState, &Event::gift_card_unblocked, evolve_unblocked>(Event::kGiftCardUnblocked,
                                                                             schema::GIFT_CARD),
    event_rule<GiftCardState, &Event::gift_card_deactivated, evolve_deactivated>(Event::kGiftCardDeactivated,
                                                                                 schema::GIFT_CARD),
};

}  // namespace

const Aggregate& gift_card_status_aggregate() {
  static constexpr Aggregate kAggregate{"gift_card_status", kCommands, kEvents, {}};
  return kAggregate;
}

void reactivate_gift_card(const Deciding& deciding, const std::string& gift_card_id, Acceptance& accepted) {
  const GiftCardState* const card = copy_gift_card(deciding, gift_card_id);
  if (card == nullptr || card->status() != GiftCardState::DEACTIVATED) return;
  write_change("A sale that it paid is reversed", *card,
               *add_event(accepted, deciding, schema::GIFT_CARD, gift_card_id, Event::kGiftCardUnblocked)
                    .mutable_gift_card_unblocked());
}

}  // namespace till
