#include "ops/effect_worker.h"

#include <utility>

#include "ops/mail.h"
#include "ops/zone_tables.h"
#include "projections/effects/effect_host.h"

namespace till {

struct EffectWorker::Running {
  std::unique_ptr<RemoteDesk> desk;
  std::unique_ptr<Effect> effect;
  std::unique_ptr<JetStreamSource> source;
  std::unique_ptr<EffectRunner> runner;
};

EffectWorker::EffectWorker(EffectWorkerOptions options) : options_(std::move(options)) {}

EffectWorker::~EffectWorker() {
  stop();
}

Result<std::unique_ptr<EffectWorker>> EffectWorker::open(EffectWorkerOptions options) {
  std::unique_ptr<EffectWorker> worker(new EffectWorker(std::move(options)));
  Result<ZoneTables> zones = load_zone_tables();
  if (!zones.ok()) return zones.error();
  worker->zones_ = std::move(*zones);
  if (!worker->options_.settings.mail.url.empty()) {
    Result<std::unique_ptr<SmtpMailSender>> mail = make_mail_sender(worker->options_.settings.mail);
    if (!mail.ok()) return mail.error();
    worker->mail_ = std::move(*mail);
  }
  for (const std::string& name : worker->options_.names) {
    if (Status added = worker->add(name); !added.ok()) return added.error();
  }
  return worker;
}

Status EffectWorker::add(const std::string& name) {
  if (name == kGateway) {
    return Error{ErrorKind::kInvalid, "the requests of a payment keep their order: the server alone sends them"};
  }
  auto running = std::make_unique<Running>();
  running->desk = std::make_unique<RemoteDesk>(options_.data, name, options_.worker);
  const Result<RemoteDesk::Beginning> beginning = running->desk->begin();
  if (!beginning.ok()) return beginning.error();
  const EffectOutlets outlets{mail_.get(), nullptr};
  running->effect = make_effect(name, running->desk->knowledge(*beginning), options_.settings, outlets, zones_);
  if (!running->effect) return Error{ErrorKind::kInvalid, "effect " + name + " is not configured"};
  JetStreamSourceOptions source;
  source.stream = options_.stream;
  source.consumer = effect_consumer(name);
  source.log_id = beginning->log_id;
  running->source = std::make_unique<JetStreamSource>(
      std::move(source), [desk = running->desk.get(), name] { return finished_up_to(desk->progress(name)).next(); },
      [desk = running->desk.get()](const EventPlace& place) { return has_event(*desk, place); });
  EffectRunnerOptions runner;
  runner.begin = beginning->position;
  runner.worker = options_.worker;
  runner.threads = threads_of_effect(name);
  runner.time_scale = options_.settings.time_scale;
  running->runner = std::make_unique<EffectRunner>(*running->effect, *running->desk, *running->source, *running->desk,
                                                   effect_time, runner);
  running_.push_back(std::move(running));
  return {};
}

void EffectWorker::start() {
  for (const auto& running : running_) running->runner->start();
}

void EffectWorker::stop() {
  for (const auto& running : running_) running->runner->begin_stop();
  for (const auto& running : running_) running->runner->stop();
}

}  // namespace till
