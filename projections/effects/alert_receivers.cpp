#include "projections/effects/alert_receivers.h"

#include <optional>
#include <string>
#include <utility>

#include "commands/alert_policy.h"
#include "schemas/commands.pb.h"

namespace till {

Status open_alert_receivers(const PersonKeys& keys, std::string_view tenant, schema::AlertPolicyState& policy) {
  policy.clear_slack_url();
  policy.clear_mail_to();
  if (policy.sealed().empty()) return {};
  const Result<std::optional<std::string>> plain = keys.open(tenant, kAlertPerson, policy.sealed());
  if (!plain.ok()) return plain.error();
  if (!plain->has_value()) return {};
  schema::PersonalData receivers;
  if (!receivers.ParseFromString(**plain)) return Error{ErrorKind::kCorrupt, "alerts: sealed receivers do not parse"};
  policy.set_slack_url(std::move(*receivers.mutable_slack_url()));
  *policy.mutable_mail_to() = std::move(*receivers.mutable_mail_to());
  return {};
}

}  // namespace till
