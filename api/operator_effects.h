// Operator routes for effects and dead letters. What changes something takes a `reason`, is logged before it is done,
// and answers once it is done.
//
//   GET  /operator/effects
//        {effects:[{effect, position, lag, in_hand, waiting, held, dead, done, failed, erased, rate, oldest_pending?,
//        state, error?}]}
//   POST /operator/effects/{effect}/pause     {reason} -> {position}; the same with resume
//   POST /operator/effects/{effect}/replay
//        {from, to?, tenant?, ignore_ledger?, dry_run?, reason?} -> {events, known, deliveries, examples:[…],
//        position?}
//   GET  /operator/dead-letters               ?effect=&tenant=&target=&event=&after=&limit= -> {dead_letters:[…],
//   next?} GET  /operator/dead-letters/{id}          one of them, with its record POST /operator/dead-letters/redrive
//        {effect?, tenant?, target?, event?, rate?, dry_run?, reason?} -> {deliveries, position?}
//   POST /operator/dead-letters/{id}/redrive  {reason} -> {deliveries, position}; the same with discard
//
// from and to are positions, as numbers or as the text that clients see, or times (RFC 3339), both included; to left
// out is the log's end. A dry run changes and logs nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/command_submit.h"
#include "api/operator_api.h"
#include "engine/domain.h"
#include "engine/follower.h"
#include "projections/effects/effect_actions.h"
#include "projections/effects/effect_host.h"

namespace till {

// Thread safe. Everything given outlives it; it outlives the OperatorApi.
class OperatorEffects {
 public:
  static constexpr std::size_t kDeadLettersDefault = 100;  // of one answer
  static constexpr std::size_t kDeadLettersMost = 1000;

  OperatorEffects(Feed& feed, const Domain& domain, EffectHost& host, EffectActions& actions,
                  const CommandSubmit& submit);
  void add_routes(OperatorApi& api);

 private:
  OperatorAnswer list() const;
  OperatorAnswer pause(const OperatorRequest& request, bool paused);
  OperatorAnswer replay(const OperatorRequest& request, const std::atomic<bool>& stopping);
  OperatorAnswer dead_letters(const OperatorRequest& request) const;
  OperatorAnswer dead_letter(const OperatorRequest& request) const;
  OperatorAnswer redrive_all(const OperatorRequest& request);
  OperatorAnswer act_on_letter(const OperatorRequest& request, bool discard);
  Result<Position> read_place(std::string_view text) const;
  // Logs the action and waits until it is done.
  struct Done {
    Position position;
    EffectActionResult result;
  };
  Result<Done> act(schema::EffectAction action, std::string_view reason);

  Feed& feed_;
  const Domain& domain_;
  EffectHost& host_;
  EffectActions& actions_;
  const CommandSubmit& submit_;
  std::function<bool()> stopping_ = [] { return false; };
};

}  // namespace till
