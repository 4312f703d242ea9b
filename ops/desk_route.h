// The ledger of a server's effects, and what they have to know, for workers that run alone:
//   POST /operator/desk  {"call": hexadecimal of DeskCall} -> {"answer": hexadecimal of DeskAnswer}
// The server's clock is the one that leases and waits are measured by.
#pragma once

#include "api/operator_api.h"
#include "ops/effect_knowledge.h"
#include "projections/effects/effect_host.h"

namespace till {

// The host outlives the api, and so does what `knowledge` asks.
void add_desk_route(OperatorApi& api, EffectHost& host, EffectKnowledge knowledge);

}  // namespace till
