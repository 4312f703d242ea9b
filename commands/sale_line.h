// What a till states of a line beside its price: serial, batch, age check, and the taxes where it has counted them by
// line. The invariants I9 and I10 are kept here for those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "commands/rules.h"

namespace till {

// Fills the details and the net of a line whose gross and discount stand. TAX_ROWS_INVALID where the tax in its price
// is more than the price, CURRENCY_MISMATCH where it is of another currency.
Refusal take_line_details(const schema::RingUpSale::Line& stated, std::size_t index, const std::string& currency,
                          schema::SaleCompleted::Line& line);

// Taxes of the second phase are charged on those of the first as well, which a till tells only where it states what
// each line bears.
std::int64_t most_taxable(const schema::RingUpSale& command, const schema::SaleCompleted& sale);

// The lines' own shares of the taxes in place of what was shared out, where the command states them: of every line, in
// the sale's currency, not negative, and in sum the sale's tax. TAX_ROWS_INVALID or CURRENCY_MISMATCH otherwise.
Refusal take_line_taxes(const schema::RingUpSale& command, schema::SaleCompleted& sale);

}  // namespace till
