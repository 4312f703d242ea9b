#include "api/activity.h"

#include <algorithm>

#include "engine/result.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kActivityPace{100};
constexpr std::size_t kTenantsCounted = 10'000;
constexpr std::size_t kTenantsShown = 50;
constexpr std::size_t kStreamPlaces = 256;
constexpr std::size_t kStreamsShown = 20;

}  // namespace

FrequentNames::FrequentNames(std::size_t places) : places_(places) {
  entries_.reserve(places);
}

std::size_t FrequentNames::rarest() const {
  const auto found = std::min_element(entries_.begin(), entries_.end(),
                                      [](const Entry& a, const Entry& b) { return a.count < b.count; });
  return static_cast<std::size_t>(found - entries_.begin());
}

void FrequentNames::add(std::string_view name, std::uint64_t times) {
  if (const auto found = index_.find(name); found != index_.end()) {
    entries_[found->second].count += times;
    return;
  }
  if (entries_.size() < places_) {
    index_.emplace(std::string(name), entries_.size());
    entries_.push_back({std::string(name), times});
    return;
  }
  const std::size_t place = rarest();
  Entry& entry = entries_[place];
  index_.erase(entry.name);
  entry.name = name;
  entry.count += times;
  index_.emplace(entry.name, place);
}

std::vector<FrequentNames::Entry> FrequentNames::top(std::size_t count) const {
  std::vector<Entry> sorted = entries_;
  std::sort(sorted.begin(), sorted.end(),
            [](const Entry& a, const Entry& b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
  if (sorted.size() > count) sorted.resize(count);
  return sorted;
}

Activity::Activity(Feed& feed, const Domain& domain)
    : domain_(domain),
      at_(feed.durable()),
      streams_(kStreamPlaces),
      follower_(feed, *this, FollowerOptions{.pace = kActivityPace}) {
  follower_.start();
}

Activity::~Activity() {
  stop();
}

void Activity::stop() {
  follower_.stop();
}

Result<LogPoint> Activity::checkpoint() {
  const std::lock_guard lock(mutex_);
  return at_;
}

Status Activity::apply(std::span<const TransactionPtr> batch) {
  const std::lock_guard lock(mutex_);
  TILL_ASSERT(batch.front()->position() == at_.position.next());
  for (const TransactionPtr& transaction : batch) {
    count_tenant(*transaction);
    if (sampled(transaction->position())) count_streams(*transaction);
  }
  at_ = batch.back()->point();
  return {};
}

bool Activity::sampled(Position position) {
  // SplitMix64: every bit of the position moves every bit of the result.
  std::uint64_t hash = position.value() + 0x9E37'79B9'7F4A'7C15u;
  hash = (hash ^ (hash >> 30)) * 0xBF58'476D'1CE4'E5B9u;
  hash = (hash ^ (hash >> 27)) * 0x94D0'49BB'1331'11EBu;
  return (hash ^ (hash >> 31)) % kStreamSample == 0;
}

void Activity::count_tenant(const Transaction& transaction) {
  const std::string& name = transaction.record().tenant();
  if (name.empty()) return;
  auto found = tenants_.find(name);
  if (found == tenants_.end() && tenants_.size() < kTenantsCounted) found = tenants_.emplace(name, Tenant{}).first;
  Tenant& tenant = found == tenants_.end() ? further_tenants_ : found->second;
  ++tenant.transactions;
  tenant.bytes += transaction.stored_bytes();
}

void Activity::count_streams(const Transaction& transaction) {
  std::string name;
  for (const schema::RecordedEvent& event : transaction.record().events()) {
    name.assign(transaction.record().tenant()).push_back('/');
    name.append(domain_.kind_name(EntityKind(static_cast<std::uint16_t>(event.stream_kind()))));
    name.push_back('/');
    name.append(event.stream_id());
    streams_.add(name, kStreamSample);
  }
}

void Activity::write(MetricsText& text) const {
  std::vector<std::pair<std::string, Tenant>> tenants;
  Tenant other;
  std::vector<FrequentNames::Entry> streams;
  {
    const std::lock_guard lock(mutex_);
    tenants.assign(tenants_.begin(), tenants_.end());
    other = further_tenants_;
    streams = streams_.top(kStreamsShown);
  }
  std::sort(tenants.begin(), tenants.end(), [](const auto& a, const auto& b) {
    return a.second.transactions != b.second.transactions ? a.second.transactions > b.second.transactions
                                                          : a.first < b.first;
  });
  for (std::size_t i = kTenantsShown; i < tenants.size(); ++i) {
    other.transactions += tenants[i].second.transactions;
    other.bytes += tenants[i].second.bytes;
  }
  if (tenants.size() > kTenantsShown) tenants.resize(kTenantsShown);
  tenants.emplace_back(kOtherTenants, other);
  text.family("till_tenant_transactions_total", "counter", "Accepted transactions by tenant, the busiest by name.");
  for (const auto& [name, tenant] : tenants) text.sample({{"tenant", name}}, tenant.transactions);
  text.family("till_tenant_bytes_total", "counter", "Bytes stored in the log by tenant, the busiest by name.");
  for (const auto& [name, tenant] : tenants) text.sample({{"tenant", name}}, tenant.bytes);
  text.family("till_hot_stream_events", "gauge",
              "Events on the hottest streams since the start, estimated by sampling.");
  for (const auto& entry : streams) text.sample({{"stream", entry.name}}, entry.count);
}

}  // namespace till
