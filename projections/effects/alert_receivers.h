// Who is told of a tenant's alerts: sealed wherever it is stored, and opened only to be used or shown.
#pragma once

#include <string_view>

#include "engine/person_keys.h"
#include "engine/result.h"
#include "schemas/state.pb.h"

namespace till {

// Fills in slack_url and mail_to of a policy from what is sealed in it: nothing where nobody is told, or the tenant was
// deleted. kCorrupt where it cannot be read. Thread safe.
Status open_alert_receivers(const PersonKeys& keys, std::string_view tenant, schema::AlertPolicyState& policy);

}  // namespace till
