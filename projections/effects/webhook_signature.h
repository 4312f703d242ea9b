// Standard Webhooks 1.0: how a message is signed so that its receiver knows who sent it.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace till {

// Of a new secret, random bytes.
inline constexpr std::size_t kWebhookSecretBytes = 32;

// "whsec_<base64>", as it is shown to its tenant.
std::string webhook_secret_text(std::string_view secret);
// What webhook_secret_text() was given; nothing for any other text, or for less than 24 or more than 64 bytes.
std::optional<std::string> read_webhook_secret(std::string_view text);

// "v1,<base64 of HMAC-SHA256>" of "<id>.<timestamp>.<body>", one for each secret, separated by a space: while a secret
// is replaced, receivers may check against either. `timestamp`: seconds since 1970 of the attempt.
std::string webhook_signature(std::span<const std::string> secrets, std::string_view id, std::int64_t timestamp,
                              std::string_view body);

}  // namespace till
