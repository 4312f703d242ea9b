#include "commands/ticket_discounts.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/coupon.h"
#include "commands/money.h"
#include "commands/ticket.h"
#include "commands/ticket_lines.h"
#include "commands/ticket_pricing.h"

namespace till {
namespace {

using schema::TicketChanged;
using schema::TicketDiscount;
using schema::TicketState;

constexpr EntityKind kCoupon = kind_of(schema::COUPON);
constexpr std::uint32_t kWholePpm = 1'000'000;

template <class Command>
void needs_discount(const Command& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  need_session(command.session_id(), out);
}

template <class Command>
void needs_coupon(const Command& command, std::vector<EntityRef>& out) {
  needs_discount(command, out);
  need_coupon(command.coupon_id(), out);
}

Refusal check_worth_of_discount(const schema::ApplyDiscount& command, const TicketState& ticket) {
  if ((command.percent_ppm() != 0) == command.has_amount() || command.percent_ppm() > kWholePpm) {
    return reject(schema::VALIDATION_FAILED, "A discount is a percentage of 1 to 1000000 or an amount", "/percent_ppm");
  }
  if (!command.has_amount()) return std::nullopt;
  if (auto refusal = check_currency(command.amount(), ticket.currency(), "/amount")) return refusal;
  return check_amount(command.amount(), 1, "/amount");
}

// What is left of the line, or of all of them.
std::int64_t left_of(const PricedTicket& priced, const TicketDiscount& discount) {
  if (!discount.has_line_id()) return priced.left;
  for (const PricedLine& line : priced.lines) {
    if (line.line->line_id() == discount.line_id()) return line.left();
  }
  return 0;
}

Refusal check_discount(const TicketState& ticket, const TicketDiscount& discount) {
  PricedTicket priced;
  price_lines(ticket, {}, priced);
  if (discount.has_amount() && discount.amount().amount() > left_of(priced, discount)) {
    return reject(schema::DISCOUNT_EXCEEDS_TOTAL,
                  "The discount is more than what is left of " + std::to_string(left_of(priced, discount)), "/amount");
  }
  TicketState after = ticket;
  *after.add_discounts() = discount;
  return check_discount_floors(ticket, after, discount.has_amount() ? "/amount" : "/percent_ppm");
}

Refusal check_entry(const TicketState& ticket, const schema::ApplyDiscount& command) {
  const auto known = std::ranges::find(ticket.discounts(), command.discount_id(), &TicketDiscount::discount_id);
  if (known != ticket.discounts().end()) {
    return reject(schema::ENTRY_ID_DUPLICATE, "Discount " + command.discount_id() + " is on the ticket already",
                  "/discount_id");
  }
  if (auto refusal = check_room(ticket, ticket.discounts_size(), kTicketDiscountsMost, "/discount_id")) return refusal;
  if (!command.has_line_id()) return std::nullopt;
  int place = 0;
  return find_line(ticket, command.line_id(), "/line_id", place);
}

Decision decide_apply(const schema::ApplyDiscount& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (auto refusal = check_entry(*ticket, command)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::DISCOUNT, deciding.context.recorded_at, accepted,
                               ticket->store_id())) {
    return *std::move(refusal);
  }
  if (auto refusal = check_worth_of_discount(command, *ticket)) return *std::move(refusal);
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSaleDiscountApplied, command.session_id(), accepted);
  TicketDiscount& discount = *fact.mutable_discount();
  discount.set_discount_id(command.discount_id());
  if (command.has_line_id()) discount.set_line_id(command.line_id());
  discount.set_percent_ppm(command.percent_ppm());
  if (command.has_amount()) *discount.mutable_amount() = command.amount();
  fact.set_reason(command.reason());
  if (auto refusal = check_discount(*ticket, discount)) return *std::move(refusal);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Decision decide_remove_discount(const schema::RemoveDiscount& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  const auto found = std::ranges::find(ticket->discounts(), command.discount_id(), &TicketDiscount::discount_id);
  // That of a coupon goes with its coupon.
  if (found == ticket->discounts().end() || found->has_coupon_id()) {
    return reject(schema::DISCOUNT_NOT_FOUND, "The ticket has no discount " + command.discount_id(), "/discount_id");
  }
  Acceptance accepted;
  change_ticket(*ticket, deciding, schema::Event::kSaleDiscountRemoved, command.session_id(), accepted)
      .set_removed_id(command.discount_id());
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

bool has_coupon(const TicketState& ticket, const std::string& coupon_id) {
  return std::ranges::find(ticket.coupon_ids(), coupon_id) != ticket.coupon_ids().end();
}

// What a coupon itself gives; what its promotion gives is counted with all promotions, see ticket_promotions.h.
Refusal write_gift(const schema::CouponState& coupon, const TicketState& ticket, TicketChanged& fact) {
  if (coupon.percent_ppm() == 0 && !coupon.has_amount()) return std::nullopt;
  if (coupon.has_amount() && coupon.amount().currency() != ticket.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "The coupon is worth an amount in " + coupon.amount().currency(),
                  "/coupon_id");
  }
  TicketDiscount& discount = *fact.mutable_discount();
  discount.set_discount_id(coupon.coupon_id());
  discount.set_coupon_id(coupon.coupon_id());
  discount.set_percent_ppm(coupon.percent_ppm());
  if (coupon.has_amount()) *discount.mutable_amount() = coupon.amount();
  return std::nullopt;
}

Refusal check_coupon_entry(const TicketState& ticket, const std::string& coupon_id) {
  const auto same_id = std::ranges::find(ticket.discounts(), coupon_id, &TicketDiscount::discount_id);
  if (has_coupon(ticket, coupon_id) || same_id != ticket.discounts().end()) {
    return reject(schema::ENTRY_ID_DUPLICATE, "Coupon " + coupon_id + " is on the ticket already", "/coupon_id");
  }
  if (auto refusal = check_room(ticket, ticket.coupon_ids_size(), kTicketCouponsMost, "/coupon_id")) return refusal;
  return check_room(ticket, ticket.discounts_size(), kTicketDiscountsMost, "/coupon_id");
}

Decision decide_apply_coupon(const schema::ApplyCoupon& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (auto refusal = check_coupon_entry(*ticket, command.coupon_id())) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSaleCouponApplied, command.session_id(), accepted);
  fact.set_coupon_id(command.coupon_id());
  if (auto refusal = reserve_coupon(deciding, command.coupon_id(), command.sale_id(), "/coupon_id", accepted)) {
    return *std::move(refusal);
  }
  const auto& coupon = *deciding.books.get<schema::CouponState>(kCoupon, command.coupon_id());
  if (auto refusal = write_gift(coupon, *ticket, fact)) return *std::move(refusal);
  answer_ticket(*ticket, deciding, accepted).set_coupon_id(command.coupon_id());
  return accepted;
}

