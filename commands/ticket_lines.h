// Lines of a ticket: added at the price of the list or the catalogue, changed, voided, charged or taxed otherwise. The
// second file of the ticket.
#pragma once

#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& ticket_lines_aggregate();

// The line, into `place`: LINE_NOT_FOUND, or LINE_ALREADY_VOIDED, at `pointer`.
Refusal find_line(const schema::TicketState& ticket, std::string_view line_id, std::string_view pointer, int& place);

}  // namespace till
