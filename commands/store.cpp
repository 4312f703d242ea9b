#include "commands/store.h"

#include <array>

#include "commands/amounts.h"

namespace till {
namespace {

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr std::uint32_t kHoursPerDay = 24;
constexpr std::uint32_t kCashRoundingMost = 10'000;
constexpr std::uint32_t kReturnWindowDaysMost = 36'500;
constexpr std::uint32_t kTipToleranceMostPpm = 1'000'000;

void needs_upsert(const schema::UpsertStore& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
}

void needs_policy(const schema::SetStorePolicy& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
}

// "Set up again with the same content" stays accepted: who states no version does not care who was there before.
template <class Command>
Refusal check_store_version(const Command& command, const schema::StoreState* store) {
  return check_expected_version(command, store == nullptr ? 0 : store->version(), "Store " + command.store_id());
}

Decision decide_upsert(const schema::UpsertStore& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (auto refusal = check_store_version(command, known)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::STORE, command.store_id(), schema::Event::kStoreUpserted)
                    .mutable_store_upserted();
  fact.set_store_id(command.store_id());
  fact.set_name(command.name());
  set_answer(accepted, deciding).set_store_id(command.store_id());
  return accepted;
}

// What the store lets cards do, and how it counts taxes.
Refusal check_payment_policy(const schema::SetStorePolicy& command) {
  if (command.has_offline_payment_most()) {
    if (auto refusal = check_amount(command.offline_payment_most(), 0, "/offline_payment_most")) return refusal;
  }
  if (command.has_offline_stored_most()) {
    if (auto refusal = check_amount(command.offline_stored_most(), 0, "/offline_stored_most")) return refusal;
  }
  if (command.tip_tolerance_ppm() > kTipToleranceMostPpm) {
    return reject(schema::VALIDATION_FAILED, "A tolerance is at most 1000000", "/tip_tolerance_ppm");
  }
  if (!schema::StorePolicy::CardGateway_IsValid(command.card_gateway())) {
    return reject(schema::VALIDATION_FAILED, "Not a card gateway", "/card_gateway");
  }
  const schema::TaxPolicy& taxes = command.tax_policy();
  if (schema::TaxPolicy::Scope_IsValid(taxes.scope()) && schema::TaxPolicy::Mode_IsValid(taxes.mode()) &&
      schema::TaxPolicy::Target_IsValid(taxes.inclusive_target())) {
    return std::nullopt;
  }
  return reject(schema::VALIDATION_FAILED, "Not a way to round taxes", "/tax_policy");
}

// What a command states of payments and taxes.
void write_payment_policy(const schema::SetStorePolicy& command, schema::StorePolicy& policy) {
  if (command.has_tax_policy()) *policy.mutable_tax_policy() = command.tax_policy();
  if (command.has_offline_payment_most()) *policy.mutable_offline_payment_most() = command.offline_payment_most();
  if (command.has_offline_stored_most()) *policy.mutable_offline_stored_most() = command.offline_stored_most();
  policy.set_offline_hours_most(command.offline_hours_most());
  policy.set_tip_tolerance_ppm(command.tip_tolerance_ppm());
  policy.set_card_gateway(command.card_gateway());
}

Decision decide_policy(const schema::SetStorePolicy& command, const Deciding& deciding) {
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *std::move(refusal);
  if (auto refusal = check_store_version(command, store)) return *std::move(refusal);
  if (command.stock() == schema::StorePolicy::STOCK_UNSPECIFIED ||
      !schema::StorePolicy::Stock_IsValid(command.stock())) {
    return reject(schema::VALIDATION_FAILED, "Not a stock policy", "/stock");
  }
  if (!deciding.zones.contains(command.time_zone())) {
    return reject(schema::TIME_ZONE_UNKNOWN, "No IANA time zone " + command.time_zone(), "/time_zone");
  }
  if (command.business_day_cutoff_hour() >= kHoursPerDay) {
    return reject(schema::CUTOFF_HOUR_INVALID, "The cut-off hour is 0 to 23", "/business_day_cutoff_hour");
  }
  if (command.has_variance_limit()) {
    if (auto refusal = check_amount(command.variance_limit(), 0, "/variance_limit")) return *std::move(refusal);
  }
  if (command.cash_rounding() > kCashRoundingMost) {
    return reject(schema::VALIDATION_FAILED, "Cash is rounded to at most 10,000 minor units", "/cash_rounding");
  }
  if (command.has_unlinked_return_limit()) {
    if (auto refusal = check_amount(command.unlinked_return_limit(), 0, "/unlinked_return_limit")) {
      return *std::move(refusal);
    }
  }
  if (command.return_window_days() > kReturnWindowDaysMost) {
    return reject(schema::VALIDATION_FAILED, "A return window has at most 36,500 days", "/return_window_days");
  }
  if (auto refusal = check_payment_policy(command)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::STORE, command.store_id(), schema::Event::kStorePolicySet)
                    .mutable_store_policy_set();
  fact.set_store_id(command.store_id());
  fact.mutable_policy()->set_stock(command.stock());
  fact.mutable_policy()->set_time_zone(command.time_zone());
  schema::StorePolicy& policy = *fact.mutable_policy();
  policy.set_business_day_cutoff_hour(command.business_day_cutoff_hour());
  policy.set_require_shift(command.require_shift());
  policy.set_require_session(command.require_session());
  policy.set_blind_count(command.blind_count());
  if (command.has_variance_limit()) *policy.mutable_variance_limit() = command.variance_limit();
  policy.set_cash_rounding(command.cash_rounding());
  policy.set_return_window_days(command.return_window_days());
  if (command.has_unlinked_return_limit()) {
    *policy.mutable_unlinked_return_limit() = command.unlinked_return_limit();
  }
  write_payment_policy(command, policy);
  policy.set_require_open_day(command.require_open_day());
  set_answer(accepted, deciding).set_store_id(command.store_id());
  return accepted;
}

void evolve_upserted(schema::StoreState& state, const schema::StoreUpserted& fact, const schema::Record&) {
  state.set_name(fact.name());
  state.set_version(state.version() + 1);
}

void evolve_policy(schema::StoreState& state, const schema::StorePolicySet& fact, const schema::Record&) {
  *state.mutable_policy() = fact.policy();
  state.set_version(state.version() + 1);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::upsert_store, needs_upsert, decide_upsert>(Command::kUpsertStore),
    command_rule<&Command::set_store_policy, needs_policy, decide_policy>(Command::kSetStorePolicy),
};
constexpr std::array kEvents{
    event_rule<schema::StoreState, &Event::store_upserted, evolve_upserted>(Event::kStoreUpserted, schema::STORE),
    event_rule<schema::StoreState, &Event::store_policy_set, evolve_policy>(Event::kStorePolicySet, schema::STORE),
};
constexpr std::array kStates{state_rule<schema::StoreState>(schema::STORE)};

}  // namespace

const Aggregate& store_aggregate() {
  static constexpr Aggregate kAggregate{"store", kCommands, kEvents, kStates};
  return kAggregate;
}

schema::StorePolicy::Stock stock_rule(const schema::StoreState& store) {
  const schema::StorePolicy::Stock stock = store.policy().stock();
  return stock == schema::StorePolicy::STOCK_UNSPECIFIED ? schema::StorePolicy::DENY : stock;
}

BusinessTime business_time_of(const schema::StoreState& store, Micros at, const ZoneTables& zones) {
  if (!store.has_policy()) return business_time(at, nullptr, 0);
  // A zone that the tables have lost since the policy was set counts as UTC: what was decided stands frozen in events.
  const auto zone = zones.find(store.policy().time_zone());
  return business_time(at, zone == zones.end() ? nullptr : &zone->second, store.policy().business_day_cutoff_hour());
}

Refusal find_store(BooksReader& books, std::string_view store_id, std::string_view pointer,
                   const schema::StoreState*& store) {
  store = books.get<schema::StoreState>(kStore, store_id);
  if (store != nullptr) return std::nullopt;
  return reject(schema::STORE_NOT_FOUND, "No store " + std::string(store_id), std::string(pointer));
}

void set_business_date(Acceptance& acceptance, const Deciding& deciding, const schema::StoreState& store) {
  acceptance.business_date = business_time_of(store, deciding.context.recorded_at, deciding.zones).business_date;
}

}  // namespace till
