// Payments of cash and cards, recorded here and made elsewhere. Stream: payment/<payment_id>. What cards do stands in
// payment_card.h, cash on a ticket in payment_cash.h, payments taken offline in payment_offline.h, refunds in
// payment_refund.h, what a card gateway is asked in payment_gateway.h. The numbers P1 to P5 of the domain catalogue are
// kept in these files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

const Aggregate& payment_aggregate();

// For needs().
void need_payment(std::string_view payment_id, std::vector<EntityRef>& out);

// Null where there is none.
const schema::PaymentState* find_payment(const Deciding& deciding, std::string_view payment_id);

// PAYMENT_NOT_FOUND at /payment_id, or the payment.
Refusal get_payment(const Deciding& deciding, std::string_view payment_id, const schema::PaymentState*& payment);

// What a command leads to whose payment id is taken: its first result where the content is the same, so that a double
// click pays once, else PAYMENT_ID_REUSED at `pointer`. Nothing where the id is new.
std::optional<Decision> decide_paid(const Deciding& deciding, std::string_view payment_id, std::string_view pointer);

// A new event of the payment, with its ids and its currency; the rest is the caller's to fill in. `event` is a member
// of the type PaymentMoved.
schema::PaymentMoved& move_payment(const schema::PaymentState& payment, const Deciding& deciding,
                                   schema::Event::EventCase event, Acceptance& accepted);

// The answer with the payment's id.
schema::Answer& answer_payment(std::string_view payment_id, const Deciding& deciding, Acceptance& accepted);

// For the settlement of sales: takes the payment for the tender, once. At `pointer`: PAYMENT_NOT_FOUND,
// PAYMENT_NOT_APPROVED (neither approved nor captured), PAYMENT_ALREADY_USED (also meant for another sale),
// PAYMENT_AMOUNT_MISMATCH (another amount or type), CURRENCY_MISMATCH.
Refusal use_payment(const Deciding& deciding, const schema::SaleCompleted& sale,
                    const schema::SaleCompleted::Payment& tender, std::string_view pointer, Acceptance& accepted);

// What a void does to a payment of its sale: cash went back with it, an authorization may be voided now, and what is
// captured is due for a refund.
void release_payment(const Deciding& deciding, std::string_view payment_id, Acceptance& accepted);

// For returns: gives a part of a captured payment back at once. At `pointer`: PAYMENT_NOT_FOUND, PAYMENT_NOT_REFUNDABLE
// (never captured), REFUND_ALREADY_PENDING (P5), CURRENCY_MISMATCH, REFUND_AMOUNT_INVALID (P3: more than is left),
// GATEWAY_REQUEST_PENDING.
// `document_id` is that of the return. `deciding` sees what the decision has decided so far.
Refusal refund_payment(const Deciding& deciding, std::string_view payment_id, std::int64_t amount,
                       std::string_view currency, std::string_view document_id, std::string_view pointer,
                       Acceptance& accepted);

// Whether `amount` can be given back now: the refusals of refund_payment() but PAYMENT_NOT_FOUND, the amount's at
// `amount_pointer`.
Refusal check_refund(const schema::PaymentState& payment, std::int64_t amount, std::string_view currency,
                     std::string_view pointer, std::string_view amount_pointer);

// What a payment has brought and not given back: of cash, less change.
std::int64_t refundable_of(const schema::PaymentState& payment);

// For evolve: what an event that begins a payment tells of it.
void begin_payment(schema::PaymentState& state, const schema::PaymentMoved& fact, const schema::Record& record,
                   schema::PaymentState::Status status);

// For evolve: the sum of refunds, and the status that follows from it.
void fold_refunded(schema::PaymentState& state, std::int64_t amount);

}  // namespace till
