// Operator routes for tenants and API keys.
//   POST /operator/tenants      {tenant, name?}              -> 201 {tenant, position}
//   GET  /operator/tenants                                   -> {tenants:[…]}
//   POST /operator/keys         {tenant, scope, terminal?}   -> 201 {key_id, key, tenant, scope, terminal?, position}
//   GET  /operator/keys?tenant=                              -> {keys:[{key_id, tenant, scope, terminal?, revoked}]}
//   POST /operator/keys/revoke  {tenant, key_id}             -> {key_id, tenant, revoked, position}
#pragma once

#include "api/credentials.h"
#include "api/operator_api.h"
#include "engine/engine.h"

namespace till {

// What was made or revoked counts for requests from the moment of the answer on. Both outlive `api`.
void add_key_routes(OperatorApi& api, Engine& engine, Credentials& credentials);

}  // namespace till
