// Judges a run from the log's bytes and the clients' journal alone, by code that shares nothing with the rules, the
// books or the followers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/log.h"
#include "tests/simulation/fleet.h"
#include "tests/simulation/simulated_view.h"

namespace till::simulation {

class Auditor {
 public:
  // Every fault found; empty where all is well.
  std::vector<std::string> audit(const Log& log, const std::deque<Entry>& journal);
  // What views must show, after audit().
  const Sums& sums() const { return sums_; }

 private:
  struct Change {
    Position at;
    std::int64_t value;
  };
  using History = std::map<std::string, std::vector<Change>>;

  void take(std::string_view stored);
  void take_event(const schema::Event& event, const std::string& stream);
  void take_sale(const schema::SaleCompleted& sale);
  void move_stock(const std::string& item, std::int64_t delta_e5, std::int64_t after_e5, bool may_be_negative);
  void check_entry(const Entry& entry);
  void check_accepted(const Entry& entry, const Outcome& outcome);
  bool explains(const Entry& entry, const Entry::Told& told) const;
  bool stock_was_short(const schema::RingUpSale& sale, Position from, Position to) const;
  void fault(std::string what);

  // True where some value that held at a head from `from` to `to` satisfies `wanted`.
  template <class Wanted>
  static bool once(const History& history, const std::string& name, Position from, Position to, const Wanted& wanted);

  Position at_;
  std::string expected_prev_hash_;
  std::uint64_t tenant_seq_ = 0;
  std::map<std::string, std::pair<Position, std::string>> by_key_;  // idempotency key -> position, answer
  History stock_;                                                   // <store>/<sku> -> on hand
  History sequences_;                                               // terminal -> last sequence
  std::map<std::string, Position> sales_, voids_;
  Sums sums_;
  std::vector<std::string> faults_;
};

}  // namespace till::simulation
