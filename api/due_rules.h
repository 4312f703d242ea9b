// What ends by itself, as one table: how the moment is read from an entity and from an event, and which command ends
// it. Something else that expires is one more line there.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "api/due_index.h"
#include "commands/calendar.h"
#include "engine/vocabulary.h"
#include "schemas/commands.pb.h"
#include "schemas/events.pb.h"
#include "schemas/values.pb.h"

namespace till {

// Knows the stores' clocks besides, since a time card ends with its store's day. One thread.
class DueRules {
 public:
  // `zones` outlive this object.
  explicit DueRules(const ZoneTables& zones) : zones_(zones) {}

  // The kinds of entities that are to be read, stores first: the others are read by their clocks.
  static std::span<const EntityKind> kinds();
  // Whether an event of this type (field number in Event) may say something.
  static bool concerns(std::uint32_t event_type);

  // Appends what ends by itself. `state` is of the kind's type.
  void read_state(std::string_view tenant, EntityKind kind, std::string_view id, const google::protobuf::Message& state,
                  std::vector<Due>& out);
  void read_event(std::string_view tenant, const schema::Event& event, std::vector<Due>& out);

  // The command that ends it; null where the tenant has no store that it could count for.
  std::unique_ptr<schema::Command> command_for(const Due& due) const;
  // The same for the same thing at the same moment, so that it is ended once, whatever crashes between.
  static std::string key_of(const Due& due);

 private:
  void take_store(std::string_view tenant, std::string_view store_id, const schema::StorePolicy* policy);
  std::string first_store(std::string_view tenant) const;
  void add_timecard(std::string_view tenant, std::string_view employee_id, const std::string& store_id,
                    std::int64_t opened_at_us, std::int64_t changed_at_us, std::vector<Due>& out) const;

  struct StoreClock {
    bool set = false;  // whether the store has said when its day ends
    std::string time_zone;
    std::uint32_t cutoff_hour = 0;
  };
  const ZoneTables& zones_;
  // By tenant and store.
  std::map<std::string, std::map<std::string, StoreClock, std::less<>>, std::less<>> stores_;
};

}  // namespace till
