#include "api/webhook_secret.h"

#include <sodium.h>

#include "engine/result.h"
#include "projections/effects/webhook_signature.h"

namespace till {
namespace {

constexpr std::string_view kWebhookPurpose = "webhook";
// Stands in no name, so that two lists of names never give the same text.
constexpr char kNameSeparator = '\x1f';

static_assert(crypto_auth_hmacsha256_BYTES == kWebhookSecretBytes);
static_assert(crypto_auth_hmacsha256_KEYBYTES == MasterSecret{}.size());

}  // namespace

WebhookSecrets::WebhookSecrets(const MasterSecret& secret) : secret_(secret) {
  TILL_ASSERT(sodium_init() >= 0);
}

std::string WebhookSecrets::secret(std::string_view tenant, std::string_view endpoint_id, std::uint32_t version) const {
  std::string named(kWebhookPurpose);
  named.append(1, kNameSeparator).append(tenant);
  named.append(1, kNameSeparator).append(endpoint_id);
  named.append(1, kNameSeparator).append(std::to_string(version));
  std::string made(kWebhookSecretBytes, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(made.data()),
                         reinterpret_cast<const unsigned char*>(named.data()), named.size(), secret_.data());
  return made;
}

void WebhookSecrets::tell(std::string_view tenant, schema::Answer& answer) const {
  if (!answer.has_secret_version()) return;
  answer.set_secret(webhook_secret_text(secret(tenant, answer.endpoint_id(), answer.secret_version())));
}

}  // namespace till
