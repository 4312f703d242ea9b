#include "commands/promotion.h"

#include <array>
#include <utility>

#include "commands/product.h"
#include "commands/running_promotions.h"

namespace till {
namespace {

using schema::Promotion;
using schema::PromotionState;

constexpr EntityKind kPromotion = kind_of(schema::PROMOTION);
constexpr std::uint32_t kWholePpm = 1'000'000;
constexpr std::uint32_t kHoursPerDay = 24;
constexpr int kDaysPerWeek = 7;

void needs_define(const schema::DefinePromotion& command, std::vector<EntityRef>& out) {
  out.push_back({kPromotion, command.promotion_id()});
  need_running_promotions(out);
}

void needs_end(const schema::EndPromotion& command, std::vector<EntityRef>& out) {
  out.push_back({kPromotion, command.promotion_id()});
  need_running_promotions(out);
}

Rejection invalid(std::string detail, std::string pointer) {
  return reject(schema::PROMO_INVALID, std::move(detail), std::move(pointer));
}

Refusal check_scope(const Promotion& rule) {
  if (rule.skus_size() > kPromotionSkusMost) return invalid("A promotion names at most 200 products", "/skus");
  if (rule.categories_size() > kPromotionCategoriesMost) {
    return invalid("A promotion names at most 50 categories", "/categories");
  }
  return std::nullopt;
}

Refusal check_time(const Promotion& rule) {
  if (rule.has_valid_to_us() && rule.valid_to_us() <= rule.valid_from_us()) {
    return invalid("A promotion ends after it begins", "/valid_to");
  }
  if (rule.hour_from() >= kHoursPerDay) return invalid("An hour begins at 0 to 23", "/hour_from");
  const bool all_day = rule.hour_from() == 0 && rule.hour_to() == 0;
  if (rule.hour_to() > kHoursPerDay || (!all_day && rule.hour_to() == rule.hour_from())) {
    return invalid("Hours end at 0 to 24, not where they begin", "/hour_to");
  }
  if (rule.weekdays_size() > kDaysPerWeek) return invalid("A week has seven days", "/weekdays");
  for (int i = 0; i < rule.weekdays_size(); ++i) {
    if (rule.weekdays(i) == Promotion::WEEKDAY_UNSPECIFIED || !Promotion::Weekday_IsValid(rule.weekdays(i))) {
      return invalid("Not a day of the week", item_pointer("weekdays", static_cast<std::size_t>(i)));
    }
  }
  return std::nullopt;
}

Refusal check_percent(const Promotion& rule) {
  if (rule.percent_ppm() > 0 && rule.percent_ppm() <= kWholePpm) return std::nullopt;
  return invalid("A percentage is above zero and at most 1000000", "/percent_ppm");
}

Refusal check_money(const schema::Money& amount, bool present, std::string_view pointer) {
  if (!present) return invalid("This kind of promotion has an amount", std::string(pointer));
  return check_amount(amount, pointer);
}

Refusal check_units(std::uint32_t units, std::string_view pointer) {
  if (units > 0 && units <= kPromotionUnitsMost) return std::nullopt;
  return invalid("A bundle is of 1 to 1000 units", std::string(pointer));
}

// A threshold gives an amount or a percentage, not both.
Refusal check_threshold(const Promotion& rule) {
  if (auto refusal = check_money(rule.threshold(), rule.has_threshold(), "/threshold")) return refusal;
  if (!rule.has_amount()) return check_percent(rule);
  if (rule.percent_ppm() != 0) return invalid("A promotion gives an amount or a percentage", "/percent_ppm");
  if (auto refusal = check_amount(rule.amount(), "/amount")) return refusal;
  if (rule.amount().currency() == rule.threshold().currency()) return std::nullopt;
  return reject(schema::CURRENCY_MISMATCH, "Amount and threshold have one currency", "/amount/currency");
}

Refusal check_gift(const Promotion& rule) {
  switch (rule.kind()) {
    case Promotion::PERCENT_OFF:
      return check_percent(rule);
    case Promotion::AMOUNT_OFF:
      return check_money(rule.amount(), rule.has_amount(), "/amount");
    case Promotion::BUY_X_GET_Y:
      if (auto refusal = check_units(rule.buy(), "/buy")) return refusal;
      if (auto refusal = check_units(rule.get(), "/get")) return refusal;
      return check_percent(rule);
    case Promotion::MIX_MATCH:
      if (auto refusal = check_units(rule.buy(), "/buy")) return refusal;
      return check_money(rule.amount(), rule.has_amount(), "/amount");
    case Promotion::THRESHOLD:
      return check_threshold(rule);
    default:
      return invalid("Not a kind of promotion", "/kind");
  }
}

void write_rule(const schema::DefinePromotion& command, Promotion& rule) {
  rule.set_name(command.name());
  rule.set_kind(command.kind());
  *rule.mutable_skus() = command.skus();
  *rule.mutable_categories() = command.categories();
  rule.set_percent_ppm(command.percent_ppm());
  if (command.has_amount()) *rule.mutable_amount() = command.amount();
  rule.set_buy(command.buy());
  rule.set_get(command.get());
  if (command.has_threshold()) *rule.mutable_threshold() = command.threshold();
  rule.set_valid_from_us(command.valid_from_us());
  if (command.has_valid_to_us()) rule.set_valid_to_us(command.valid_to_us());
  rule.set_hour_from(command.hour_from());
  rule.set_hour_to(command.hour_to());
  *rule.mutable_weekdays() = command.weekdays();
  rule.set_customer_group(command.customer_group());
  rule.set_priority(command.priority());
  rule.set_exclusivity_group(command.exclusivity_group());
  rule.set_coupon_only(command.coupon_only());
}

Rejection reject_ended(const std::string& promotion_id) {
  return reject(schema::PROMO_ENDED, "Promotion " + promotion_id + " has ended", "/promotion_id");
}

// One for a group of customers as well: whose group it is, is told when it is applied.
bool applies_by_itself(const Promotion& rule, const PromotionState* known) {
  return !rule.coupon_only() && (known == nullptr || !known->coupon_required());
}

Decision decide_define(const schema::DefinePromotion& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<PromotionState>(kPromotion, command.promotion_id());
  if (known != nullptr && known->ended()) return reject_ended(command.promotion_id());
  const std::uint64_t version = known == nullptr ? 0 : known->version();
  if (auto refusal = check_expected_version(command, version, "Promotion " + command.promotion_id())) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::PROMOTION, command.promotion_id(), schema::Event::kPromotionDefined)
           .mutable_promotion_defined();
  fact.set_promotion_id(command.promotion_id());
  fact.set_version(version + 1);
  write_rule(command, *fact.mutable_promotion());
  if (auto refusal = check_scope(fact.promotion())) return *std::move(refusal);
  if (auto refusal = check_time(fact.promotion())) return *std::move(refusal);
  if (auto refusal = check_gift(fact.promotion())) return *std::move(refusal);
  if (!applies_by_itself(fact.promotion(), known)) {
    unlist_promotion(command.promotion_id(), deciding, accepted);
  } else if (auto refusal = list_promotion(command.promotion_id(), fact.promotion(), deciding, accepted)) {
    return *std::move(refusal);
  }
  set_answer(accepted, deciding).set_promotion_id(command.promotion_id());
  return accepted;
}

Decision decide_end(const schema::EndPromotion& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<PromotionState>(kPromotion, command.promotion_id());
  if (known == nullptr) {
    return reject(schema::PROMO_NOT_FOUND, "No promotion " + command.promotion_id(), "/promotion_id");
  }
  if (known->ended()) return reject_ended(command.promotion_id());
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::PROMOTION, command.promotion_id(), schema::Event::kPromotionEnded)
                    .mutable_promotion_ended();
  fact.set_promotion_id(command.promotion_id());
  fact.set_version(known->version() + 1);
  unlist_promotion(command.promotion_id(), deciding, accepted);
  set_answer(accepted, deciding).set_promotion_id(command.promotion_id());
  return accepted;
}

