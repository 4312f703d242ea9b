// The secrets that sign what webhook endpoints receive. They are stored nowhere: each is made of the server's secret
// and what names it, when it is shown and when something is signed. The rules know its version alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/fingerprint.h"
#include "schemas/commands.pb.h"

namespace till {

// Immutable; thread safe. Quick enough for the commit thread.
class WebhookSecrets {
 public:
  // `secret` is the server's, kept outside the log for ever: with another one every receiver needs a new secret.
  explicit WebhookSecrets(const MasterSecret& secret);

  // kWebhookSecretBytes bytes, for webhook_signature().
  std::string secret(std::string_view tenant, std::string_view endpoint_id, std::uint32_t version) const;

  // Fills the field `secret` of an answer that is about to be told, where its command made one: where it has a
  // `secret_version`. The stored answer has not.
  void tell(std::string_view tenant, schema::Answer& answer) const;

 private:
  MasterSecret secret_;
};

}  // namespace till
