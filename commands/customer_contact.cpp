#include "commands/customer_contact.h"

#include <algorithm>
#include <array>
#include <utility>

namespace till {
namespace {

using schema::ContactState;

constexpr EntityKind kContact = kind_of(schema::CONTACT);

// Of one customer: an e-mail address and a phone number.
constexpr int kContactKeysMost = 4;
// Whoever comes after so many is not noted: an address that so many share tells nobody apart.
constexpr int kContactCustomersMost = 256;

template <class List>
bool contains(const List& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_first(const ContactKeys& keys, int index) {
  return std::find(keys.begin(), keys.begin() + index, keys[index]) == keys.begin() + index;
}

const ContactState* find_contact(const Deciding& deciding, const std::string& key) {
  return deciding.books.get<ContactState>(kContact, to_hex(key));
}

bool is_same_person(const std::string& other, const ContactChange& change) {
  return other == change.customer_id || (change.customer != nullptr && contains(change.customer->aliases(), other));
}

void add_claim(Acceptance& acceptance, const ContactChange& change, const std::string& key,
               schema::Event::EventCase type, const Deciding& deciding) {
  schema::Event& event = add_event(acceptance, deciding, schema::CONTACT, to_hex(key), type);
  auto& claim =
      type == schema::Event::kContactClaimed ? *event.mutable_contact_claimed() : *event.mutable_contact_released();
  claim.set_customer_id(change.customer_id);
}

void evolve_claimed(ContactState& state, const schema::ContactClaim& fact, const schema::Record&) {
  state.add_customers(fact.customer_id());
}

void evolve_released(ContactState& state, const schema::ContactClaim& fact, const schema::Record&) {
  auto& customers = *state.mutable_customers();
  const auto found = std::find(customers.begin(), customers.end(), fact.customer_id());
  if (found != customers.end()) customers.erase(found);
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<ContactState, &Event::contact_claimed, evolve_claimed>(Event::kContactClaimed, schema::CONTACT),
    event_rule<ContactState, &Event::contact_released, evolve_released>(Event::kContactReleased, schema::CONTACT),
};
constexpr std::array kStates{state_rule<ContactState>(schema::CONTACT)};

}  // namespace

const Aggregate& customer_contact_aggregate() {
  static constexpr Aggregate kAggregate{"customer_contact", {}, kEvents, kStates};
  return kAggregate;
}

void need_contacts(const ContactKeys& keys, std::vector<EntityRef>& out) {
  for (const std::string& key : keys) out.push_back({kContact, to_hex(key)});
}

Refusal check_contacts(const ContactChange& change, bool unique, const Deciding& deciding) {
  if (change.after.size() > kContactKeysMost) {
    return reject(schema::VALIDATION_FAILED, "A customer has an e-mail address and a phone number", "/contact_keys");
  }
  if (!unique) return std::nullopt;
  for (const std::string& key : change.after) {
    const ContactState* contact = find_contact(deciding, key);
    if (contact == nullptr) continue;
    for (const std::string& other : contact->customers()) {
      if (is_same_person(other, change)) continue;
      return reject(schema::DUPLICATE_CUSTOMER, "Customer " + other + " has the same e-mail address or phone number",
                    "/unique");
    }
  }
  return std::nullopt;
}

void move_contacts(Acceptance& acceptance, const ContactChange& change, const Deciding& deciding) {
  static const ContactKeys kNone;
  const ContactKeys& before = change.customer != nullptr ? change.customer->customer().contact_keys() : kNone;
  for (int i = 0; i < before.size(); ++i) {
    const std::string& key = before[i];
    if (contains(change.after, key) || !is_first(before, i)) continue;
    const ContactState* contact = find_contact(deciding, key);
    if (contact == nullptr || !contains(contact->customers(), change.customer_id)) continue;
    add_claim(acceptance, change, key, Event::kContactReleased, deciding);
  }
  for (int i = 0; i < change.after.size(); ++i) {
    const std::string& key = change.after[i];
    if (!is_first(change.after, i)) continue;
    const ContactState* contact = find_contact(deciding, key);
    const bool full = contact != nullptr && contact->customers_size() >= kContactCustomersMost;
    if (full || (contact != nullptr && contains(contact->customers(), change.customer_id))) continue;
    add_claim(acceptance, change, key, Event::kContactClaimed, deciding);
  }
}

}  // namespace till
