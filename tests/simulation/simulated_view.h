// A view with its rows and checkpoint in one place, as a crash leaves them: some state that it once had, rows and
// checkpoint together.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "engine/follower.h"
#include "tests/simulation/dice.h"

namespace till::simulation {

// What every view and the auditor must agree on.
struct Sums {
  std::map<std::string, std::int64_t> on_hand_e5;  // by <store>/<sku>
  std::int64_t sales = 0;                          // less the voided ones
  std::int64_t net = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};

class SimulatedView : public View {
 public:
  // `checkpoint_first`: a view with the fault that its checkpoint is stored before its rows.
  SimulatedView(Dice& dice, bool checkpoint_first) : dice_(dice), checkpoint_first_(checkpoint_first) {}

  std::string_view name() const override { return "simulated"; }
  Result<LogPoint> checkpoint() override { return now_.at; }
  Status apply(std::span<const TransactionPtr> batch) override;

  void crash();
  const Sums& sums() const { return now_.sums; }

 private:
  struct Stored {
    Sums sums;
    LogPoint at;
  };
  void keep(const Stored& stored);

  Dice& dice_;
  const bool checkpoint_first_;
  Stored now_;
  std::deque<Stored> kept_{Stored{}};
};

}  // namespace till::simulation
