#include "commands/gift_card.h"

#include <array>
#include <utility>

#include "commands/balance.h"
#include "commands/document.h"
#include "commands/gift_card_balance.h"

namespace till {
namespace {

using schema::Event;
using schema::GiftCardState;

constexpr EntityKind kGiftCard = kind_of(schema::GIFT_CARD);
constexpr EntityKind kGiftCardSale = kind_of(schema::GIFT_CARD_SALE);

constexpr std::string_view kLoad = "load_gift_card";
constexpr std::string_view kRedeem = "redeem_gift_card";
constexpr std::string_view kRefund = "refund_to_gift_card";

constexpr GiftCardEvent kActivated{Event::kGiftCardActivated, &Event::mutable_gift_card_activated};
constexpr GiftCardEvent kLoaded{Event::kGiftCardLoaded, &Event::mutable_gift_card_loaded};
constexpr GiftCardEvent kRedeemed{Event::kGiftCardRedeemed, &Event::mutable_gift_card_redeemed};
constexpr GiftCardEvent kRefunded{Event::kGiftCardRefunded, &Event::mutable_gift_card_refunded};
constexpr GiftCardEvent kCleared{Event::kGiftCardCleared, &Event::mutable_gift_card_cleared};

using Move = Refusal (*)(const Deciding&, const GiftCardMove&, Acceptance&, std::int64_t&);

void needs_activate(const schema::ActivateGiftCard& command, std::vector<EntityRef>& out) {
  need_gift_card(command.gift_card_id(), {}, out);
  need_store(command.store_id(), out);
}

void needs_load(const schema::LoadGiftCard& command, std::vector<EntityRef>& out) {
  need_document(kLoad, command.activity_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), command.sale_id(), out);
}

void needs_redeem(const schema::RedeemGiftCard& command, std::vector<EntityRef>& out) {
  need_document(kRedeem, command.activity_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), command.sale_id(), out);
}

void needs_refund(const schema::RefundToGiftCard& command, std::vector<EntityRef>& out) {
  need_document(kRefund, command.activity_id(), out);
  need_store(command.store_id(), out);
  need_gift_card(command.gift_card_id(), command.sale_id(), out);
}

GiftCardChange change_of(const GiftCardMove& move, std::int64_t amount) {
  return {.amount = amount, .store_id = move.store_id, .activity_id = move.activity_id, .sale_id = move.sale_id};
}

// The card that `move` is about, once its amount fits it.
Refusal open_for(const GiftCardMove& move, const Deciding& deciding, Acceptance& accepted, GiftCardState*& card) {
  if (auto refusal = open_gift_card(deciding, move.gift_card_id, move.card_pointer, accepted, card)) return refusal;
  if (auto refusal = check_amount(move.amount, move.currency, move.amount_pointer)) return refusal;
  return check_currency(move.currency, card->balance().currency(), move.amount_pointer);
}

Decision decide_activate(const schema::ActivateGiftCard& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<GiftCardState>(kGiftCard, command.gift_card_id());
  if (known != nullptr && same_content(known->fingerprint(), deciding)) {
    return AlreadyDone{Position(known->position())};
  }
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  if (auto refusal = check_expiry(command.expires_at_us(), deciding)) return *std::move(refusal);
  const GiftCardMove move{command.gift_card_id(),    command.store_id(),          command.sale_id(), {},
                          command.amount().amount(), command.amount().currency(), "/gift_card_id",   "/amount"};
  std::int64_t balance = 0;
  if (auto refusal = activate_gift_card(deciding, move, command.expires_at_us(), accepted, balance)) {
    return *std::move(refusal);
  }
  answer_gift_card(move.gift_card_id, balance, move.currency, deciding, accepted);
  return accepted;
}

// The movements whose client-made id is a document of its own.
Decision decide_move(std::string_view type, Move move_card, const GiftCardMove& move, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, type, move.activity_id, "/activity_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, move.store_id, accepted)) return *std::move(refusal);
  book_document(accepted, deciding, type, move.activity_id);
  std::int64_t balance = 0;
  if (auto refusal = move_card(deciding, move, accepted, balance)) return *std::move(refusal);
  answer_gift_card(move.gift_card_id, balance, move.currency, deciding, accepted)
      .set_activity_id(std::string(move.activity_id));
  return accepted;
}

Decision decide_load(const schema::LoadGiftCard& command, const Deciding& deciding) {
  return decide_move(kLoad, load_gift_card,
                     {command.gift_card_id(), command.store_id(), command.sale_id(), command.activity_id(),
                      command.amount().amount(), command.amount().currency(), "/gift_card_id", "/amount"},
                     deciding);
}

Decision decide_redeem(const schema::RedeemGiftCard& command, const Deciding& deciding) {
  return decide_move(kRedeem, redeem_gift_card,
                     {command.gift_card_id(), command.store_id(), command.sale_id(), command.activity_id(),
                      command.amount().amount(), command.amount().currency(), "/gift_card_id", "/amount"},
                     deciding);
}

