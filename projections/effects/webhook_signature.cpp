#include "projections/effects/webhook_signature.h"

#include <sodium.h>

#include <array>

namespace till {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kSecretBytesLeast = 24;
constexpr std::size_t kSecretBytesMost = 64;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the zero byte behind it
  return text;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(text), text.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

}  // namespace

std::string webhook_secret_text(std::string_view secret) {
  return std::string(kSecretPrefix).append(base64(secret));
}

std::optional<std::string> read_webhook_secret(std::string_view text) {
  if (!text.starts_with(kSecretPrefix)) return std::nullopt;
  text.remove_prefix(kSecretPrefix.size());
  std::string secret(kSecretBytesMost, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  const int read = sodium_base642bin(reinterpret_cast<unsigned char*>(secret.data()), secret.size(), text.data(),
                                     text.size(), nullptr, &length, &end, sodium_base64_VARIANT_ORIGINAL);
  if (read != 0 || end != text.data() + text.size() || length < kSecretBytesLeast) return std::nullopt;
  secret.resize(length);
  return secret;
}

std::string webhook_signature(std::span<const std::string> secrets, std::string_view id, std::int64_t timestamp,
                              std::string_view body) {
  std::string signed_text(id);
  signed_text.append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::string signatures;
  for (const std::string& secret : secrets) {
    if (!signatures.empty()) signatures += ' ';
    signatures.append("v1,").append(base64(hmac_sha256(secret, signed_text)));
  }
  return signatures;
}

}  // namespace till
