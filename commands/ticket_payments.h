// Payments that an open ticket counts on: the only way in which a payment and a ticket meet before the sale. The sixth
// file of the ticket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

const Aggregate& ticket_payments_aggregate();

// For needs(): what find_payable() and add_ticket_payment() look at, as far as the command tells.
void need_payable(std::string_view sale_id, std::vector<EntityRef>& out);

// The ticket of a payment that is to be recorded, into `ticket`: null where no ticket has that sale id. At /sale_id:
// SALE_NOT_OPEN, SALE_OWNED_ELSEWHERE (open at another terminal), CURRENCY_MISMATCH, TICKET_LIMIT.
Refusal find_payable(const Deciding& deciding, const std::string& sale_id, const std::string& terminal_id,
                     const std::string& currency, const schema::TicketState*& ticket);

// Counts the payment on the ticket; one that is there already from here on with these amounts. The first one freezes
// what promotions give, and holds the ticket's coupons anew.
void add_ticket_payment(const schema::TicketState& ticket, const schema::TicketPayment& payment,
                        std::string_view session_id, const Deciding& deciding, Acceptance& accepted);

// Takes the payment off the open ticket that it stands on, where there is one.
void drop_ticket_payment(const schema::PaymentState& payment, const Deciding& deciding, Acceptance& accepted);

// Where the payment stands on an open ticket: it is of another amount now.
void change_ticket_payment(const schema::PaymentState& payment, std::int64_t amount, const Deciding& deciding,
                           Acceptance& accepted);

}  // namespace till