void evolve_defined(PromotionState& state, const schema::PromotionDefined& fact, const schema::Record&) {
  state.set_promotion_id(fact.promotion_id());
  *state.mutable_promotion() = fact.promotion();
  state.set_version(fact.version());
}

void evolve_ended(PromotionState& state, const schema::PromotionEnded& fact, const schema::Record&) {
  state.set_ended(true);
  state.set_version(fact.version());
}

void evolve_restricted(PromotionState& state, const schema::PromotionRestricted& fact, const schema::Record&) {
  state.set_coupon_required(true);
  state.set_version(fact.version());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::define_promotion, needs_define, decide_define>(Command::kDefinePromotion),
    command_rule<&Command::end_promotion, needs_end, decide_end>(Command::kEndPromotion),
};
constexpr std::array kEvents{
    event_rule<PromotionState, &Event::promotion_defined, evolve_defined>(Event::kPromotionDefined, schema::PROMOTION),
    event_rule<PromotionState, &Event::promotion_ended, evolve_ended>(Event::kPromotionEnded, schema::PROMOTION),
    event_rule<PromotionState, &Event::promotion_restricted, evolve_restricted>(Event::kPromotionRestricted,
                                                                                schema::PROMOTION),
};
constexpr std::array kStates{state_rule<PromotionState>(schema::PROMOTION)};

}  // namespace

const Aggregate& promotion_aggregate() {
  static constexpr Aggregate kAggregate{"promotion", kCommands, kEvents, kStates};
  return kAggregate;
}

void restrict_promotion(const PromotionState& promotion, const std::string& coupon_id, const Deciding& deciding,
                        Acceptance& accepted) {
  if (promotion.coupon_required() || promotion.ended()) return;
  auto& fact = *add_event(accepted, deciding, schema::PROMOTION, promotion.promotion_id(), Event::kPromotionRestricted)
                    .mutable_promotion_restricted();
  fact.set_promotion_id(promotion.promotion_id());
  fact.set_version(promotion.version() + 1);
  fact.set_coupon_id(coupon_id);
  unlist_promotion(promotion.promotion_id(), deciding, accepted);
}

}  // namespace till
