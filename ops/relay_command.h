// The operator's look at the relay: the route that a server answers and the subcommand that asks it.
//   GET /operator/relay -> {configured, state, position, lag, stream_sequence, published, error?}
#pragma once

#include "api/operator_api.h"
#include "projections/relay/relay.h"

namespace till {

// `relay` null: none is configured. Outlives `api`.
void add_relay_route(OperatorApi& api, const Relay* relay);

}  // namespace till
