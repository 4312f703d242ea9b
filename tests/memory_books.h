// The retail rules without an engine: books in memory, one command after the other, records kept for replay. What the
// sequencer does around decide() and evolve() is repeated here in its plainest form.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/arena.h>

#include "commands/retail_domain.h"
#include "engine/domain.h"

namespace till::testing {

using EntityKey = std::pair<std::uint16_t, std::string>;

class MemoryBooks : public BooksReader {
 public:
  explicit MemoryBooks(const Domain& domain) : domain_(domain) {}

  const google::protobuf::Message* find(EntityKind kind, std::string_view id) override;

  // Folds a record: its events, and the terminal chain that the engine keeps.
  void apply(const schema::Record& record);

  // Serialized state of every entity.
  std::map<EntityKey, std::string> images() const;

  // The entities that find() was asked for since the last call.
  std::vector<EntityKey> take_looks() { return std::exchange(looks_, {}); }

 private:
  const Domain& domain_;
  std::map<EntityKey, std::unique_ptr<google::protobuf::Message>> entities_;
  std::vector<EntityKey> looks_;
};

// The microsecond at which tests begin: 2026-03-02 10:00 UTC, a Monday.
inline constexpr std::int64_t kTestStartUs = 1'772'445'600'000'000;

// UTC, Europe/Berlin and America/New_York with their offsets of 2026.
ZoneTables test_zones();

// A till whose log is a vector.
class MemoryTill {
 public:
  MemoryTill();

  struct Sent {
    Decision decision;
    std::vector<schema::Event> events;  // copies, of an acceptance
    schema::Answer answer;
  };

  // Decides and, where accepted, applies. Equal commands have equal fingerprints. `bound_terminal` and
  // `actor_scope` as in DecideContext.
  Sent send(const schema::Command& command, std::string_view bound_terminal = {}, std::uint32_t actor_scope = 0);

  const RetailDomain& domain() const { return domain_; }
  MemoryBooks& books() { return books_; }
  const std::vector<schema::Record>& log() const { return log_; }
  void set_now(std::int64_t recorded_at_us) { now_us_ = recorded_at_us; }
  std::int64_t now() const { return now_us_; }

  // Looks of the last decision that the command's needs() had not named.
  const std::vector<EntityKey>& unforeseen() const { return unforeseen_; }

 private:
  void record(const schema::Command& command, const Acceptance& accepted, const Fingerprint& fingerprint);

  RetailDomain domain_;
  MemoryBooks books_;
  std::vector<schema::Record> log_;
  std::int64_t now_us_ = kTestStartUs;
  std::vector<EntityKey> unforeseen_;
};

}  // namespace till::testing
