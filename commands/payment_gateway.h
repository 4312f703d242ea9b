// What a store's card gateway is asked to do for a payment, and what it answered. Asking is an event beside the fact
// that it is about; an effect sends it, and the answer comes back as a command. Payments of stores without a gateway
// know nothing of this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& payment_gateway_aggregate();

// What a payment's state keeps of its requests: all that are pending, and the latest of others.
inline constexpr int kGatewayRequestsMost = 16;

struct GatewayAsk {
  schema::GatewayRequest::Kind kind{};
  std::int64_t amount = 0;  // minor units of the payment's currency
  std::string refund_id;    // of a refund that waits for the answer
};

// For the event that begins a payment: that the gateway is asked for all that follows, where the store says so now.
void keep_gateway(const schema::StoreState& store, schema::PaymentMoved& begun);

// Asks the payment's gateway, where it has one. GATEWAY_REQUEST_PENDING at `pointer` where kGatewayRequestsMost are
// without an answer. `deciding` sees what the decision has decided so far.
Refusal ask_gateway(const schema::PaymentState& payment, const GatewayAsk& ask, std::string_view pointer,
                    const Deciding& deciding, Acceptance& accepted);

// Asks the gateway of a payment that begins with `stored` to forward its card, where it has one.
void ask_to_forward(const schema::PaymentMoved& stored, const Deciding& deciding, Acceptance& accepted);

// GATEWAY_REQUEST_PENDING at `pointer` where the gateway has still to answer a request of that kind and refund: its
// answer decides, and nobody else.
Refusal check_answered(const schema::PaymentState& payment, schema::GatewayRequest::Kind kind,
                       std::string_view refund_id, std::string_view pointer);

}  // namespace till
