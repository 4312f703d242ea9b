// Operator route that hands out all that the log holds of one tenant, page by page.
//
//   GET /operator/tenants/export  ?tenant=&from=: {head, next, lines:[{record, personal:[{event, name, email,
//   phone}]}]}
//
// A line is one transaction: the record as /operator/log/records shows it, without hashes of PINs and API keys, and the
// personal data of its events, in plain text where the person's key still exists. `next` is where the next page begins;
// beyond head there is none.
#pragma once

#include "api/credentials.h"
#include "api/operator_api.h"
#include "engine/domain.h"
#include "engine/follower.h"
#include "engine/person_keys.h"

namespace till {

// All outlive the OperatorApi.
void add_tenant_export_route(OperatorApi& api, Feed& feed, const Domain& domain, const PersonKeys& keys,
                             const Credentials& credentials);

}  // namespace till
