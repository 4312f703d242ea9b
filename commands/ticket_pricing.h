// What an open ticket comes to: its lines with what promotions and discounts take off them, its taxes by the tax table,
// its charges and its tip. The same figures make the sale when it is completed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "commands/rules.h"
#include "commands/tax.h"
#include "commands/ticket_promotions.h"

namespace till {

// A line that is charged.
struct PricedLine {
  const schema::TicketLine* line = nullptr;
  std::int64_t gross = 0;
  std::int64_t discount = 0;
  std::int64_t included_tax = 0;  // part of gross - discount
  std::int64_t tax = 0;           // its share of the taxes, 0 where it is exempt

  std::int64_t left() const { return gross - discount; }
};

struct PricedTicket {
  std::vector<PricedLine> lines;  // those that are not voided, in their order
  AppliedPromotions promotions;   // part of the lines' discounts
  std::vector<schema::TaxRow> taxes;
  std::int64_t left = 0;  // of all lines, after discounts
  std::int64_t total = 0;
  // Parts of the lines' discounts, each counted once; the rest was given on lines.
  std::int64_t sale_discount = 0;
  std::int64_t employee_discount = 0;
  std::int64_t coupon_discount = 0;
};

// Lines, promotions and discounts alone: promotions first, then the discounts of lines, then what is of the whole sale,
// each taken off what those before have left (I9). A discount is never more than that.
void price_lines(const schema::TicketState& ticket, const AppliedPromotions& promotions, PricedTicket& priced);

// The same with the promotions of now.
void price_promoted(const Deciding& deciding, const schema::TicketState& ticket, const schema::StoreState& store,
                    PricedTicket& priced);

// The whole. TAX_RATE_MISSING at `pointer` where the table has no rate for a line's code today in the store, unless the
// ticket is exempt and nothing is taxed. An exempt buyer does not pay the tax in a price that includes it.
Refusal price_ticket(const Deciding& deciding, const schema::TicketState& ticket, const schema::StoreState& store,
                     std::string_view pointer, PricedTicket& priced);

// Lines of a ticket and their gross, which is counted up to kAmountMost.
struct LineSum {
  std::uint32_t count = 0;
  std::int64_t amount = 0;
};
LineSum voided_lines(const schema::TicketState& ticket);
LineSum standing_lines(const schema::TicketState& ticket);

// Charges and tip.
std::int64_t beside_lines(const schema::TicketState& ticket);

// What recorded payments have paid: tendered less change.
struct TicketPaid {
  std::int64_t cash = 0;
  std::int64_t otherwise = 0;
  std::int64_t change = 0;
  std::int64_t cash_rounding = 0;
};
TicketPaid paid_of(const schema::TicketState& ticket);

// Answers what the ticket comes to once `accepted` has happened, and what of that is to be paid, less than nothing
// where too much was. Neither of a ticket that has ended, or that has a line whose tax code has no rate.
void write_due(std::string_view sale_id, const Deciding& deciding, const Acceptance& accepted, schema::Answer& answer);

// What discounts leave of each line that they touch is at or above the lowest price of its product. `before` and
// `after` are the ticket before and after a command; what was too cheap before it is not its doing. The prices of lines
// are checked by themselves, and what promotions and coupons give is the tenant's own will.
Refusal check_discount_floors(const schema::TicketState& before, const schema::TicketState& after,
                              std::string_view pointer);

}  // namespace till
