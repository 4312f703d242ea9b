#include "commands/offline_quarantine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/offline.h"

namespace till {
namespace {

using schema::Event;
using schema::OfflineChainMoved;
using schema::OfflineChainState;
using schema::OfflineEntryState;

constexpr EntityKind kChain = kind_of(schema::OFFLINE_CHAIN);
constexpr EntityKind kEntry = kind_of(schema::OFFLINE_ENTRY);

void needs_resolve(const schema::ResolveQuarantined& command, std::vector<EntityRef>& out) {
  out.push_back({kChain, command.terminal_id()});
  if (command.hash().empty()) return;
  out.push_back({kEntry, offline_entry_id(command.terminal_id(), command.client_seq(), command.hash())});
}

// The entry that the command means; null where there is none.
const OfflineEntryState* find_entry(const schema::ResolveQuarantined& command, const Deciding& deciding) {
  std::string hash = command.hash();
  if (hash.empty()) {
    const auto* chain = deciding.books.get<OfflineChainState>(kChain, command.terminal_id());
    if (chain == nullptr) return nullptr;
    const auto found = std::ranges::find_if(
        chain->open(), [&](const auto& open) { return open.client_seq() == command.client_seq(); });
    if (found == chain->open().end()) return nullptr;
    hash = found->hash();
  }
  return deciding.books.get<OfflineEntryState>(kEntry,
                                               offline_entry_id(command.terminal_id(), command.client_seq(), hash));
}

void write_resolved(const schema::ResolveQuarantined& command, const OfflineEntryState& entry,
                    schema::OfflineQuarantineResolved& fact) {
  fact.set_terminal_id(entry.terminal_id());
  fact.set_client_seq(entry.client_seq());
  fact.set_hash(entry.hash());
  fact.set_resolution(command.resolution());
  fact.set_document_id(command.document_id());
}

Decision decide_resolve(const schema::ResolveQuarantined& command, const Deciding& deciding) {
  if (command.resolution() == schema::OfflineResolution::VALUE_UNSPECIFIED ||
      !schema::OfflineResolution::Value_IsValid(command.resolution())) {
    return reject(schema::VALIDATION_FAILED, "Not a resolution", "/resolution");
  }
  const OfflineEntryState* entry = find_entry(command, deciding);
  if (entry == nullptr) {
    return reject(
        schema::OFFLINE_ENTRY_NOT_FOUND,
        "Terminal " + command.terminal_id() + " has no such open entry " + std::to_string(command.client_seq()),
        "/client_seq");
  }
  if (entry->status() != OfflineEntryState::QUARANTINED) {
    return reject(schema::OFFLINE_NOT_QUARANTINED,
                  "Entry " + std::to_string(command.client_seq()) + " of terminal " + command.terminal_id() +
                      " is not in quarantine",
                  "/client_seq");
  }
  if (entry->resolution() != schema::OfflineResolution::VALUE_UNSPECIFIED) {
    if (entry->resolution() == command.resolution() && entry->document_id() == command.document_id()) {
      return AlreadyDone{Position(entry->resolved_position())};
    }
    return reject(schema::OFFLINE_ALREADY_RESOLVED,
                  "Entry " + std::to_string(command.client_seq()) + " of terminal " + command.terminal_id() +
                      " was resolved otherwise",
                  "/resolution");
  }
  Acceptance accepted;
  write_resolved(command, *entry,
                 *add_event(accepted, deciding, schema::OFFLINE_ENTRY,
                            offline_entry_id(entry->terminal_id(), entry->client_seq(), entry->hash()),
                            Event::kOfflineQuarantineResolved)
                      .mutable_offline_quarantine_resolved());
  write_resolved(
      command, *entry,
      *add_event(accepted, deciding, schema::OFFLINE_CHAIN, entry->terminal_id(), Event::kOfflineChainResolved)
           .mutable_offline_chain_resolved());
  schema::Answer& answer = set_answer(accepted, deciding);
  answer.set_terminal_id(entry->terminal_id());
  answer.set_client_seq(entry->client_seq());
  return accepted;
}

template <class Fact>
void take_entry(OfflineEntryState& state, const Fact& fact, const schema::Record& record) {
  state.set_terminal_id(fact.terminal_id());
  state.set_client_seq(fact.client_seq());
  state.set_hash(fact.hash());
  state.set_idempotency_key(fact.idempotency_key());
  state.set_command(fact.command());
  state.set_position(record.position());
}

void evolve_recorded(OfflineEntryState& state, const schema::OfflineEntryRecorded& fact, const schema::Record& record) {
  take_entry(state, fact, record);
  state.set_status(fact.duplicate_of() != 0 ? OfflineEntryState::DUPLICATE : OfflineEntryState::RECORDED);
}

void evolve_quarantined(OfflineEntryState& state, const schema::OfflineEntryQuarantined& fact,
                        const schema::Record& record) {
  take_entry(state, fact, record);
  state.set_status(OfflineEntryState::QUARANTINED);
  state.set_code(fact.code());
  state.set_pointer(fact.pointer());
  state.set_detail(fact.detail());
  state.set_payload(fact.payload());
}

void evolve_noted(OfflineEntryState& state, const schema::OfflineConsequenceNoted& fact, const schema::Record&) {
  OfflineEntryState::Consequence& consequence = *state.add_consequences();
  consequence.set_code(fact.code());
  consequence.set_pointer(fact.pointer());
  consequence.set_detail(fact.detail());
  consequence.set_count(fact.count());
}

void evolve_resolved(OfflineEntryState& state, const schema::OfflineQuarantineResolved& fact,
                     const schema::Record& record) {
  state.set_resolution(fact.resolution());
  if (!fact.document_id().empty()) state.set_document_id(fact.document_id());
  state.set_resolved_position(record.position());
}

void list_open(OfflineChainState& state, const OfflineChainMoved& fact, const schema::Record& record) {
  if (state.open_size() == kQuarantinedListedMost) state.mutable_open()->DeleteSubrange(0, 1);
  OfflineChainState::Quarantined& open = *state.add_open();
  open.set_client_seq(fact.client_seq());
  open.set_hash(fact.hash());
  open.set_fork(fact.outcome() == OfflineChainMoved::FORK);
  open.set_code(fact.code());
  open.set_detail(fact.detail());
  open.set_at_us(record.recorded_at_us());
}

void evolve_moved(OfflineChainState& state, const OfflineChainMoved& fact, const schema::Record& record) {
  state.set_terminal_id(fact.terminal_id());
  switch (fact.outcome()) {
    case OfflineChainMoved::FORK:
      state.set_forks(state.forks() + 1);
      return list_open(state, fact, record);
    case OfflineChainMoved::QUARANTINED:
      state.set_quarantined(state.quarantined() + 1);
      list_open(state, fact, record);
      break;
    case OfflineChainMoved::DUPLICATE:
      state.set_duplicates(state.duplicates() + 1);
      break;
    case OfflineChainMoved::RECORDED:
    case OfflineChainMoved::OUTCOME_UNSPECIFIED:
    default:  // an open enum of Protobuf
      state.set_recorded(state.recorded() + 1);
      break;
  }
  state.set_last_client_seq(fact.client_seq());
  state.set_last_hash(fact.hash());
}

void evolve_chain_resolved(OfflineChainState& state, const schema::OfflineQuarantineResolved& fact,
                           const schema::Record&) {
  auto& open = *state.mutable_open();
  const auto found = std::ranges::find_if(
      open, [&](const auto& one) { return one.client_seq() == fact.client_seq() && one.hash() == fact.hash(); });
  if (found != open.end()) open.erase(found);
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::resolve_quarantined, needs_resolve, decide_resolve>(Command::kResolveQuarantined),
};
constexpr std::array kEvents{
    event_rule<OfflineEntryState, &Event::offline_entry_recorded, evolve_recorded>(Event::kOfflineEntryRecorded,
                                                                                   schema::OFFLINE_ENTRY),
    event_rule<OfflineEntryState, &Event::offline_entry_quarantined, evolve_quarantined>(
        Event::kOfflineEntryQuarantined, schema::OFFLINE_ENTRY),
    event_rule<OfflineEntryState, &Event::offline_consequence_noted, evolve_noted>(Event::kOfflineConsequenceNoted,
                                                                                   schema::OFFLINE_ENTRY),
    event_rule<OfflineEntryState, &Event::offline_quarantine_resolved, evolve_resolved>(
        Event::kOfflineQuarantineResolved, schema::OFFLINE_ENTRY),
    event_rule<OfflineChainState, &Event::offline_chain_moved, evolve_moved>(Event::kOfflineChainMoved,
                                                                             schema::OFFLINE_CHAIN),
    event_rule<OfflineChainState, &Event::offline_chain_resolved, evolve_chain_resolved>(Event::kOfflineChainResolved,
                                                                                         schema::OFFLINE_CHAIN),
};
constexpr std::array kStates{state_rule<OfflineChainState>(schema::OFFLINE_CHAIN),
                             state_rule<OfflineEntryState>(schema::OFFLINE_ENTRY)};

}  // namespace

const Aggregate& offline_quarantine_aggregate() {
  static constexpr Aggregate kAggregate{"offline_quarantine", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
