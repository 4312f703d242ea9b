#include "commands/customer_erase.h"

#include <array>
#include <string>
#include <vector>

#include "commands/authority.h"
#include "commands/customer.h"
#include "commands/customer_contact.h"
#include "commands/customer_merge.h"
#include "commands/document.h"
#include "commands/house_account.h"
#include "commands/store_credit.h"

namespace till {
namespace {

using schema::CustomerState;
using schema::EraseCustomer;
using schema::ExportCustomerData;

constexpr EntityKind kStoreCredit = kind_of(schema::STORE_CREDIT_ACCOUNT);
constexpr EntityKind kAccount = kind_of(schema::ACCOUNT);

constexpr std::string_view kExport = "export_customer_data";

// The customers merged into this one, and the contacts of all of them, are theirs to tell.
void needs_erase(const EraseCustomer& command, std::vector<EntityRef>& out) {
  need_session(command.session_id(), out);
  need_store_credit(command.customer_id(), out);
  need_account(command.customer_id(), out);
}

void needs_export(const ExportCustomerData& command, std::vector<EntityRef>& out) {
  need_document(kExport, command.export_id(), out);
  need_session(command.session_id(), out);
  need_customer(command.customer_id(), out);
}

// C3: OPEN_BALANCE where something is owed to the customer or by the customer. Each kind of balance that a customer
// can have is looked at here.
Refusal check_open_balance(const Deciding& deciding, const std::string& customer_id) {
  const auto* credit = deciding.books.get<schema::StoreCreditState>(kStoreCredit, customer_id);
  const auto* account = deciding.books.get<schema::AccountState>(kAccount, customer_id);
  const bool open = (credit != nullptr && credit->balance().amount() != 0) ||
                    (account != nullptr && account->balance().amount() != 0);
  if (!open) return std::nullopt;
  return reject(schema::OPEN_BALANCE, "Customer " + customer_id + " has an open balance", "/customer_id");
}

Refusal check_erasable(const CustomerState& customer, bool forfeit, const Deciding& deciding) {
  const std::string& id = customer.customer().customer_id();
  const CustomerState* into =
      customer.merged_into().empty() ? nullptr : find_customer(deciding, customer.merged_into());
  if (customer.legal_hold() || (into != nullptr && into->legal_hold())) {
    return reject(schema::LEGAL_HOLD, "Customer " + id + " is under a legal hold", "/customer_id");
  }
  return forfeit ? std::nullopt : check_open_balance(deciding, id);
}

// The customer itself, and those merged into it: they are the same person.
std::vector<const CustomerState*> find_person(const CustomerState& customer, const Deciding& deciding) {
  std::vector<const CustomerState*> person{&customer};
  for (const std::string& alias_id : customer.aliases()) {
    const CustomerState* alias = find_customer(deciding, alias_id);
    if (alias != nullptr && alias->status() != CustomerState::ERASED) person.push_back(alias);
  }
  return person;
}

void erase(const CustomerState& customer, const schema::CustomerErased& fact, const Deciding& deciding,
           Acceptance& accepted) {
  static const ContactKeys kNone;
  const std::string& id = customer.customer().customer_id();
  auto& erased =
      *add_event(accepted, deciding, schema::CUSTOMER, id, schema::Event::kCustomerErased).mutable_customer_erased();
  erased = fact;
  erased.set_customer_id(id);
  if (id != fact.customer_id()) erased.set_erased_with(fact.customer_id());
  move_contacts(accepted, ContactChange{id, &customer, kNone}, deciding);
}

Decision decide_erase(const EraseCustomer& command, const Deciding& deciding) {
  const auto* customer = find_customer(deciding, command.customer_id());
  if (customer == nullptr) return *check_customer(nullptr, command.customer_id());
  // C2, whatever the basis was.
  if (customer->status() == CustomerState::ERASED) return AlreadyDone{Position(customer->erased_position())};
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  if (command.legal_basis() == EraseCustomer::LEGAL_BASIS_UNSPECIFIED ||
      !EraseCustomer::LegalBasis_IsValid(command.legal_basis())) {
    return reject(schema::VALIDATION_FAILED, "Not a legal basis of an erasure", "/legal_basis");
  }
  const std::vector<const CustomerState*> person = find_person(*customer, deciding);
  for (const CustomerState* one : person) {
    if (auto refusal = check_erasable(*one, command.forfeit(), deciding)) return *std::move(refusal);
  }
  Acceptance accepted;
  schema::CustomerErased fact;
  fact.set_customer_id(command.customer_id());
  fact.set_legal_basis(command.legal_basis());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
  fact.set_forfeited(command.forfeit());
  for (const CustomerState* one : person) {
    if (command.forfeit()) {
      forfeit_store_credit(deciding, one->customer().customer_id(), accepted);
      forfeit_account(deciding, one->customer().customer_id(), accepted);
    }
    erase(*one, fact, deciding, accepted);
  }
  if (customer->status() == CustomerState::MERGED) {
    remove_alias(accepted, deciding, *customer, fact.employee_id());
  }
  set_customer_answer(accepted, deciding, *customer);
  return accepted;
}

Decision decide_export(const ExportCustomerData& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kExport, command.export_id(), "/export_id")) return *std::move(booked);
  const auto* customer = find_customer(deciding, command.customer_id());
  if (auto refusal = check_customer(customer, command.customer_id())) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  Acceptance accepted;
  book_document(accepted, deciding, kExport, command.export_id());
  auto& fact = *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerExported)
                    .mutable_customer_exported();
  fact.set_customer_id(command.customer_id());
  fact.set_export_id(command.export_id());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
  set_customer_answer(accepted, deciding, *customer).set_export_id(command.export_id());
  return accepted;
}

// What is kept: that there was such a customer, and its sales by its id.
void evolve_erased(CustomerState& state, const schema::CustomerErased& fact, const schema::Record& record) {
  CustomerState erased;
  erased.mutable_customer()->set_customer_id(fact.customer_id());
  erased.set_position(state.position());
  erased.set_version(state.version());
  erased.set_status(CustomerState::ERASED);
  erased.set_erased_position(record.position());
  count_change(erased);
  state = std::move(erased);
}

void evolve_exported(CustomerState& state, const schema::CustomerExported&, const schema::Record&) {
  count_change(state);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::erase_customer, needs_erase, decide_erase>(Command::kEraseCustomer),
    command_rule<&Command::export_customer_data, needs_export, decide_export>(Command::kExportCustomerData),
};
constexpr std::array kEvents{
    event_rule<CustomerState, &Event::customer_erased, evolve_erased>(Event::kCustomerErased, schema::CUSTOMER),
    event_rule<CustomerState, &Event::customer_exported, evolve_exported>(Event::kCustomerExported, schema::CUSTOMER),
};

}  // namespace

const Aggregate& customer_erase_aggregate() {
  static constexpr Aggregate kAggregate{"customer_erase", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
