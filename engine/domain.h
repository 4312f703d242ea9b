// What the engine asks of the rules it runs: names, decisions, folding. Implemented once for retail, and by small fakes
// in the engine's own tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include "engine/vocabulary.h"
#include "schemas/record.pb.h"

namespace till {

// The business says no. `code` is the name of a till.schema.ErrorCode and outlives the program.
struct Rejection {
  std::string_view code;
  std::string detail;
  std::string pointer;         // JSON pointer to the field, empty where no single field is at fault
  std::uint64_t expected = 0;  // what to send instead: of gaps in a sequence only
};

// The first result of the same content stands at this position: answer with it.
struct AlreadyDone {
  Position position;
};

// Facts of one accepted command. Messages live on the arena given to decide().
struct Acceptance {
  struct NewEvent {
    EntityKind kind;
    std::string stream_id;
    std::uint32_t type;                        // field number in till.schema.Event
    const google::protobuf::Message* message;  // a whole till.schema.Event
  };
  std::vector<NewEvent> events;
  const google::protobuf::Message* answer = nullptr;
  std::string terminal;  // set where a terminal sequence is used up
  std::uint64_t terminal_seq = 0;
  std::int64_t occurred_at_us = 0;
  std::int32_t business_date = 0;  // yyyymmdd
};

using Decision = std::variant<Acceptance, Rejection, AlreadyDone>;

// Read access to one tenant's entities during decide(). The engine notices a look at an entity that is not in memory:
// the decision is dropped, the entity loaded, and the command comes again; so decide() treats null as "does not exist".
class BooksReader {
 public:
  virtual ~BooksReader() = default;
  virtual const google::protobuf::Message* find(EntityKind kind, std::string_view id) = 0;
  template <class State>
  const State* get(EntityKind kind, std::string_view id) {
    return static_cast<const State*>(find(kind, id));
  }
};

// All that decide() may know besides the command and the books.
struct DecideContext {
  std::string_view tenant;
  Position position;  // that the transaction will have
  Micros recorded_at;
  Fingerprint fingerprint{};        // of the command as its client sent it
  std::string_view bound_terminal;  // the only terminal that the actor may act for; empty: any
  std::uint32_t actor_scope = 0;    // the domain's number for what the actor's credential permits; 0: no credential
  google::protobuf::Arena* arena = nullptr;
};

// Pure: no clock, random, thread, locale, float or I/O. Thread safe, since const.
class Domain {
 public:
  virtual ~Domain() = default;
  // A new message of the event type, on `arena`.
  virtual google::protobuf::Message* new_event(google::protobuf::Arena* arena) const = 0;
  // "SaleCompleted" for its type number; empty where unknown.
  virtual std::string_view event_name(std::uint32_t type) const = 0;
  // "sale" for its kind; empty where unknown.
  virtual std::string_view kind_name(EntityKind kind) const = 0;
  virtual std::string_view command_name(const google::protobuf::Message& command) const = 0;
  // Empty state of a kind; null for a kind that is not the domain's.
  virtual std::unique_ptr<google::protobuf::Message> new_state(EntityKind kind) const = 0;
  // The entities that decide() will look at, as far as the command tells; they are loaded before it is sequenced.
  virtual void needs(const google::protobuf::Message& command, std::vector<EntityRef>& out) const = 0;
  virtual Decision decide(const google::protobuf::Message& command, const DecideContext& context,
                          BooksReader& books) const = 0;
  // Folds one event into its entity. `event` is a whole event message, `record` the header around it with its position.
  virtual void evolve(EntityKind kind, google::protobuf::Message& state, const google::protobuf::Message& event,
                      const schema::Record& record) const = 0;
  // Raised with every change of what evolve() makes of old events.
  virtual std::uint32_t fold_version() const = 0;
};

}  // namespace till
