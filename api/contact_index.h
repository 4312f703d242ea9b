// The blind index of customers: an e-mail address or phone number as a keyed hash, so that the rules can tell who has
// the same one without reading it. Whoever lacks the server's secret learns nothing from the hash.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "api/fingerprint.h"

namespace till {

// Immutable; thread safe.
class ContactIndex {
 public:
  // `secret` is the server's, kept outside the log for ever: with another one nobody is found any more.
  explicit ContactIndex(const MasterSecret& secret) : secret_(secret) {}

  // Fills the field `contact_keys` of a command message that has one from its fields `email` and `phone`, which must be
  // in plain text still. One key for each that is set, other ones for every tenant.
  void add_keys(std::string_view tenant, google::protobuf::Message& command) const;

 private:
  MasterSecret secret_;
};

// What counts as the same: an e-mail address whatever its case in ASCII, a phone number by its digits.
std::string normal_email(std::string_view email);
std::string normal_phone(std::string_view phone);

}  // namespace till
