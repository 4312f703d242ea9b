#include "api/pin_hash.h"

#include <sodium.h>

#include <array>
#include <unordered_set>

#include "schemas/commands.pb.h"
#include "schemas/options.pb.h"

namespace till {
namespace {

constexpr std::string_view kPurpose = "till pin 1 ";

bool is_secret(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(schema::secret);
}

}  // namespace

PinHasher::PinHasher(const MasterSecret& secret) : secret_(secret) {
  TILL_ASSERT(sodium_init() >= 0);
}

std::string PinHasher::keyed(std::string_view tenant, std::string_view employee_id, std::string_view pin) const {
  std::string text(kPurpose);
  text.append(tenant).append(1, '\0').append(employee_id).append(1, '\0').append(pin);
  std::string hash(crypto_generichash_BYTES, '\0');
  TILL_ASSERT(crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                                 reinterpret_cast<const unsigned char*>(text.data()), text.size(), secret_.data(),
                                 secret_.size()) == 0);
  sodium_memzero(text.data(), text.size());
  return hash;
}

Result<std::string> PinHasher::hash(std::string_view tenant, std::string_view employee_id, std::string_view pin) const {
  const std::string password = keyed(tenant, employee_id, pin);
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str(text.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return Error{ErrorKind::kUnavailable, "not enough memory to hash a PIN"};
  }
  return std::string(text.data());
}

bool PinHasher::matches(std::string_view tenant, std::string_view employee_id, std::string_view pin,
                        const std::string& hash) const {
  const std::string password = keyed(tenant, employee_id, pin);
  return hash.size() < crypto_pwhash_STRBYTES &&
         crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool has_secret_fields(const google::protobuf::Descriptor& command) {
  // Options are slow to look at and every command asks.
  static const std::unordered_set<const google::protobuf::Descriptor*> with_secret = [] {
    std::unordered_set<const google::protobuf::Descriptor*> found;
    const google::protobuf::Descriptor& commands = *schema::Command::descriptor();
    for (int i = 0; i < commands.field_count(); ++i) {
      const google::protobuf::Descriptor& message = *commands.field(i)->message_type();
      for (int j = 0; j < message.field_count(); ++j) {
        if (is_secret(*message.field(j))) found.insert(&message);
      }
    }
    return found;
  }();
  return with_secret.contains(&command);
}

Status use_up_secret_fields(const PinHasher& hasher, std::string_view tenant, google::protobuf::Message& command) {
  const google::protobuf::Descriptor& descriptor = *command.GetDescriptor();
  const google::protobuf::Reflection& reflection = *command.GetReflection();
  if (!has_secret_fields(descriptor)) return {};
  if (const auto* const hash_field = descriptor.FindFieldByName("pin_hash")) {
    const auto* const pin = descriptor.FindFieldByName("pin");
    const auto* const employee = descriptor.FindFieldByName("employee_id");
    TILL_ASSERT(pin != nullptr && employee != nullptr);
    Result<std::string> hash =
        hasher.hash(tenant, reflection.GetString(command, employee), reflection.GetString(command, pin));
    if (!hash.ok()) return hash.error();
    reflection.SetString(&command, hash_field, std::move(*hash));
  }
  for (int i = 0; i < descriptor.field_count(); ++i) {
    if (is_secret(*descriptor.field(i))) reflection.ClearField(&command, descriptor.field(i));
  }
  return {};
}

}  // namespace till
