// What an open ticket comes to: its lines with their discounts, its taxes by the tax table, its charges and its tip.
// The same figures make the sale when it is completed.
#pragma once

#include <cstdint>
#include <vector>

#include "commands/rules.h"
#include "commands/tax.h"

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
  std::vector<schema::TaxRow> taxes;
  std::int64_t left = 0;  // of all lines, after discounts
  std::int64_t total = 0;
};

// Lines and discounts alone: lines first, then what is of the whole sale, each taken off what those before have left
// (I9). A discount is never more than that.
void price_lines(const schema::TicketState& ticket, PricedTicket& priced);

// The whole. TAX_RATE_MISSING at `pointer` where the table has no rate for a line's code today in the store, unless the
// ticket is exempt and nothing is taxed. An exempt buyer does not pay the tax in a price that includes it.
Refusal price_ticket(const Deciding& deciding, const schema::TicketState& ticket, const schema::StoreState& store,
                     std::string_view pointer, PricedTicket& priced);

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

}  // namespace till
