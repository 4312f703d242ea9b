#include "api/due_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/validation.h"
#include "commands/rules.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

using google::protobuf::Message;
using schema::Event;

using Dues = std::vector<Due>;

void add_due(DueKind kind, std::string_view tenant, std::string_view id, std::string_view part, std::int64_t at_us,
             Dues& out) {
  if (at_us == 0) return;
  out.push_back({Micros(at_us), kind, std::string(tenant), std::string(id), std::string(part)});
}

// --- what an entity says

void read_reservation(std::string_view tenant, std::string_view id, const Message& state, Dues& out) {
  const auto& reservation = static_cast<const schema::ReservationState&>(state);
  if (reservation.status() != schema::Reservation::ACTIVE) return;
  add_due(DueKind::kReservation, tenant, id, {}, reservation.expires_at_us(), out);
}

void read_coupon(std::string_view tenant, std::string_view id, const Message& state, Dues& out) {
  for (const auto& held : static_cast<const schema::CouponState&>(state).reservations()) {
    add_due(DueKind::kCouponReservation, tenant, id, held.sale_id(), held.expires_at_us(), out);
  }
}

void read_gift_card(std::string_view tenant, std::string_view id, const Message& state, Dues& out) {
  for (const auto& hold : static_cast<const schema::GiftCardState&>(state).holds()) {
    add_due(DueKind::kGiftCardHold, tenant, id, hold.hold_id(), hold.expires_at_us(), out);
  }
}

void read_loyalty(std::string_view tenant, std::string_view id, const Message& state, Dues& out) {
  for (const auto& lot : static_cast<const schema::LoyaltyState&>(state).lots()) {
    add_due(DueKind::kPoints, tenant, id, {}, lot.expires_at_us(), out);
  }
}

void read_store_credit(std::string_view tenant, std::string_view id, const Message& state, Dues& out) {
  for (const auto& lot : static_cast<const schema::StoreCreditState&>(state).lots()) {
    add_due(DueKind::kStoreCredit, tenant, id, {}, lot.expires_at_us(), out);
  }
}

// --- what ends it

void end_reservation(const Due& due, schema::Command& command) {
  command.mutable_expire_reservation()->set_reservation_id(due.id);
}

void end_coupon_reservation(const Due& due, schema::Command& command) {
  schema::ReleaseCoupon& release = *command.mutable_release_coupon();
  release.set_coupon_id(due.id);
  release.set_sale_id(due.part);
  release.set_only_due(true);
}

void end_hold(const Due& due, schema::Command& command) {
  command.mutable_release_gift_card_hold()->set_gift_card_id(due.id);
  command.mutable_release_gift_card_hold()->set_hold_id(due.part);
}

void end_points(const Due& due, schema::Command& command) {
  command.mutable_expire_points()->set_customer_id(due.id);
  command.mutable_expire_points()->set_store_id(due.part);
}

void end_timecard(const Due& due, schema::Command& command) {
  command.mutable_clock_out()->set_employee_id(due.id);
  command.mutable_clock_out()->set_at_us(due.at.value());
}

void end_store_credit(const Due& due, schema::Command& command) {
  command.mutable_expire_due_store_credit()->set_customer_id(due.id);
  command.mutable_expire_due_store_credit()->set_store_id(due.part);
}

// What is a customer's everywhere: that of one moment is ended together, whatever store it counts for.
bool is_of_all_stores(DueKind kind) {
  return kind == DueKind::kPoints || kind == DueKind::kStoreCredit;
}

struct DueRule {
  DueKind kind;
  std::string_view name;  // in the idempotency key, for ever
  schema::Kind entity;
  void (*read)(std::string_view tenant, std::string_view id, const Message& state, Dues& out);  // null: see read_state
  void (*end)(const Due& due, schema::Command& command);
};

// In the order of DueKind.
constexpr std::array kDueRules{
    DueRule{DueKind::kReservation, "reservation", schema::RESERVATION, read_reservation, end_reservation},
    DueRule{DueKind::kCouponReservation, "coupon", schema::COUPON, read_coupon, end_coupon_reservation},
    DueRule{DueKind::kGiftCardHold, "gift_card_hold", schema::GIFT_CARD, read_gift_card, end_hold},
    DueRule{DueKind::kPoints, "points", schema::LOYALTY, read_loyalty, end_points},
    DueRule{DueKind::kTimecard, "timecard", schema::TIMECARD, nullptr, end_timecard},
    DueRule{DueKind::kStoreCredit, "store_credit", schema::STORE_CREDIT_ACCOUNT, read_store_credit, end_store_credit},
};

const DueRule& due_rule_of(DueKind kind) {
  return kDueRules[static_cast<std::size_t>(kind)];
}

// The first moment after `at` that belongs to another business day; days have at most 25 hours.
Micros day_end(Micros at, const ZoneTable* zone, std::uint32_t cutoff_hour) {
  constexpr std::int64_t kLongestDayUs = 26LL * 3'600 * 1'000'000;
  const std::int32_t day = business_time(at, zone, cutoff_hour).business_date;
  std::int64_t before = at.value();
  std::int64_t after = at.value() + kLongestDayUs;
  while (after - before > 1) {
    const std::int64_t middle = before + (after - before) / 2;
    (business_time(Micros(middle), zone, cutoff_hour).business_date == day ? before : after) = middle;
  }
  return Micros(after);
}

}  // namespace

std::span<const EntityKind> DueRules::kinds() {
  static const std::array<EntityKind, kDueRules.size() + 1> kKinds = [] {
    std::array<EntityKind, kDueRules.size() + 1> all{kind_of(schema::STORE)};
    for (std::size_t i = 0; i < kDueRules.size(); ++i) all[i + 1] = kind_of(kDueRules[i].entity);
    return all;
  }();
  return kKinds;
}

