// The retail rules as the engine sees them.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/calendar.h"
#include "commands/rules.h"
#include "engine/domain.h"

namespace till {

// Every aggregate, in the order of the documents.
std::span<const Aggregate> retail_aggregates();

// The rule of a command by its member of Command; null where there is none. For a command that holds another one.
const CommandRule* find_command_rule(schema::Command::CommandCase which);

// Removes from a state what a client may not know yet, as what a drawer should hold before a blind count.
void hide_from_clients(EntityKind kind, google::protobuf::Message& state);

// Commands are schema::Command, events schema::Event, answers schema::Answer. The dispatch tables are made once from
// the aggregates' own; tests/rules_test.cpp holds them against the descriptors. Thread safe, since never changed.
class RetailDomain : public Domain {
 public:
  // `zones` are the time zones that a store may choose; "UTC" should be one of them.
  explicit RetailDomain(ZoneTables zones);

  google::protobuf::Message* new_event(google::protobuf::Arena* arena) const override;
  std::string_view event_name(std::uint32_t type) const override;
  std::string_view kind_name(EntityKind kind) const override;
  std::string_view command_name(const google::protobuf::Message& command) const override;
  std::unique_ptr<google::protobuf::Message> new_state(EntityKind kind) const override;
  void needs(const google::protobuf::Message& command, std::vector<EntityRef>& out) const override;
  // A command with no member set is refused with COMMAND_UNKNOWN.
  Decision decide(const google::protobuf::Message& command, const DecideContext& context,
                  BooksReader& books) const override;
  void evolve(EntityKind kind, google::protobuf::Message& state, const google::protobuf::Message& event,
              const schema::Record& record) const override;
  std::uint32_t fold_version() const override;

  const ZoneTables& zones() const { return zones_; }

 private:
  const CommandRule* rule_of(const google::protobuf::Message& command) const;

  ZoneTables zones_;
  // By field number in Command and Event, by value of Kind; null or empty where there is none.
  std::vector<const CommandRule*> commands_;
  std::vector<const EventRule*> events_;
  std::vector<const StateRule*> states_;
  std::vector<std::string> event_names_;
  std::vector<std::string> kind_names_;
};

}  // namespace till
