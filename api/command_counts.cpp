#include "api/command_counts.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "api/activity.h"

namespace till {
namespace {

constexpr std::array<std::string_view, kCommandFates> kNames{"accepted", "rejected", "replayed", "refused"};

}  // namespace

CommandFate fate_of(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kAccepted:
      return CommandFate::kAccepted;
    case OutcomeKind::kReplayed:
      return CommandFate::kReplayed;
    case OutcomeKind::kRejected:
      return CommandFate::kRejected;
    case OutcomeKind::kKeyReused:
    case OutcomeKind::kOverloaded:
    case OutcomeKind::kNotReady:
    case OutcomeKind::kDiskReserve:
    case OutcomeKind::kOutcomeUnknown:
    case OutcomeKind::kTooLarge:
    case OutcomeKind::kCrashed:
      break;
  }
  return CommandFate::kRefused;
}

void CommandCounts::add(std::string_view tenant, CommandFate fate) {
  FateCounts one{};
  one[static_cast<std::size_t>(fate)] = 1;
  add(tenant, one);
}

void CommandCounts::add(std::string_view tenant, const FateCounts& counts) {
  const std::lock_guard lock(mutex_);
  auto found = tenants_.find(tenant);
  if (found == tenants_.end() && tenants_.size() < kTenantsCounted) {
    found = tenants_.emplace(std::string(tenant), FateCounts{}).first;
  }
  FateCounts& sums = found == tenants_.end() ? further_tenants_ : found->second;
  for (std::size_t fate = 0; fate < sums.size(); ++fate) sums[fate] += counts[fate];
}

void CommandCounts::write(MetricsText& text) const {
  std::vector<std::pair<std::string, FateCounts>> tenants;
  FateCounts others;
  {
    const std::lock_guard lock(mutex_);
    tenants.assign(tenants_.begin(), tenants_.end());
    others = further_tenants_;
  }
  const auto sum = [](const FateCounts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  };
  std::sort(tenants.begin(), tenants.end(), [&](const auto& a, const auto& b) {
    const std::uint64_t of_a = sum(a.second);
    const std::uint64_t of_b = sum(b.second);
    return of_a != of_b ? of_a > of_b : a.first < b.first;
  });
  for (std::size_t i = kTenantsShown; i < tenants.size(); ++i) {
    for (std::size_t fate = 0; fate < others.size(); ++fate) others[fate] += tenants[i].second[fate];
  }
  if (tenants.size() > kTenantsShown) tenants.resize(kTenantsShown);
  tenants.emplace_back(kOtherTenants, others);
  text.family("till_tenant_commands_total", "counter",
              "Commands by tenant and by what became of them, the busiest tenants by name; refused: not decided.");
  for (const auto& [name, counts] : tenants) {
    for (std::size_t fate = 0; fate < counts.size(); ++fate) {
      text.sample({{"tenant", name}, {"outcome", kNames[fate]}}, counts[fate]);
    }
  }
}

}  // namespace till