bool DueRules::concerns(std::uint32_t event_type) {
  switch (static_cast<Event::EventCase>(event_type)) {
    case Event::kStoreUpserted:
    case Event::kStorePolicySet:
    case Event::kReservationMade:
    case Event::kCouponReserved:
    case Event::kGiftCardHeld:
    case Event::kPointsEarned:
    case Event::kPointsAdjusted:
    case Event::kPointsRestored:
    case Event::kRewardDeleted:
    case Event::kTimecardOpened:
    case Event::kStoreCreditIssued:
      return true;
    default:
      return false;
  }
}

void DueRules::take_store(std::string_view tenant, std::string_view store_id, const schema::StorePolicy* policy) {
  auto known = stores_.find(tenant);
  if (known == stores_.end()) known = stores_.try_emplace(std::string(tenant)).first;
  StoreClock& clock = known->second[std::string(store_id)];
  if (policy == nullptr) return;
  clock = {true, policy->time_zone(), policy->business_day_cutoff_hour()};
}

std::string DueRules::first_store(std::string_view tenant) const {
  const auto known = stores_.find(tenant);
  return known == stores_.end() ? std::string() : known->second.begin()->first;
}

// A store that has not said when its day ends clocks nobody out.
void DueRules::add_timecard(std::string_view tenant, std::string_view employee_id, const std::string& store_id,
                            std::int64_t opened_at_us, std::int64_t changed_at_us, Dues& out) const {
  const auto known = stores_.find(tenant);
  if (known == stores_.end()) return;
  const auto store = known->second.find(store_id);
  if (store == known->second.end() || !store->second.set) return;
  const auto zone = zones_.find(store->second.time_zone);
  const Micros end =
      day_end(Micros(opened_at_us), zone == zones_.end() ? nullptr : &zone->second, store->second.cutoff_hour);
  // A card that was still used after the day had ended is closed as of then.
  add_due(DueKind::kTimecard, tenant, employee_id, {}, std::max(end.value(), changed_at_us), out);
}

void DueRules::read_state(std::string_view tenant, EntityKind kind, std::string_view id, const Message& state,
                          Dues& out) {
  if (kind == kind_of(schema::STORE)) {
    const auto& store = static_cast<const schema::StoreState&>(state);
    return take_store(tenant, id, store.has_policy() ? &store.policy() : nullptr);
  }
  if (kind == kind_of(schema::TIMECARD)) {
    const auto& card = static_cast<const schema::TimecardState&>(state);
    if (card.status() == schema::TimecardState::CLOSED) return;
    return add_timecard(tenant, id, card.store_id(), card.opened_at_us(), card.changed_at_us(), out);
  }
  for (const DueRule& rule : kDueRules) {
    if (rule.read != nullptr && kind_of(rule.entity) == kind) rule.read(tenant, id, state, out);
  }
}

void DueRules::read_event(std::string_view tenant, const Event& event, Dues& out) {
  const auto add_points = [&](const schema::PointsMoved& e) {
    if (e.points() > 0) add_due(DueKind::kPoints, tenant, e.customer_id(), e.store_id(), e.expires_at_us(), out);
  };
  switch (int{event.event_case()}) {
    case Event::kStoreUpserted:
      return take_store(tenant, event.store_upserted().store_id(), nullptr);
    case Event::kStorePolicySet:
      return take_store(tenant, event.store_policy_set().store_id(), &event.store_policy_set().policy());
    case Event::kReservationMade: {
      const auto& e = event.reservation_made();
      return add_due(DueKind::kReservation, tenant, e.reservation_id(), {}, e.expires_at_us(), out);
    }
    case Event::kCouponReserved: {
      const auto& e = event.coupon_reserved();
      return add_due(DueKind::kCouponReservation, tenant, e.coupon_id(), e.sale_id(), e.expires_at_us(), out);
    }
    case Event::kGiftCardHeld: {
      const auto& e = event.gift_card_held();
      return add_due(DueKind::kGiftCardHold, tenant, e.gift_card_id(), e.hold_id(), e.expires_at_us(), out);
    }
    case Event::kPointsEarned:
      return add_points(event.points_earned());
    case Event::kPointsAdjusted:
      return add_points(event.points_adjusted());
    case Event::kPointsRestored:
      return add_points(event.points_restored());
    case Event::kRewardDeleted:
      return add_points(event.reward_deleted());
    case Event::kStoreCreditIssued: {
      const auto& e = event.store_credit_issued();
      return add_due(DueKind::kStoreCredit, tenant, e.customer_id(), e.store_id(), e.expires_at_us(), out);
    }
    case Event::kTimecardOpened: {
      const auto& e = event.timecard_opened();
      return add_timecard(tenant, e.employee_id(), e.store_id(), e.opened_at_us(), e.opened_at_us(), out);
    }
  }
}

std::unique_ptr<schema::Command> DueRules::command_for(const Due& due) const {
  Due whole = due;
  if (is_of_all_stores(due.kind) && due.part.empty()) {
    whole.part = first_store(due.tenant);
    if (whole.part.empty()) return nullptr;
  }
  auto command = std::make_unique<schema::Command>();
  due_rule_of(due.kind).end(whole, *command);
  return command;
}

std::string DueRules::key_of(const Due& due) {
  const std::string_view name = due_rule_of(due.kind).name;
  const std::string at = std::to_string(due.at.value());
  if (is_of_all_stores(due.kind) || due.part.empty()) return own_key({"timer", name, due.id, at});
  return own_key({"timer", name, due.id, due.part, at});
}

}  // namespace till
