// Tills and back offices that send commands, make mistakes, repeat themselves, and write down every answer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/log.h"
#include "schemas/commands.pb.h"
#include "tests/simulation/dice.h"

namespace till::simulation {

inline constexpr const char* kTenant = "acme";
inline constexpr int kStores = 2;  // the first has DENY, the second ALLOW_NEGATIVE
inline constexpr int kTerminals = 4;
inline constexpr int kProducts = 5;

std::string store_name(int store);
std::string sku_name(int product);

// One command with everything that was ever answered to it.
struct Entry {
  struct Told {
    Outcome outcome;
    Position asked_at;  // newest position that any client had been told of when it was sent
    Position known_at;  // durable head when the answer came
  };
  std::string key;
  schema::Command command;
  std::vector<Told> told;
  bool accepted() const;
};

// Not thread safe: where the engine answers on another thread, `Post` hands the answer over.
class Fleet {
 public:
  // Has an answer taken on the thread that calls act().
  using Post = std::function<void(std::function<void()> take)>;

  // Takes answers at once.
  explicit Fleet(Dice& dice);
  Fleet(Dice& dice, int terminals, Post post);

  // Commands that make stores, terminals and products; each is to be accepted before the next.
  std::vector<schema::Command> setup() const;
  // One client does something, if it has nothing in flight. `engine` and `log` are of the running process.
  void act(Engine& engine, const Log& log);
  // Sends a command of its own, outside the clients' turns.
  void send(Engine& engine, const Log& log, schema::Command command);
  // What was in flight will never be answered.
  void crash();
  std::size_t in_flight() const { return in_flight_; }
  // Answers of a kind, of all processes.
  std::uint64_t answers(OutcomeKind kind) const;

  // Stable addresses: entries are only added.
  const std::deque<Entry>& journal() const { return journal_; }

 private:
  struct Client {
    std::string terminal;
    int store = 0;
    std::uint64_t next_sequence = 1;
    Entry* open = nullptr;  // not finally answered
    bool in_flight = false;
  };
  void submit(Client* client, Entry& entry, Engine& engine, const Log& log);
  void note(Client* client, Entry& entry, Position asked_at, const Log& log, Outcome&& outcome);
  Entry& add_entry(schema::Command command);
  schema::Command draw(Client& client);
  void draw_sale(Client& client, schema::RingUpSale& sale);

  Dice& dice_;
  const Post post_;
  std::vector<Client> clients_;
  std::deque<Entry> journal_;
  std::vector<std::string> sold_;  // sale ids that were accepted
  std::map<OutcomeKind, std::uint64_t> answers_;
  Position told_most_;
  std::size_t in_flight_ = 0;
  std::uint64_t generation_ = 0;  // of the process: answers of a dead one do not come
};

}  // namespace till::simulation
