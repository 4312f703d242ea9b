// Events as effects see them, from the log itself.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/domain.h"
#include "engine/effect_runner.h"
#include "engine/follower.h"
#include "projections/relay/message_id.h"

namespace till {

// As the stream has it. `index` is one of the transaction's.
EffectMessage effect_message(const Transaction& transaction, int index, const Domain& domain);

// Whether `log` has an event under this very id.
bool has_event(EffectLog& log, const EventPlace& place);

// Thread safe. Feed and domain outlive it.
class LogEvents final : public EffectLog {
 public:
  static constexpr std::size_t kReadTransactions = 512;  // at once
  static constexpr std::size_t kReadBytes = 4u << 20;

  LogEvents(Feed& feed, const Domain& domain) : feed_(feed), domain_(domain) {}

  Result<EffectMessage> find(const EventRef& event) override;
  Status read(Position after, Position last, std::vector<EffectMessage>& out, Position& reached) override;

 private:
  Feed& feed_;
  const Domain& domain_;
};

}  // namespace till
