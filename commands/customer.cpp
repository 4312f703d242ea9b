#include "commands/customer.h"

#include <array>

#include "commands/customer_contact.h"

namespace till {
namespace {

using schema::CustomerState;

constexpr EntityKind kCustomer = kind_of(schema::CUSTOMER);

void needs_register(const schema::RegisterCustomer& command, std::vector<EntityRef>& out) {
  need_customer(command.customer_id(), out);
  need_contacts(command.contact_keys(), out);
}

// The contacts of before are the customer's to tell: the engine loads them when decide() looks.
void needs_update(const schema::UpdateCustomer& command, std::vector<EntityRef>& out) {
  need_customer(command.customer_id(), out);
  need_contacts(command.contact_keys(), out);
}

Decision decide_again(const schema::RegisterCustomer& command, const CustomerState& known, const Deciding& deciding) {
  if (auto refusal = check_customer(&known, command.customer_id())) return *std::move(refusal);
  if (same_content(known.customer().fingerprint(), deciding)) return AlreadyDone{Position(known.position())};
  return reject(schema::CUSTOMER_ID_REUSED, "Customer " + command.customer_id() + " is registered with other content",
                "/customer_id");
}

Decision decide_register(const schema::RegisterCustomer& command, const Deciding& deciding) {
  if (const auto* known = find_customer(deciding, command.customer_id())) {
    return decide_again(command, *known, deciding);
  }
  const ContactChange contacts{command.customer_id(), nullptr, command.contact_keys()};
  if (auto refusal = check_contacts(contacts, command.unique(), deciding)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerRegistered)
           .mutable_customer_registered();
  fact.set_customer_id(command.customer_id());
  fact.set_sealed(command.sealed());
  fact.set_fingerprint(std::string(as_bytes(deciding.context.fingerprint)));
  *fact.mutable_contact_keys() = command.contact_keys();
  fact.set_customer_group(command.customer_group());
  fact.set_receipts_by_mail(command.receipts_by_mail());
  move_contacts(accepted, contacts, deciding);
  set_answer(accepted, deciding).set_customer_id(command.customer_id());
  return accepted;
}

Refusal check_version(const schema::UpdateCustomer& command, const CustomerState& customer) {
  if (!command.has_expected_version() || command.expected_version() == customer.version()) return std::nullopt;
  return reject(schema::VERSION_MISMATCH,
                "Customer " + command.customer_id() + " has version " + std::to_string(customer.version()) +
                    ", expected was " + std::to_string(command.expected_version()),
                "/expected_version");
}

Decision decide_update(const schema::UpdateCustomer& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (auto refusal = check_not_merged(*customer)) return *std::move(refusal);
  if (auto refusal = check_version(command, *customer)) return *std::move(refusal);
  const ContactChange contacts{command.customer_id(), customer, command.contact_keys()};
  if (auto refusal = check_contacts(contacts, command.unique(), deciding)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerUpdated)
                    .mutable_customer_updated();
  fact.set_customer_id(command.customer_id());
  fact.set_sealed(command.sealed());
  *fact.mutable_contact_keys() = command.contact_keys();
  fact.set_customer_group(command.customer_group());
  fact.set_receipts_by_mail(command.receipts_by_mail());
  move_contacts(accepted, contacts, deciding);
  set_customer_answer(accepted, deciding, *customer);
  return accepted;
}

void evolve_registered(CustomerState& state, const schema::CustomerRegistered& fact, const schema::Record& record) {
  *state.mutable_customer() = fact;
  state.set_position(record.position());
  state.set_status(CustomerState::ACTIVE);
  count_change(state);
}

void evolve_updated(CustomerState& state, const schema::CustomerUpdated& fact, const schema::Record&) {
  state.mutable_customer()->set_sealed(fact.sealed());
  *state.mutable_customer()->mutable_contact_keys() = fact.contact_keys();
  state.mutable_customer()->set_customer_group(fact.customer_group());
  state.mutable_customer()->set_receipts_by_mail(fact.receipts_by_mail());
  count_change(state);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::register_customer, needs_register, decide_register>(Command::kRegisterCustomer),
    command_rule<&Command::update_customer, needs_update, decide_update>(Command::kUpdateCustomer),
};
constexpr std::array kEvents{
    event_rule<CustomerState, &Event::customer_registered, evolve_registered>(Event::kCustomerRegistered,
                                                                              schema::CUSTOMER),
    event_rule<CustomerState, &Event::customer_updated, evolve_updated>(Event::kCustomerUpdated, schema::CUSTOMER),
};
constexpr std::array kStates{state_rule<CustomerState>(schema::CUSTOMER)};

}  // namespace

const Aggregate& customer_aggregate() {
  static constexpr Aggregate kAggregate{"customer", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_customer(std::string_view customer_id, std::vector<EntityRef>& out) {
  out.push_back({kCustomer, std::string(customer_id)});
}

const CustomerState* find_customer(const Deciding& deciding, std::string_view customer_id) {
  return deciding.books.get<CustomerState>(kCustomer, customer_id);
}

Refusal check_customer(const CustomerState* customer, std::string_view customer_id, std::string_view pointer) {
  if (customer == nullptr) {
    return reject(schema::CUSTOMER_NOT_FOUND, "No customer " + std::string(customer_id), std::string(pointer));
  }
  if (customer->status() == CustomerState::ERASED) {
    return reject(schema::CUSTOMER_ERASED, "Customer " + std::string(customer_id) + " was erased",
                  std::string(pointer));
  }
  return std::nullopt;
}

Refusal check_customer(const Deciding& deciding, std::string_view customer_id) {
  return check_customer(find_customer(deciding, customer_id), customer_id);
}

Refusal check_buyer(const Deciding& deciding, std::string_view customer_id) {
  const CustomerState* customer = find_customer(deciding, customer_id);
  if (auto refusal = check_customer(customer, customer_id)) return refusal;
  const CustomerState* into =
      customer->merged_into().empty() ? nullptr : find_customer(deciding, customer->merged_into());
  if (!customer->blocked() && (into == nullptr || !into->blocked())) return std::nullopt;
  return reject(schema::CUSTOMER_BLOCKED, "Customer " + std::string(customer_id) + " is blocked", "/customer_id");
}

std::string_view customer_group(const Deciding& deciding, std::string_view customer_id) {
  const CustomerState* customer = find_customer(deciding, customer_id);
  if (customer != nullptr && !customer->merged_into().empty()) {
    customer = find_customer(deciding, customer->merged_into());
  }
  return customer == nullptr ? std::string_view() : std::string_view(customer->customer().customer_group());
}

Refusal check_not_merged(const CustomerState& customer) {
  if (customer.status() != CustomerState::MERGED) return std::nullopt;
  return reject(schema::CUSTOMER_MERGED,
                "Customer " + customer.customer().customer_id() + " is merged into " + customer.merged_into(),
                "/customer_id");
}

schema::Answer& set_customer_answer(Acceptance& acceptance, const Deciding& deciding, const CustomerState& before) {
  schema::Answer& answer = set_answer(acceptance, deciding);
  answer.set_customer_id(before.customer().customer_id());
  answer.set_version(before.version() + 1);
  return answer;
}

}  // namespace till
