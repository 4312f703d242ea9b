// All that /metrics shows, put together from its sources.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/latency.h"
#include "api/metrics_text.h"
#include "engine/engine.h"
#include "engine/follower.h"
#include "projections/effects/effect_host.h"

namespace till {

struct FollowerSample {
  std::string view;
  FollowerStatus status;
};

// Sources are added before the first text(); text() from any thread.
class Metrics {
 public:
  using Source = std::function<void(MetricsText&)>;
  Metrics();

  Latency& latency() { return latency_; }
  void add_source(Source source) { sources_.push_back(std::move(source)); }
  // Prometheus text exposition 0.0.4.
  std::string text() const;

  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  Latency latency_;
  std::vector<Source> sources_;
};

void write_engine_metrics(MetricsText& text, const EngineStats& stats, bool ready, const LogPoint& durable);
void write_follower_metrics(MetricsText& text, const std::vector<FollowerSample>& followers, Position durable);

std::string_view state_name(FollowerState state);

void write_effect_metrics(MetricsText& text, const std::vector<EffectInfo>& effects);

}  // namespace till