Decision decide_refund(const schema::RefundToGiftCard& command, const Deciding& deciding) {
  return decide_move(kRefund, refund_to_gift_card,
                     {command.gift_card_id(), command.store_id(), command.sale_id(), command.activity_id(),
                      command.amount().amount(), command.amount().currency(), "/gift_card_id", "/amount"},
                     deciding);
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::activate_gift_card, needs_activate, decide_activate>(Command::kActivateGiftCard),
    command_rule<&Command::load_gift_card, needs_load, decide_load>(Command::kLoadGiftCard),
    command_rule<&Command::redeem_gift_card, needs_redeem, decide_redeem>(Command::kRedeemGiftCard),
    command_rule<&Command::refund_to_gift_card, needs_refund, decide_refund>(Command::kRefundToGiftCard),
};

}  // namespace

const Aggregate& gift_card_aggregate() {
  static constexpr Aggregate kAggregate{"gift_card", kCommands, {}, {}};
  return kAggregate;
}

void need_gift_card(std::string_view gift_card_id, std::string_view sale_id, std::vector<EntityRef>& out) {
  out.push_back({kGiftCard, std::string(gift_card_id)});
  if (!sale_id.empty()) out.push_back({kGiftCardSale, gift_card_sale_id(gift_card_id, sale_id)});
}

Refusal activate_gift_card(const Deciding& deciding, const GiftCardMove& move, std::int64_t expires_at_us,
                           Acceptance& accepted, std::int64_t& balance_after) {
  if (const auto* known = deciding.books.get<GiftCardState>(kGiftCard, move.gift_card_id)) {
    if (auto refusal = check_not_deactivated(*known, move.card_pointer)) return refusal;
    return reject(schema::GIFT_CARD_ALREADY_ACTIVE,
                  "Gift card " + std::string(move.gift_card_id) + " was activated before", move.card_pointer);
  }
  if (auto refusal = check_amount(move.amount, move.currency, move.amount_pointer)) return refusal;
  auto& card = *google::protobuf::Arena::CreateMessage<GiftCardState>(deciding.context.arena);
  card.set_gift_card_id(std::string(move.gift_card_id));
  set_money(*card.mutable_balance(), 0, move.currency);
  GiftCardChange change = change_of(move, move.amount);
  change.expires_at_us = expires_at_us;
  change_gift_card(card, kActivated, change, deciding, accepted);
  balance_after = card.balance().amount();
  return std::nullopt;
}

Refusal load_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                       std::int64_t& balance_after) {
  GiftCardState* card = nullptr;
  if (auto refusal = open_for(move, deciding, accepted, card)) return refusal;
  if (auto refusal = check_usable(*card, deciding, move.card_pointer)) return refusal;
  if (auto refusal = check_room(*card, move.amount, move.amount_pointer)) return refusal;
  change_gift_card(*card, kLoaded, change_of(move, move.amount), deciding, accepted);
  balance_after = card->balance().amount();
  return std::nullopt;
}

Refusal unload_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                         std::int64_t& balance_after) {
  GiftCardState* card = nullptr;
  if (auto refusal = open_for(move, deciding, accepted, card)) return refusal;
  if (auto refusal = check_not_deactivated(*card, move.card_pointer)) return refusal;
  if (auto refusal = check_free(*card, move.amount, move.amount_pointer)) return refusal;
  change_gift_card(*card, kCleared, change_of(move, -move.amount), deciding, accepted);
  balance_after = card->balance().amount();
  return std::nullopt;
}

Refusal redeem_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                         std::int64_t& balance_after) {
  GiftCardState* card = nullptr;
  if (auto refusal = open_for(move, deciding, accepted, card)) return refusal;
  if (auto refusal = check_usable(*card, deciding, move.card_pointer)) return refusal;
  if (auto refusal = check_free(*card, move.amount, move.amount_pointer)) return refusal;
  change_gift_card(*card, kRedeemed, change_of(move, -move.amount), deciding, accepted);
  balance_after = card->balance().amount();
  return count_for_sale(*card, move.sale_id, move.amount, 0, move.amount_pointer, deciding, accepted);
}

Refusal refund_to_gift_card(const Deciding& deciding, const GiftCardMove& move, Acceptance& accepted,
                            std::int64_t& balance_after) {
  GiftCardState* card = nullptr;
  if (auto refusal = open_for(move, deciding, accepted, card)) return refusal;
  if (auto refusal = check_not_deactivated(*card, move.card_pointer)) return refusal;
  if (auto refusal = check_room(*card, move.amount, move.amount_pointer)) return refusal;
  change_gift_card(*card, kRefunded, change_of(move, move.amount), deciding, accepted);
  balance_after = card->balance().amount();
  return count_for_sale(*card, move.sale_id, 0, move.amount, move.amount_pointer, deciding, accepted);
}

std::int64_t refundable_to_gift_card(BooksReader& books, std::string_view gift_card_id, std::string_view sale_id) {
  const auto* of_sale = books.get<schema::GiftCardSaleState>(kGiftCardSale, gift_card_sale_id(gift_card_id, sale_id));
  return of_sale == nullptr ? 0 : of_sale->redeemed() - of_sale->refunded();
}

}  // namespace till