Decision decide_remove_coupon(const schema::RemoveCoupon& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (!has_coupon(*ticket, command.coupon_id())) {
    return reject(schema::COUPON_NOT_FOUND, "The ticket has no coupon " + command.coupon_id(), "/coupon_id");
  }
  Acceptance accepted;
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSaleCouponRemoved, command.session_id(), accepted);
  fact.set_coupon_id(command.coupon_id());
  fact.set_removed_id(command.coupon_id());
  release_coupon(deciding, command.coupon_id(), command.sale_id(), accepted);
  answer_ticket(*ticket, deciding, accepted).set_coupon_id(command.coupon_id());
  return accepted;
}

void erase_discount(TicketState& state, const std::string& discount_id) {
  const auto found = std::ranges::find(state.discounts(), discount_id, &TicketDiscount::discount_id);
  if (found != state.discounts().end()) state.mutable_discounts()->erase(found);
}

void evolve_applied(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  TicketDiscount& discount = *state.add_discounts();
  discount = fact.discount();
  discount.set_reason(fact.reason());
}

void evolve_discount_removed(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  erase_discount(state, fact.removed_id());
}

void evolve_coupon_applied(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.add_coupon_ids(fact.coupon_id());
  if (fact.has_discount()) *state.add_discounts() = fact.discount();
}

void evolve_coupon_removed(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  erase_discount(state, fact.removed_id());
  const auto found = std::ranges::find(state.coupon_ids(), fact.coupon_id());
  if (found != state.coupon_ids().end()) state.mutable_coupon_ids()->erase(found);
}

using schema::Command;
using schema::Event;
constexpr schema::Kind kDiscountStream = schema::TICKET;

constexpr std::array kCommands{
    command_rule<&Command::apply_discount, needs_discount<schema::ApplyDiscount>, decide_apply>(
        Command::kApplyDiscount),
    command_rule<&Command::remove_discount, needs_discount<schema::RemoveDiscount>, decide_remove_discount>(
        Command::kRemoveDiscount),
    command_rule<&Command::apply_coupon, needs_coupon<schema::ApplyCoupon>, decide_apply_coupon>(Command::kApplyCoupon),
    command_rule<&Command::remove_coupon, needs_coupon<schema::RemoveCoupon>, decide_remove_coupon>(
        Command::kRemoveCoupon),
};
constexpr std::array kEvents{
    event_rule<TicketState, &Event::sale_discount_applied, evolve_applied>(Event::kSaleDiscountApplied,
                                                                           kDiscountStream),
    event_rule<TicketState, &Event::sale_discount_removed, evolve_discount_removed>(Event::kSaleDiscountRemoved,
                                                                                    kDiscountStream),
    event_rule<TicketState, &Event::sale_coupon_applied, evolve_coupon_applied>(Event::kSaleCouponApplied,
                                                                                kDiscountStream),
    event_rule<TicketState, &Event::sale_coupon_removed, evolve_coupon_removed>(Event::kSaleCouponRemoved,
                                                                                kDiscountStream),
};

}  // namespace

const Aggregate& ticket_discounts_aggregate() {
  static constexpr Aggregate kAggregate{"ticket_discounts", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
