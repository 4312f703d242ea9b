#include "commands/running_promotions.h"

#include <algorithm>
#include <array>

namespace till {
namespace {

using schema::RunningPromotionMoved;
using schema::RunningPromotionsState;
using Running = RunningPromotionsState::Running;

constexpr EntityKind kRunning = kind_of(schema::RUNNING_PROMOTIONS);
constexpr std::string_view kOnly = "default";

const RunningPromotionsState* find_list(const Deciding& deciding) {
  return deciding.books.get<RunningPromotionsState>(kRunning, kOnly);
}

const Running* find_running(const RunningPromotionsState* list, std::string_view promotion_id) {
  if (list == nullptr) return nullptr;
  const auto found = std::ranges::find(list->promotions(), promotion_id, &Running::promotion_id);
  return found == list->promotions().end() ? nullptr : &*found;
}

bool is_over(const Running& running, std::int64_t at_us) {
  return running.has_valid_to_us() && running.valid_to_us() <= at_us;
}

bool same_time(const Running& running, const schema::Promotion& rule) {
  return running.valid_from_us() == rule.valid_from_us() && running.has_valid_to_us() == rule.has_valid_to_us() &&
         running.valid_to_us() == rule.valid_to_us();
}

// Those that keep their place beside this one.
std::ptrdiff_t count_others(const RunningPromotionsState* list, std::string_view promotion_id, std::int64_t at_us) {
  if (list == nullptr) return 0;
  return std::ranges::count_if(list->promotions(), [&](const Running& running) {
    return running.promotion_id() != promotion_id && !is_over(running, at_us);
  });
}

void erase(RunningPromotionsState& state, const std::string& promotion_id, std::int64_t at_us) {
  auto& all = *state.mutable_promotions();
  const auto kept = std::remove_if(all.begin(), all.end(), [&](const Running& running) {
    return running.promotion_id() == promotion_id || is_over(running, at_us);
  });
  all.erase(kept, all.end());
}

void evolve_listed(RunningPromotionsState& state, const RunningPromotionMoved& fact, const schema::Record& record) {
  erase(state, fact.promotion_id(), record.recorded_at_us());
  Running& running = *state.add_promotions();
  running.set_promotion_id(fact.promotion_id());
  running.set_valid_from_us(fact.valid_from_us());
  if (fact.has_valid_to_us()) running.set_valid_to_us(fact.valid_to_us());
}

void evolve_unlisted(RunningPromotionsState& state, const RunningPromotionMoved& fact, const schema::Record& record) {
  erase(state, fact.promotion_id(), record.recorded_at_us());
}

using schema::Event;

constexpr std::array kEvents{
    event_rule<RunningPromotionsState, &Event::promotion_listed, evolve_listed>(Event::kPromotionListed,
                                                                                schema::RUNNING_PROMOTIONS),
    event_rule<RunningPromotionsState, &Event::promotion_unlisted, evolve_unlisted>(Event::kPromotionUnlisted,
                                                                                    schema::RUNNING_PROMOTIONS),
};
constexpr std::array kStates{state_rule<RunningPromotionsState>(schema::RUNNING_PROMOTIONS)};

}  // namespace

const Aggregate& running_promotions_aggregate() {
  static constexpr Aggregate kAggregate{"running_promotions", {}, kEvents, kStates};
  return kAggregate;
}

void need_running_promotions(std::vector<EntityRef>& out) {
  out.push_back({kRunning, std::string(kOnly)});
}

Refusal list_promotion(const std::string& promotion_id, const schema::Promotion& rule, const Deciding& deciding,
                       Acceptance& accepted) {
  const RunningPromotionsState* list = find_list(deciding);
  const Running* known = find_running(list, promotion_id);
  if (known != nullptr && same_time(*known, rule)) return std::nullopt;
  if (count_others(list, promotion_id, deciding.context.recorded_at.value()) >= kRunningPromotionsMost) {
    return reject(schema::CATALOG_LIMIT_REACHED,
                  std::to_string(kRunningPromotionsMost) + " promotions run already; one of them has to end before",
                  "/promotion_id");
  }
  auto& fact = *add_event(accepted, deciding, schema::RUNNING_PROMOTIONS, std::string(kOnly), Event::kPromotionListed)
                    .mutable_promotion_listed();
  fact.set_promotion_id(promotion_id);
  fact.set_valid_from_us(rule.valid_from_us());
  if (rule.has_valid_to_us()) fact.set_valid_to_us(rule.valid_to_us());
  return std::nullopt;
}

void unlist_promotion(const std::string& promotion_id, const Deciding& deciding, Acceptance& accepted) {
  if (find_running(find_list(deciding), promotion_id) == nullptr) return;
  add_event(accepted, deciding, schema::RUNNING_PROMOTIONS, std::string(kOnly), Event::kPromotionUnlisted)
      .mutable_promotion_unlisted()
      ->set_promotion_id(promotion_id);
}

std::vector<std::string_view> running_promotions(const Deciding& deciding, Micros at) {
  std::vector<std::string_view> ids;
  const RunningPromotionsState* list = find_list(deciding);
  if (list == nullptr) return ids;
  for (const Running& running : list->promotions()) {
    if (running.valid_from_us() <= at.value() && !is_over(running, at.value())) ids.push_back(running.promotion_id());
  }
  return ids;
}

}  // namespace till
