#include "projections/folded_states.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace till {
namespace {

constexpr std::chrono::milliseconds kStatesPace{20};

}  // namespace

FoldedStates::FoldedStates(Engine& engine, const Domain& domain, std::vector<EntityKind> kinds)
    : domain_(domain),
      kinds_(std::move(kinds)),
      follower_(engine.feed(), *this, FollowerOptions{.pace = kStatesPace}) {}

FoldedStates::~FoldedStates() {
  stop();
}

Result<std::unique_ptr<FoldedStates>> FoldedStates::open(Engine& engine, const Domain& domain,
                                                         std::vector<EntityKind> kinds) {
  std::unique_ptr<FoldedStates> made(new FoldedStates(engine, domain, std::move(kinds)));
  if (Status loaded = made->load(engine); !loaded.ok()) return loaded.error();
  made->follower_.start();
  return made;
}

Status FoldedStates::load(Engine& engine) {
  const std::unique_lock lock(mutex_);
  at_ = engine.feed().durable();
  for (const EntityKind kind : kinds_) {
    Status scanned =
        engine.scan(kind, [&](std::string_view tenant, std::string_view id, const google::protobuf::Message& state) {
          std::shared_ptr<google::protobuf::Message> copy(state.New());
          copy->CopyFrom(state);
          states_[{kind, std::string(tenant), std::string(id)}] = std::move(copy);
        });
    if (!scanned.ok()) return scanned;
  }
  return {};
}

FoldedStates::State FoldedStates::find(EntityKind kind, std::string_view tenant, std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = states_.find({kind, std::string(tenant), std::string(id)});
  return found == states_.end() ? nullptr : found->second;
}

Result<LogPoint> FoldedStates::checkpoint() {
  const std::shared_lock lock(mutex_);
  return at_;
}

Status FoldedStates::apply(std::span<const TransactionPtr> batch) {
  TILL_ASSERT(batch.front()->position() == at_.position.next());
  for (const TransactionPtr& transaction : batch) {
    for (int i = 0; i < transaction->event_count(); ++i) {
      const EntityKind kind(static_cast<std::uint16_t>(transaction->record().events(i).stream_kind()));
      if (std::ranges::find(kinds_, kind) != kinds_.end()) fold(*transaction, i);
    }
  }
  const std::unique_lock lock(mutex_);
  at_ = batch.back()->point();
  return {};
}

// Readers keep what they were given: each event makes a new state.
void FoldedStates::fold(const Transaction& transaction, int index) {
  const schema::RecordedEvent& event = transaction.record().events(index);
  const EntityKind kind(static_cast<std::uint16_t>(event.stream_kind()));
  const Key key{kind, transaction.record().tenant(), event.stream_id()};
  const std::unique_lock lock(mutex_);
  State& state = states_[key];
  std::shared_ptr<google::protobuf::Message> next(state ? state->New() : domain_.new_state(kind).release());
  if (state) next->CopyFrom(*state);
  domain_.evolve(kind, *next, transaction.event(index), transaction.record());
  state = std::move(next);
}

}  // namespace till
