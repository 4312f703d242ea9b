// What became of each tenant's commands, for the metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/metrics_text.h"
#include "engine/engine.h"

namespace till {

// Accepted: made or changed something. Rejected: a rule said no. Replayed: answered with an earlier result. Refused:
// neither was decided, be it at the door (form, scope) or for load, key reuse or trouble of the server.
enum class CommandFate : std::uint8_t { kAccepted, kRejected, kReplayed, kRefused };

inline constexpr std::size_t kCommandFates = 4;

// How many commands met each fate, in the order of CommandFate.
using FateCounts = std::array<std::uint64_t, kCommandFates>;

CommandFate fate_of(OutcomeKind kind);

// Each command counts once, when its answer is known. Thread safe.
class CommandCounts {
 public:
  void add(std::string_view tenant, CommandFate fate);
  void add(std::string_view tenant, const FateCounts& counts);
  // The busiest tenants by name, all others together.
  void write(MetricsText& text) const;

  static constexpr std::size_t kTenantsCounted = 10'000;
  static constexpr std::size_t kTenantsShown = 50;

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, FateCounts, TextHash, std::equal_to<>> tenants_;
  FateCounts further_tenants_{};
};

}  // namespace till
