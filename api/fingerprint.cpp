#include "api/fingerprint.h"

#include <sodium.h>

#include <string>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "engine/result.h"

namespace till {
namespace {

// Of what is hashed; another version is another fingerprint.
constexpr char kVersion = 1;
constexpr std::string_view kKeyPurpose = "till fingerprint key 1 ";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Fingerprinter::Fingerprinter(const MasterSecret& secret) : secret_(secret) {
  TILL_ASSERT(sodium_init() >= 0);
}

Fingerprinter::TenantKey Fingerprinter::key_for(std::string_view tenant) const {
  std::string context(kKeyPurpose);
  context.append(tenant);
  TenantKey key;
  TILL_ASSERT(crypto_generichash(key.data(), key.size(), bytes_of(context), context.size(), secret_.data(),
                                 secret_.size()) == 0);
  return key;
}

Fingerprint Fingerprinter::of(const TenantKey& key, const google::protobuf::Message& command) {
  thread_local std::string text;
  text.clear();
  text.push_back(kVersion);
  text.append(command.GetDescriptor()->name());
  text.push_back('\0');
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    TILL_ASSERT(command.SerializePartialToCodedStream(&out));
  }
  Fingerprint fingerprint;
  TILL_ASSERT(crypto_generichash(fingerprint.data(), fingerprint.size(), bytes_of(text), text.size(), key.data(),
                                 key.size()) == 0);
  return fingerprint;
}

const google::protobuf::Message& command_body(const schema::Command& command) {
  const auto* const field = schema::Command::descriptor()->FindFieldByNumber(command.command_case());
  return command.GetReflection()->GetMessage(command, field);
}

}  // namespace till
