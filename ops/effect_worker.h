// Effects in a process of their own: they share the stream and the ledger of a server with it and with each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands/calendar.h"
#include "ops/config.h"
#include "ops/effect_factory.h"
#include "ops/remote_desk.h"
#include "projections/effects/jetstream_source.h"

namespace till {

struct EffectWorkerOptions {
  std::string data;                // of the server
  std::vector<std::string> names;  // of effects
  std::string worker;              // its name in the ledger, one of its own
  RelayOptions stream;
  EffectSettings settings;
};

// One thread opens, starts and stops it.
class EffectWorker {
 public:
  // kUnavailable where no server answers, kNotFound where it has no such effect, kInvalid where the effect lacks its
  // configuration or needs the order that one process alone can keep.
  static Result<std::unique_ptr<EffectWorker>> open(EffectWorkerOptions options);
  ~EffectWorker();

  void start();
  // What is being delivered is finished. Idempotent.
  void stop();

 private:
  struct Running;

  explicit EffectWorker(EffectWorkerOptions options);
  Status add(const std::string& name);

  const EffectWorkerOptions options_;
  ZoneTables zones_;
  std::unique_ptr<MailSender> mail_;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace till
