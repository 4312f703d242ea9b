#include "ops/effect_set.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "ops/desk_route.h"
#include "ops/effect_factory.h"

namespace till {

EffectSet::EffectSet(const ServerParts& parts, EffectSetOptions options)
    : parts_(parts), options_(std::move(options)) {}

EffectSet::~EffectSet() {
  stop();
}

Result<std::unique_ptr<EffectSet>> EffectSet::open(const ServerParts& parts, EffectSetOptions options) {
  std::unique_ptr<EffectSet> set(new EffectSet(parts, std::move(options)));
  Feed& feed = parts.engine.feed();
  Result<std::unique_ptr<ServerKnowledge>> knowledge = ServerKnowledge::open(parts);
  if (!knowledge.ok()) return knowledge.error();
  set->knowledge_ = std::move(*knowledge);
  EffectHostOptions host_options;
  host_options.directory = set->options_.directory;
  host_options.stream = set->options_.stream;
  host_options.time_scale = set->options_.settings.time_scale;
  host_options.clock = effect_time;
  Result<std::unique_ptr<EffectHost>> host = EffectHost::open(feed, parts.domain, host_options);
  if (!host.ok()) return host.error();
  set->host_ = std::move(*host);
  if (Status added = set->add_effects(); !added.ok()) return added.error();
  Result<std::unique_ptr<EffectActions>> actions = EffectActions::open(feed, *set->host_, set->options_.directory);
  if (!actions.ok()) return actions.error();
  set->actions_ = std::move(*actions);
  set->routes_ =
      std::make_unique<OperatorEffects>(feed, parts.domain, *set->host_, *set->actions_, set->knowledge_->submit());
  return set;
}

Status EffectSet::add_effects() {
  const EffectSettings& settings = options_.settings;
  if (settings.allow_private_addresses) {
    spdlog::warn("effects.allow_private_addresses is on: tenants can have requests sent to inside of this network");
  }
  if (settings.time_scale < 1) {
    spdlog::warn("effects.time_scale is {}: waits between attempts are shorter than receivers expect",
                 settings.time_scale);
  }
  Result<std::unique_ptr<CardGateway>> gateway = make_card_gateway(settings);
  if (!gateway.ok()) return gateway.error();
  gateway_ = std::move(*gateway);
  const EffectOutlets outlets{options_.mail, gateway_.get()};
  for (const std::string_view name : kEffectNames) {
    std::unique_ptr<Effect> effect = make_effect(name, knowledge_->knowledge(), settings, outlets, parts_.zones);
    if (!effect) {
      // Once it is configured it has all that happens from now on.
      const Result<Position> begin = host_->ledger().begin(name, parts_.engine.feed().durable().position.next());
      if (!begin.ok()) return begin.error();
      continue;
    }
    // Whose order one process alone can keep runs here in any case.
    const bool runs = settings.run_here || name == kGateway;
    if (Status added = host_->add(std::move(effect), threads_of_effect(name), runs); !added.ok()) return added;
  }
  return {};
}

void EffectSet::add_routes(OperatorApi& api) {
  routes_->add_routes(api);
  add_desk_route(api, *host_, knowledge_->knowledge());
}

void EffectSet::start(bool deliver) {
  actions_->start();
  if (deliver) host_->start();
}

void EffectSet::stop() {
  if (actions_) actions_->stop();
  if (host_) host_->stop();
  if (knowledge_) knowledge_->stop();
}

}  // namespace till
