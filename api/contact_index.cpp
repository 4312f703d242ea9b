#include "api/contact_index.h"

#include <sodium.h>

#include <array>
#include <cstdint>

#include "engine/result.h"

namespace till {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Key = std::array<std::uint8_t, 32>;

constexpr std::string_view kContactKeyPurpose = "till contact key 1 ";
constexpr std::size_t kContactKeyBytes = 16;

const unsigned char* contact_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key key_for(const MasterSecret& secret, std::string_view tenant) {
  const std::string context = std::string(kContactKeyPurpose).append(tenant);
  Key key;
  TILL_ASSERT(crypto_generichash(key.data(), key.size(), contact_bytes(context), context.size(), secret.data(),
                                 secret.size()) == 0);
  return key;
}

// `kind` keeps a phone number apart from an e-mail address of the same characters.
std::string contact_key(const Key& key, std::string_view kind, std::string_view contact) {
  const std::string text = std::string(kind).append(1, '\0').append(contact);
  std::string hash(kContactKeyBytes, '\0');
  TILL_ASSERT(crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), contact_bytes(text),
                                 text.size(), key.data(), key.size()) == 0);
  return hash;
}

std::string text_of(const Message& command, const char* name) {
  const FieldDescriptor* field = command.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? std::string() : command.GetReflection()->GetString(command, field);
}

}  // namespace

std::string normal_email(std::string_view email) {
  std::string normal(email);
  for (char& c : normal) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return normal;
}

std::string normal_phone(std::string_view phone) {
  std::string digits;
  for (const char c : phone) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  return digits;
}

void ContactIndex::add_keys(std::string_view tenant, Message& command) const {
  const FieldDescriptor* field = command.GetDescriptor()->FindFieldByName("contact_keys");
  if (field == nullptr) return;
  const std::string email = normal_email(text_of(command, "email"));
  const std::string phone = normal_phone(text_of(command, "phone"));
  if (email.empty() && phone.empty()) return;
  const Key key = key_for(secret_, tenant);
  const auto& reflection = *command.GetReflection();
  if (!email.empty()) reflection.AddString(&command, field, contact_key(key, "email", email));
  if (!phone.empty()) reflection.AddString(&command, field, contact_key(key, "phone", phone));
}

}  // namespace till
