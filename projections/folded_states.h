// The newest states of some kinds of entities in memory, folded from the log: what effects have to know of a tenant.
// Fit for kinds of which a tenant has one, or few.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <google/protobuf/message.h>

#include "engine/domain.h"
#include "engine/engine.h"
#include "engine/follower.h"

namespace till {

// Thread safe apart from the View calls, which its own follower makes.
class FoldedStates final : public View {
 public:
  using State = std::shared_ptr<const google::protobuf::Message>;

  // Reads the entities of `kinds` out of the books and follows the log from there. Before the engine's first command;
  // all that is given outlives the result.
  static Result<std::unique_ptr<FoldedStates>> open(Engine& engine, const Domain& domain,
                                                    std::vector<EntityKind> kinds);
  ~FoldedStates() override;
  void stop() { follower_.stop(); }

  // Null where there is no such entity. It does not change any more.
  State find(EntityKind kind, std::string_view tenant, std::string_view id) const;
  template <class Message>
  std::shared_ptr<const Message> get(EntityKind kind, std::string_view tenant, std::string_view id) const {
    return std::static_pointer_cast<const Message>(find(kind, tenant, id));
  }
  // Whether all up to `position` is in the states; waits for it as long as `timeout`.
  bool wait_for(Position position, std::chrono::milliseconds timeout) { return follower_.wait_for(position, timeout); }
  FollowerStatus status() const { return follower_.status(); }

  std::string_view name() const override { return "effect_states"; }
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;

 private:
  using Key = std::tuple<EntityKind, std::string, std::string>;  // kind, tenant, id

  FoldedStates(Engine& engine, const Domain& domain, std::vector<EntityKind> kinds);
  Status load(Engine& engine);
  void fold(const Transaction& transaction, int index);

  const Domain& domain_;
  const std::vector<EntityKind> kinds_;
  mutable std::shared_mutex mutex_;
  std::map<Key, State> states_;
  LogPoint at_;
  Follower follower_;
};

}  // namespace till
