// Whether the customer of an update exists. Asked before its personal data is sealed, since sealing makes a key where
// there is none: whoever sends updates of made-up ids must not fill the store of keys.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include <google/protobuf/message.h>

#include "api/queries.h"
#include "engine/follower.h"
#include "engine/person_keys.h"
#include "engine/result.h"

namespace till {

// Customers that commands before in the same batch register.
using RegisteredPersons = std::unordered_set<std::string>;

// False only where `command` is an UpdateCustomer with personal data of a customer who has no key, is not in
// `registered`, and was not there when all that is durable now was applied. May block while the read cache catches up.
// kUnavailable where the cache does not answer.
Result<bool> may_have_key(const PersonKeys& keys, Queries& queries, Feed& feed, std::string_view tenant,
                          const google::protobuf::Message& command, const RegisteredPersons& registered);

// Notes the customer where `command` is a RegisterCustomer.
void note_registration(const google::protobuf::Message& command, RegisteredPersons& registered);

}  // namespace till
