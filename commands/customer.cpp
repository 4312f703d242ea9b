#include "commands/customer.h"

#include <array>

namespace till {
namespace {

constexpr EntityKind kCustomer = kind_of(schema::CUSTOMER);

void needs_register(const schema::RegisterCustomer& command, std::vector<EntityRef>& out) {
  out.push_back({kCustomer, command.customer_id()});
}

Decision decide_register(const schema::RegisterCustomer& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<schema::CustomerState>(kCustomer, command.customer_id());
  if (known != nullptr) {
    if (same_content(known->customer().fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::CUSTOMER_ID_REUSED, "Customer " + command.customer_id() + " is registered with other content",
                  "/customer_id");
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::CUSTOMER, command.customer_id(), schema::Event::kCustomerRegistered)
           .mutable_customer_registered();
  fact.set_customer_id(command.customer_id());
  fact.set_sealed(command.sealed());
  fact.set_fingerprint(std::string(as_bytes(deciding.context.fingerprint)));
  set_answer(accepted, deciding).set_customer_id(command.customer_id());
  return accepted;
}

void evolve_registered(schema::CustomerState& state, const schema::CustomerRegistered& fact,
                       const schema::Record& record) {
  *state.mutable_customer() = fact;
  state.set_position(record.position());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::register_customer, needs_register, decide_register>(Command::kRegisterCustomer),
};
constexpr std::array kEvents{
    event_rule<schema::CustomerState, &Event::customer_registered, evolve_registered>(Event::kCustomerRegistered,
                                                                                      schema::CUSTOMER),
};
constexpr std::array kStates{state_rule<schema::CustomerState>(schema::CUSTOMER)};

}  // namespace

const Aggregate& customer_aggregate() {
  static constexpr Aggregate kAggregate{"customer", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
