#include "commands/terminal.h"

#include <array>

namespace till {
namespace {

constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kStore = kind_of(schema::STORE);

void needs_register(const schema::RegisterTerminal& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
}

Decision decide_register(const schema::RegisterTerminal& command, const Deciding& deciding) {
  if (deciding.books.get<schema::StoreState>(kStore, command.store_id()) == nullptr) {
    return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  }
  const auto* known = deciding.books.get<schema::TerminalState>(kTerminal, command.terminal_id());
  if (known != nullptr && known->store_id() != command.store_id()) {
    return reject(schema::TERMINAL_IN_OTHER_STORE,
                  "Terminal " + command.terminal_id() + " belongs to store " + known->store_id(), "/terminal_id");
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::TERMINAL_DEVICE, command.terminal_id(), schema::Event::kTerminalRegistered)
           .mutable_terminal_registered();
  fact.set_terminal_id(command.terminal_id());
  fact.set_store_id(command.store_id());
  fact.set_name(command.name());
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_terminal_id(command.terminal_id());
  return accepted;
}

void evolve_registered(schema::TerminalState& state, const schema::TerminalRegistered& fact, const schema::Record&) {
  state.set_store_id(fact.store_id());
  state.set_name(fact.name());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::register_terminal, needs_register, decide_register>(Command::kRegisterTerminal),
};
constexpr std::array kEvents{
    event_rule<schema::TerminalState, &Event::terminal_registered, evolve_registered>(Event::kTerminalRegistered,
                                                                                      schema::TERMINAL_DEVICE),
};
constexpr std::array kStates{state_rule<schema::TerminalState>(schema::TERMINAL_DEVICE)};

}  // namespace

const Aggregate& terminal_aggregate() {
  static constexpr Aggregate kAggregate{"terminal", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
