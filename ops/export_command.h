// The analytics export as an operator sees it.
#pragma once

#include "api/operator_api.h"
#include "engine/follower.h"
#include "projections/effects/export_follower.h"

namespace till {

// POST /operator/export/verify: {ok, position, batches, files, rows, bytes, faults, told:[…]}. Both outlive the api.
void add_export_route(OperatorApi& api, Feed& feed, const ExportFollower& follower);

}  // namespace till
