#include "api/metrics.h"

#include <algorithm>

#include "api/routes.h"

namespace till {
namespace {

// The groups that routes name, in their order. The last one takes what has no route.
std::vector<std::string> endpoint_groups() {
  std::vector<std::string> groups;
  for (const Route& route : all_routes()) {
    if (std::find(groups.begin(), groups.end(), route.group) == groups.end()) groups.push_back(route.group);
  }
  groups.emplace_back("other");
  return groups;
}

std::uint64_t lag_of(Position durable, Position at) {
  return durable > at ? durable.value() - at.value() : 0;
}

}  // namespace

Metrics::Metrics() : latency_(endpoint_groups()) {}

std::string Metrics::text() const {
  MetricsText text;
  latency_.write(text);
  for (const Source& source : sources_) source(text);
  return text.take();
}

std::string_view state_name(FollowerState state) {
  switch (state) {
    case FollowerState::kRunning:
      return "running";
    case FollowerState::kRetrying:
      return "retrying";
    case FollowerState::kHeld:
      return "held";
    case FollowerState::kStopped:
      return "stopped";
  }
  return "unknown";
}

void write_engine_metrics(MetricsText& text, const EngineStats& stats, bool ready, const LogPoint& durable) {
  text.gauge("till_ready", "1 while commands are taken.", ready ? 1 : 0);
  text.gauge("till_log_position", "Last durable position.", durable.position.value());
  text.gauge("till_log_epoch", "Epoch of the log.", durable.epoch.value());
  text.counter("till_commit_groups_total", "Synced writes of the log.", stats.groups);
  text.counter("till_transactions_total", "Transactions made durable.", stats.transactions);
  text.gauge("till_commit_group_size", "Transactions in the last synced write.", stats.group_last);
  text.counter("till_rejections_total", "Commands that a rule rejected.", stats.rejections);
  text.counter("till_replays_total", "Commands answered with an earlier result.", stats.replays);
  text.counter("till_refusals_total",
               "Commands refused before any rule: reused keys, too large, crashed before, not ready.", stats.refusals);
  text.counter("till_log_bytes_total", "Bytes appended to the log.", stats.bytes);
  text.counter_seconds("till_sync_seconds_total", "Time spent in synced writes.", stats.sync_us_total);
  text.family("till_sync_last_seconds", "gauge", "Duration of the last synced write.");
  text.sample_seconds({}, stats.sync_us_last);
  text.gauge("till_queued_commands", "Commands that wait for the sequencer.", stats.queued_commands);
  text.counter_seconds("till_queue_wait_seconds_total", "Time that submissions waited for the sequencer.",
                       stats.queue_wait_us_total);
  text.counter("till_queue_waits_total", "Submissions that the sequencer has reached.", stats.queue_waits);
  text.gauge("till_books_entities", "Entities in the memory of the books.", stats.books_entities);
  text.gauge("till_books_bytes", "Memory of the books.", stats.books_bytes);
  text.counter("till_books_loads_total", "Entities loaded from the books' store.", stats.books_loads);
  text.gauge("till_recovered_transactions", "Transactions replayed into the books at start.",
             stats.recovered_transactions);
}

void write_follower_metrics(MetricsText& text, const std::vector<FollowerSample>& followers, Position durable) {
  text.family("till_view_position", "gauge", "Position that a view reflects.");
  for (const auto& one : followers) text.sample({{"view", one.view}}, one.status.at.position.value());
  text.family("till_view_lag", "gauge", "Durable transactions that a view does not reflect yet.");
  for (const auto& one : followers) text.sample({{"view", one.view}}, lag_of(durable, one.status.at.position));
  text.family("till_view_state", "gauge", "1 for the state that a view is in.");
  for (const auto& one : followers) {
    text.sample({{"view", one.view}, {"state", state_name(one.status.state)}}, 1);
  }
}

void write_effect_metrics(MetricsText& text, const std::vector<EffectInfo>& effects) {
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    text.family(name, "gauge", help);
    for (const EffectInfo& one : effects) text.sample({{"effect", one.name}}, value(one));
  };
  gauge("till_effect_lag", "Transactions that an effect has not finished.", [](const auto& one) { return one.lag; });
  gauge("till_effect_in_hand", "Events and deliveries that are being delivered.",
        [](const auto& one) { return one.counts.in_hand; });
  gauge("till_effect_waiting", "Deliveries that wait for their next attempt.",
        [](const auto& one) { return one.counts.waiting; });
  gauge("till_effect_held", "Deliveries behind another one of their key.",
        [](const auto& one) { return one.counts.held; });
  gauge("till_effect_dead", "Dead letters.", [](const auto& one) { return one.counts.dead; });
  text.family("till_effect_attempts_total", "counter", "Attempts since the start, by outcome.");
  for (const EffectInfo& one : effects) {
    text.sample({{"effect", one.name}, {"outcome", "done"}}, one.status.done);
    text.sample({{"effect", one.name}, {"outcome", "failed"}}, one.status.failed);
  }
}

}  // namespace till
