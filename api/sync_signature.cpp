#include "api/sync_signature.h"

#include <sodium.h>

#include <optional>

#include "api/sync_codec.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Result<TerminalKey> terminal_key(Queries& queries, std::string_view tenant, std::string_view terminal_id) {
  const EntityKind kind(static_cast<std::uint16_t>(schema::TERMINAL_DEVICE));
  const auto found = queries.entity(tenant, kind, terminal_id, std::nullopt);
  if (!found.ok()) return found.error();
  TerminalKey key;
  if (!found.value().message) return key;
  const auto& terminal = static_cast<const schema::TerminalState&>(*found.value().message->state);
  key.version = terminal.key_version();
  key.public_key = terminal.public_key();
  return key;
}

bool is_signed_by(const TerminalKey& key, std::string_view hash, std::string_view signature) {
  const std::optional<std::string> message = from_hex(hash);
  const std::optional<std::string> signed_bytes = from_hex(signature);
  if (!message || !signed_bytes) return false;
  if (signed_bytes->size() != crypto_sign_BYTES || key.public_key.size() != crypto_sign_PUBLICKEYBYTES) return false;
  return crypto_sign_verify_detached(octets(*signed_bytes), octets(*message), message->size(),
                                     octets(key.public_key)) == 0;
}

}  // namespace till
