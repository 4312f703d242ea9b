#include "commands/terminal.h"

#include <array>

#include "commands/store.h"

namespace till {
namespace {

constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kTerminalChain = kind_of(schema::TERMINAL_CHAIN);
constexpr EntityKind kDrawer = kind_of(schema::DRAWER);
constexpr EntityKind kStore = kind_of(schema::STORE);

constexpr std::size_t kPublicKeyBytes = 32;  // of Ed25519

void needs_register(const schema::RegisterTerminal& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
}

// The terminal's present store is learnt from it.
void needs_assign(const schema::AssignTerminal& command, std::vector<EntityRef>& out) {
  out.push_back({kTerminal, command.terminal_id()});
  out.push_back({kTerminalChain, command.terminal_id()});
  out.push_back({kDrawer, command.terminal_id()});
  out.push_back({kStore, command.store_id()});
}

void needs_retire(const schema::RetireTerminal& command, std::vector<EntityRef>& out) {
  out.push_back({kTerminal, command.terminal_id()});
  out.push_back({kTerminalChain, command.terminal_id()});
  out.push_back({kDrawer, command.terminal_id()});
}

void needs_rotate(const schema::RotateTerminalKey& command, std::vector<EntityRef>& out) {
  out.push_back({kTerminal, command.terminal_id()});
}

const schema::TerminalState* find_terminal(const Deciding& deciding, std::string_view terminal_id) {
  return deciding.books.get<schema::TerminalState>(kTerminal, terminal_id);
}

Refusal check_in_use(const schema::TerminalState* terminal, std::string_view terminal_id) {
  if (terminal == nullptr) {
    return reject(schema::TERMINAL_NOT_FOUND, "No terminal " + std::string(terminal_id), "/terminal_id");
  }
  if (!terminal->retired()) return std::nullopt;
  return reject(schema::TERMINAL_RETIRED, "Terminal " + std::string(terminal_id) + " is retired", "/terminal_id");
}

Decision decide_register(const schema::RegisterTerminal& command, const Deciding& deciding) {
  if (deciding.books.get<schema::StoreState>(kStore, command.store_id()) == nullptr) {
    return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  }
  const auto* known = find_terminal(deciding, command.terminal_id());
  if (known != nullptr && known->store_id() != command.store_id()) {
    return reject(schema::TERMINAL_IN_OTHER_STORE,
                  "Terminal " + command.terminal_id() + " belongs to store " + known->store_id(), "/terminal_id");
  }
  if (known != nullptr && known->retired()) return *check_in_use(known, command.terminal_id());
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

// SHIFT_ALREADY_OPEN while the drawer has a shift that is not closed: its cash belongs to the store.
Refusal check_no_shift(const Deciding& deciding, const std::string& terminal_id) {
  const auto* drawer = deciding.books.get<schema::DrawerState>(kDrawer, terminal_id);
  if (drawer == nullptr || drawer->open_shift_id().empty()) return std::nullopt;
  return reject(schema::SHIFT_ALREADY_OPEN, "Terminal " + terminal_id + " has shift " + drawer->open_shift_id(),
                "/terminal_id");
}

// A day's sales, with their voids, stay in one store: a terminal moves once its last business day is over there.
Refusal check_day_over(const schema::AssignTerminal& command, const schema::TerminalState& terminal,
                       const Deciding& deciding) {
  const auto* chain = deciding.books.get<schema::TerminalChain>(kTerminalChain, command.terminal_id());
  const auto* store = deciding.books.get<schema::StoreState>(kStore, terminal.store_id());
  if (chain == nullptr || store == nullptr) return std::nullopt;
  const BusinessTime today = business_time_of(*store, deciding.context.recorded_at, deciding.zones);
  if (chain->business_date() < today.business_date) return std::nullopt;
  return reject(schema::TERMINAL_DAY_NOT_OVER,
                "Terminal " + command.terminal_id() + " has sales of business day " +
                    std::to_string(chain->business_date()) + " in store " + terminal.store_id(),
                "/terminal_id");
}

Decision decide_assign(const schema::AssignTerminal& command, const Deciding& deciding) {
  const auto* known = find_terminal(deciding, command.terminal_id());
  if (auto refusal = check_in_use(known, command.terminal_id())) return *std::move(refusal);
  if (deciding.books.get<schema::StoreState>(kStore, command.store_id()) == nullptr) {
    return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  }
  if (known->store_id() != command.store_id()) {
    if (auto refusal = check_no_shift(deciding, command.terminal_id())) return *std::move(refusal);
    if (auto refusal = check_day_over(command, *known, deciding)) return *std::move(refusal);
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::TERMINAL_DEVICE, command.terminal_id(), schema::Event::kTerminalAssigned)
           .mutable_terminal_assigned();
  fact.set_terminal_id(command.terminal_id());
  fact.set_store_id(command.store_id());
  fact.set_former_store_id(known->store_id());
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_terminal_id(command.terminal_id());
  return accepted;
}

Decision decide_retire(const schema::RetireTerminal& command, const Deciding& deciding) {
  const auto* known = find_terminal(deciding, command.terminal_id());
  if (auto refusal = check_in_use(known, command.terminal_id())) return *std::move(refusal);
  if (auto refusal = check_no_shift(deciding, command.terminal_id())) return *std::move(refusal);
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::TERMINAL_DEVICE, command.terminal_id(), schema::Event::kTerminalRetired)
           .mutable_terminal_retired();
  fact.set_terminal_id(command.terminal_id());
  fact.set_store_id(known->store_id());
  if (const auto* chain = deciding.books.get<schema::TerminalChain>(kTerminalChain, command.terminal_id())) {
    fact.set_last_terminal_seq(chain->seq());
    fact.set_last_business_date(chain->business_date());
  }
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(known->store_id());
  answer.set_terminal_id(command.terminal_id());
  return accepted;
}

// The bytes of a key in hexadecimal; empty where it is none.
std::string read_public_key(std::string_view hex) {
  std::string bytes;
  if (hex.size() != 2 * kPublicKeyBytes) return bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

Decision decide_rotate(const schema::RotateTerminalKey& command, const Deciding& deciding) {
  const auto* known = find_terminal(deciding, command.terminal_id());
  if (auto refusal = check_in_use(known, command.terminal_id())) return *std::move(refusal);
  std::string key = read_public_key(command.public_key());
  if (key.empty()) {
    return reject(schema::VALIDATION_FAILED, "A public key is 32 bytes in hexadecimal", "/public_key");
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::TERMINAL_DEVICE, command.terminal_id(), schema::Event::kTerminalKeyRotated)
           .mutable_terminal_key_rotated();
  fact.set_terminal_id(command.terminal_id());
  fact.set_key_version(known->key_version() + (key == known->public_key() ? 0 : 1));
  fact.set_public_key(std::move(key));
  set_answer(accepted, deciding).set_terminal_id(command.terminal_id());
  return accepted;
}

void evolve_registered(schema::TerminalState& state, const schema::TerminalRegistered& fact, const schema::Record&) {
  state.set_store_id(fact.store_id());
  state.set_name(fact.name());
}

void evolve_assigned(schema::TerminalState& state, const schema::TerminalAssigned& fact, const schema::Record&) {
  state.set_store_id(fact.store_id());
}

void evolve_retired(schema::TerminalState& state, const schema::TerminalRetired&, const schema::Record&) {
  state.set_retired(true);
}

void evolve_rotated(schema::TerminalState& state, const schema::TerminalKeyRotated& fact, const schema::Record&) {
  state.set_public_key(fact.public_key());
  state.set_key_version(fact.key_version());
}

using schema::Command;
using schema::Event;
using schema::TerminalState;

constexpr std::array kCommands{
    command_rule<&Command::register_terminal, needs_register, decide_register>(Command::kRegisterTerminal),
    command_rule<&Command::assign_terminal, needs_assign, decide_assign>(Command::kAssignTerminal),
    command_rule<&Command::retire_terminal, needs_retire, decide_retire>(Command::kRetireTerminal),
    command_rule<&Command::rotate_terminal_key, needs_rotate, decide_rotate>(Command::kRotateTerminalKey),
};
constexpr std::array kEvents{
    event_rule<TerminalState, &Event::terminal_registered, evolve_registered>(Event::kTerminalRegistered,
                                                                              schema::TERMINAL_DEVICE),
    event_rule<TerminalState, &Event::terminal_assigned, evolve_assigned>(Event::kTerminalAssigned,
                                                                          schema::TERMINAL_DEVICE),
    event_rule<TerminalState, &Event::terminal_retired, evolve_retired>(Event::kTerminalRetired,
                                                                        schema::TERMINAL_DEVICE),
    event_rule<TerminalState, &Event::terminal_key_rotated, evolve_rotated>(Event::kTerminalKeyRotated,
                                                                            schema::TERMINAL_DEVICE),
};
constexpr std::array kStates{state_rule<TerminalState>(schema::TERMINAL_DEVICE)};

}  // namespace

const Aggregate& terminal_aggregate() {
  static constexpr Aggregate kAggregate{"terminal", kCommands, kEvents, kStates};
  return kAggregate;
}

Refusal check_terminal(const Deciding& deciding, std::string_view terminal_id, std::string_view store_id) {
  const auto* terminal = find_terminal(deciding, terminal_id);
  if (terminal == nullptr || terminal->store_id() != store_id) {
    return reject(schema::TERMINAL_NOT_FOUND,
                  "No terminal " + std::string(terminal_id) + " in store " + std::string(store_id), "/terminal_id");
  }
  return check_in_use(terminal, terminal_id);
}

}  // namespace till
