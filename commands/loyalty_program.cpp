#include "commands/loyalty_program.h"

#include <array>

#include "commands/loyalty_points.h"
#include "commands/product.h"

namespace till {
namespace {

using schema::LoyaltyProgramState;

constexpr EntityKind kProgram = kind_of(schema::LOYALTY_PROGRAM);
constexpr std::string_view kOnly = "default";

constexpr std::int64_t kDayUs = 24LL * 3'600 * 1'000'000;
constexpr std::uint32_t kExpiryDaysMost = 36'500;
constexpr std::int64_t kRateMostE5 = 100'000'000'000;  // a million points a unit
constexpr int kPriceDecimals = 4;
constexpr Wide kE5 = 100'000;

Wide power_of_ten(int exponent) {
  Wide power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

int exponent_of(const LoyaltyProgramState& program) {
  return currency_exponent(program.point_value().currency()).value_or(0);
}

void needs_set(const schema::SetLoyaltyProgram&, std::vector<EntityRef>& out) {
  need_loyalty_program(out);
}

Refusal check_program(const schema::SetLoyaltyProgram& command) {
  if (command.points_per_unit_e5() <= 0 || command.points_per_unit_e5() > kRateMostE5) {
    return reject(schema::VALIDATION_FAILED, "A unit earns more than 0 and at most 10^6 points", "/points_per_unit");
  }
  if (command.expiry_days() > kExpiryDaysMost) {
    return reject(schema::VALIDATION_FAILED, "Points last at most 36500 days", "/expiry_days");
  }
  if (command.minimum_redemption() < 0 || command.minimum_redemption() > kPointsMost) {
    return reject(schema::POINTS_INVALID, "A minimum is not negative and at most 10^15", "/minimum_redemption");
  }
  return std::nullopt;
}

Decision decide_set(const schema::SetLoyaltyProgram& command, const Deciding& deciding) {
  if (auto refusal = check_program(command)) return *std::move(refusal);
  std::int64_t value_e4 = 0;
  if (auto refusal = read_price(command.point_value(), "/point_value", value_e4)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::LOYALTY_PROGRAM, std::string(kOnly), schema::Event::kLoyaltyProgramSet)
           .mutable_loyalty_program_set();
  fact.set_points_per_unit_e5(command.points_per_unit_e5());
  fact.set_point_value_e4(value_e4);
  fact.set_currency(command.point_value().currency());
  fact.set_expiry_days(command.expiry_days());
  fact.set_minimum_redemption(command.minimum_redemption());
  *fact.mutable_stated_value() = command.point_value();
  set_answer(accepted, deciding);
  return accepted;
}

void evolve_set(LoyaltyProgramState& state, const schema::LoyaltyProgramSet& fact, const schema::Record&) {
  state.set_points_per_unit_e5(fact.points_per_unit_e5());
  *state.mutable_point_value() = fact.stated_value();
  state.set_point_value_e4(fact.point_value_e4());
  state.set_expiry_days(fact.expiry_days());
  state.set_minimum_redemption(fact.minimum_redemption());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::set_loyalty_program, needs_set, decide_set>(Command::kSetLoyaltyProgram),
};
constexpr std::array kEvents{
    event_rule<LoyaltyProgramState, &Event::loyalty_program_set, evolve_set>(Event::kLoyaltyProgramSet,
                                                                             schema::LOYALTY_PROGRAM),
};
constexpr std::array kStates{state_rule<LoyaltyProgramState>(schema::LOYALTY_PROGRAM)};

}  // namespace

const Aggregate& loyalty_program_aggregate() {
  static constexpr Aggregate kAggregate{"loyalty_program", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_loyalty_program(std::vector<EntityRef>& out) {
  out.push_back({kProgram, std::string(kOnly)});
}

const LoyaltyProgramState* loyalty_program(BooksReader& books) {
  return books.get<LoyaltyProgramState>(kProgram, kOnly);
}

// Both within their bounds: 10^15 x 10^11, and 10^15 x 10^17 below, fit 128 bits.
Wide points_for(const LoyaltyProgramState& program, std::int64_t amount) {
  return static_cast<Wide>(amount) * program.points_per_unit_e5() / (kE5 * power_of_ten(exponent_of(program)));
}

Wide value_of(const LoyaltyProgramState& program, std::int64_t points) {
  return static_cast<Wide>(points) * program.point_value_e4() / power_of_ten(kPriceDecimals - exponent_of(program));
}

std::int64_t points_expiry(const LoyaltyProgramState* program, Micros at) {
  if (program == nullptr || program->expiry_days() == 0) return 0;
  return (at.value() / kDayUs + program->expiry_days() + 1) * kDayUs;
}

}  // namespace till
