#include "commands/tax_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/document.h"

namespace till {
namespace {

using schema::TaxRule;
using schema::TaxState;

constexpr EntityKind kTax = kind_of(schema::TAX);
constexpr std::string_view kDefine = "define_tax";

void needs_define(const schema::DefineTax& command, std::vector<EntityRef>& out) {
  need_document(kDefine, command.tax_id(), out);
  out.push_back({kTax, command.tax_code()});
}

Refusal check_rule(const schema::DefineTax& command) {
  if (command.rate_ppm() > kTaxRateMostPpm) {
    return reject(schema::VALIDATION_FAILED, "A rate is at most " + std::to_string(kTaxRateMostPpm), "/rate_ppm");
  }
  if (command.kind() == TaxRule::KIND_UNSPECIFIED || !TaxRule::Kind_IsValid(command.kind())) {
    return reject(schema::VALIDATION_FAILED, "Not a kind of tax", "/kind");
  }
  if (command.phase() == TaxRule::PHASE_UNSPECIFIED || !TaxRule::Phase_IsValid(command.phase())) {
    return reject(schema::VALIDATION_FAILED, "Not a phase of taxes", "/phase");
  }
  return std::nullopt;
}

// Whether the rate has begun to hold anywhere on earth: local dates run at most this far ahead of UTC.
bool has_begun(std::int32_t valid_from, Micros now) {
  constexpr std::int64_t kAheadMostUs = 14LL * 3'600 * 1'000'000;
  return valid_from <= business_time(Micros(now.value() + kAheadMostUs), nullptr, 0).business_date;
}

bool same_rule(const TaxRule& a, const TaxRule& b) {
  return a.rate_ppm() == b.rate_ppm() && a.kind() == b.kind() && a.phase() == b.phase() &&
         a.jurisdiction() == b.jurisdiction();
}

// A rate that lies in the future may be replaced; one that has begun stands, since sales were taxed by it.
Refusal check_place(const std::string& tax_code, const TaxRule& rule, const TaxState& state, Micros now) {
  const auto same_day = std::ranges::find(state.rules(), rule.valid_from(), &TaxRule::valid_from);
  if (same_day != state.rules().end()) {
    if (same_rule(*same_day, rule) || !has_begun(rule.valid_from(), now)) return std::nullopt;
    return reject(schema::TAX_OVERLAP,
                  "Tax " + tax_code + " has another rate from " + std::to_string(rule.valid_from()), "/valid_from");
  }
  if (state.rules_size() < kTaxRulesMost) return std::nullopt;
  return reject(schema::CATALOG_LIMIT_REACHED, "A tax has at most " + std::to_string(kTaxRulesMost) + " rates",
                "/tax_code");
}

Decision decide_define(const schema::DefineTax& command, const Deciding& deciding) {
  if (auto known = decide_booked(deciding, kDefine, command.tax_id(), "/tax_id")) return *std::move(known);
  if (auto refusal = check_rule(command)) return *std::move(refusal);
  Acceptance accepted;
  book_document(accepted, deciding, kDefine, command.tax_id());
  auto& fact =
      *add_event(accepted, deciding, schema::TAX, command.tax_code(), schema::Event::kTaxDefined).mutable_tax_defined();
  fact.set_tax_id(command.tax_id());
  fact.set_tax_code(command.tax_code());
  TaxRule& rule = *fact.mutable_rule();
  rule.set_rate_ppm(command.rate_ppm());
  rule.set_kind(command.kind());
  rule.set_phase(command.phase());
  rule.set_jurisdiction(command.jurisdiction());
  rule.set_valid_from(command.valid_from());
  const auto* known = deciding.books.get<TaxState>(kTax, command.tax_code());
  const TaxState& state = known == nullptr ? TaxState::default_instance() : *known;
  if (auto refusal = check_place(command.tax_code(), rule, state, deciding.context.recorded_at))
    return *std::move(refusal);
  auto& answer = set_answer(accepted, deciding);
  answer.set_tax_id(command.tax_id());
  answer.set_tax_code(command.tax_code());
  return accepted;
}

void evolve_defined(TaxState& state, const schema::TaxDefined& fact, const schema::Record&) {
  state.set_tax_code(fact.tax_code());
  auto& rules = *state.mutable_rules();
  const auto same_day = std::ranges::find(rules, fact.rule().valid_from(), &TaxRule::valid_from);
  if (same_day != rules.end()) {
    *same_day = fact.rule();
    return;
  }
  *rules.Add() = fact.rule();
  for (int i = rules.size() - 1; i > 0 && rules[i - 1].valid_from() > rules[i].valid_from(); --i) {
    rules.SwapElements(i - 1, i);
  }
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{command_rule<&Command::define_tax, needs_define, decide_define>(Command::kDefineTax)};
constexpr std::array kEvents{
    event_rule<TaxState, &Event::tax_defined, evolve_defined>(Event::kTaxDefined, schema::TAX),
};
constexpr std::array kStates{state_rule<TaxState>(schema::TAX)};

}  // namespace

const Aggregate& tax_table_aggregate() {
  static constexpr Aggregate kAggregate{"tax_table", kCommands, kEvents, kStates};
  return kAggregate;
}

const schema::TaxRule* tax_rate_at(const schema::TaxState& state, std::int32_t local_date) {
  const TaxRule* last = nullptr;
  for (const TaxRule& rule : state.rules()) {
    if (rule.valid_from() <= local_date) last = &rule;
  }
  return last;
}

const schema::TaxRule* tax_rate_at(const schema::TaxState& state, const schema::StoreState& store, Micros at,
                                   const ZoneTables& zones) {
  const auto zone = zones.find(store.policy().time_zone());
  return tax_rate_at(state, business_time(at, zone == zones.end() ? nullptr : &zone->second, 0).business_date);
}

}  // namespace till
