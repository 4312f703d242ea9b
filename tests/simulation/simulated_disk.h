// A file on a disk that loses, tears and fails as real ones may.
//
// What was written stays visible to every process until the power is cut. What was synced survives that too; of the
// rest any pages may survive, in any order, and the others read as zeros. A sync that fails may have written some
// pages, and the kernel forgets that the others were never written: they stay visible, and no later sync writes them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "tests/simulation/dice.h"

namespace till::simulation {

// Troubles of the disk under all files of one simulation.
struct DiskTroubles {
  bool off = false;         // the process is dead: nothing is written any more
  bool full = false;        // no space is left
  bool fails_sync = false;  // the next sync fails
  bool lies = false;        // a sync does nothing and says that it did
};

class SimulatedFile {
 public:
  explicit SimulatedFile(DiskTroubles& troubles) : troubles_(troubles) {}

  Status append(std::string_view bytes);
  Status sync();
  // Another file takes this one's place, whole and durable.
  void replace(std::string bytes);
  const std::string& bytes() const { return bytes_; }

  void cut_power(Dice& dice);

 private:
  DiskTroubles& troubles_;
  std::string bytes_;         // as processes see it
  std::size_t durable_ = 0;   // bytes at the front that a power cut leaves
  bool writes_lost_ = false;  // a sync has failed: what is not durable now never will be
};

}  // namespace till::simulation
