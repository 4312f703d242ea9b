// The shape of an aggregate's file: which commands it decides, which events it folds, and the little that every
// decision writes the same way. A command or event added to an aggregate is one more line of that aggregate's own
// table.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "commands/calendar.h"
#include "engine/domain.h"
#include "schemas/commands.pb.h"
#include "schemas/errors.pb.h"
#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till {

// What the facts of one offline decision met that an online command would have been refused for.
using Consequences = std::vector<Rejection>;

// All that a decision sees besides its command. Lives for one decision.
struct Deciding {
  const DecideContext& context;
  BooksReader& books;
  const ZoneTables& zones;
  const Domain& domain;
  // Null online. A fact that happened while its till was away is taken all the same, and what follows is noted here.
  Consequences* consequences = nullptr;

  bool offline() const { return consequences != nullptr; }
};

struct CommandRule {
  schema::Command::CommandCase command;
  void (*needs)(const schema::Command& command, std::vector<EntityRef>& out);
  Decision (*decide)(const schema::Command& command, const Deciding& deciding);
  bool of_operator = false;  // taken also while the tenant is suspended
};

struct EventRule {
  schema::Event::EventCase event;
  schema::Kind kind;  // of the only streams that the event stands on
  void (*evolve)(google::protobuf::Message& state, const schema::Event& event, const schema::Record& record);
};

struct StateRule {
  schema::Kind kind;
  std::unique_ptr<google::protobuf::Message> (*make)();
  // Removes what a client may not know yet; null where there is no such thing.
  void (*hide)(google::protobuf::Message& state) = nullptr;
};

// The rules of one file of this folder. The spans point at constants.
struct Aggregate {
  std::string_view file;  // without its ending
  std::span<const CommandRule> commands;
  std::span<const EventRule> events;
  std::span<const StateRule> states;
};

// Get is the member's getter in Command; Needs(const Body&, out) and Decide(const Body&, const Deciding&).
template <auto Get, auto Needs, auto Decide>
constexpr CommandRule command_rule(schema::Command::CommandCase which) {
  return {which, [](const schema::Command& command, std::vector<EntityRef>& out) { Needs((command.*Get)(), out); },
          [](const schema::Command& command, const Deciding& deciding) { return Decide((command.*Get)(), deciding); }};
}

// A command of the operator socket.
template <auto Get, auto Needs, auto Decide>
constexpr CommandRule operator_rule(schema::Command::CommandCase which) {
  CommandRule rule = command_rule<Get, Needs, Decide>(which);
  rule.of_operator = true;
  return rule;
}

// Get is the member's getter in Event; Evolve(State&, const Body&, const Record&).
template <class State, auto Get, auto Evolve>
constexpr EventRule event_rule(schema::Event::EventCase which, schema::Kind kind) {
  return {which, kind, [](google::protobuf::Message& state, const schema::Event& event, const schema::Record& record) {
            Evolve(static_cast<State&>(state), (event.*Get)(), record);
          }};
}

template <class State>
constexpr StateRule state_rule(schema::Kind kind) {
  return {kind, []() -> std::unique_ptr<google::protobuf::Message> { return std::make_unique<State>(); }};
}

// Hide(State&).
template <class State, auto Hide>
constexpr StateRule state_rule(schema::Kind kind) {
  return {kind, []() -> std::unique_ptr<google::protobuf::Message> { return std::make_unique<State>(); },
          [](google::protobuf::Message& state) { Hide(static_cast<State&>(state)); }};
}

constexpr EntityKind kind_of(schema::Kind kind) {
  return EntityKind(static_cast<std::uint16_t>(kind));
}

// "SaleCompleted" of the member sale_completed of Event. Members may share a message type: the member is the event.
std::string event_type_name(const google::protobuf::FieldDescriptor& member);

// "sale" of SALE: the name of a kind in the paths of streams.
std::string kind_type_name(schema::Kind kind);

// One check's verdict: empty where it has nothing against the command.
using Refusal = std::optional<Rejection>;

// For checks that a fact passes whatever they say: the refusal as it is online, a note of it offline.
Refusal or_note(const Deciding& deciding, Refusal refusal);

Rejection reject(schema::ErrorCode code, std::string detail, std::string pointer = {});

// The code of a refusal, which carries its name.
schema::ErrorCode code_of(const Rejection& rejection);

// VERSION_MISMATCH at <place>/expected_version, naming both, where the command expects another version than `version`
// of `what`, "Store s1". A command that states none expects nothing.
template <class Command>
Refusal check_expected_version(const Command& command, std::uint64_t version, const std::string& what,
                               std::string_view place = {}) {
  if (!command.has_expected_version() || command.expected_version() == version) return std::nullopt;
  return reject(
      schema::VERSION_MISMATCH,
      what + " is at version " + std::to_string(version) + ", not " + std::to_string(command.expected_version()),
      std::string(place) + "/expected_version");
}

// "/lines/2/sku" of ("lines", 2, "sku"); without a field "/lines/2".
std::string item_pointer(std::string_view list, std::size_t index, std::string_view field = {});

// An empty event at the end of `acceptance`, on the stream (kind, id).
schema::Event& add_event(Acceptance& acceptance, const Deciding& deciding, schema::Kind kind, std::string id,
                         schema::Event::EventCase type);

// The body of an event by its member, for members that share a message.
google::protobuf::Message& mutable_body(schema::Event& event, schema::Event::EventCase member);

// The empty answer of `acceptance`.
schema::Answer& set_answer(Acceptance& acceptance, const Deciding& deciding);

// Same command content as that whose fingerprint was stored.
inline bool same_content(std::string_view stored, const Deciding& deciding) {
  return stored == as_bytes(deciding.context.fingerprint);
}

// For each key the index of the first equal one (its own where it is the first). `first` has the size of `keys`.
void find_first_equal(std::span<const std::string_view> keys, std::span<std::uint32_t> first);

}  // namespace till
