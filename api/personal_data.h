// Personal fields of commands, sealed before the command is sequenced. Driven by the options of the fields, so that a
// further command with personal fields needs nothing here: its fields are named as those of schema::PersonalData, its
// person is its `customer_id` or its `employee_id`, and it has a field `sealed`. Of an alert policy the person is
// kAlertPerson.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "commands/employee.h"
#include "engine/person_keys.h"
#include "engine/result.h"
#include "schemas/commands.pb.h"

namespace till {

// Whether any field of the command's message is personal. Looks only at the descriptor, quick.
bool has_personal_fields(const google::protobuf::Descriptor& command);

// Moves the personal fields of `command` (one command message) into its field `sealed`; leaves that empty where none is
// set. Blocks for a synced write where the person is new. Errors as of PersonKeys::seal().
Status seal_personal_fields(PersonKeys& keys, std::string_view tenant, google::protobuf::Message& command);

// The fields of a person; empty ones where the key is erased or nothing was given.
Result<schema::PersonalData> open_personal_data(const PersonKeys& keys, std::string_view tenant,
                                                std::string_view person, std::string_view sealed);

}  // namespace till
