// Who has which e-mail address or phone number, told by keyed hashes: the second file of the customer. Stream:
// contact/<hash in hexadecimal>. Customers of before these hashes are not found by them until they are updated.
#pragma once

#include <string>
#include <vector>

#include "commands/rules.h"

namespace till {

using ContactKeys = google::protobuf::RepeatedPtrField<std::string>;

const Aggregate& customer_contact_aggregate();

// A customer's contacts become `after`.
struct ContactChange {
  const std::string& customer_id;
  const schema::CustomerState* customer;  // as it is now; null where it is new
  const ContactKeys& after;
};

// For needs().
void need_contacts(const ContactKeys& keys, std::vector<EntityRef>& out);

// VALIDATION_FAILED where there are too many; where they are to be `unique`, DUPLICATE_CUSTOMER if another customer,
// other than those merged into this one, has one of them.
Refusal check_contacts(const ContactChange& change, bool unique, const Deciding& deciding);

// Adds an event for each contact that is left or taken.
void move_contacts(Acceptance& acceptance, const ContactChange& change, const Deciding& deciding);

}  // namespace till
