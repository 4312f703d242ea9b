// The home of the NATS client's header: its handles as owners, its errors as values.
#pragma once

#include <memory>
#include <string>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <nats/nats.h>
#pragma GCC diagnostic pop

#include "engine/result.h"
#include "projections/relay/relay_options.h"

namespace till {

template <auto destroy>
struct NatsDestroy {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};

using NatsConnection = std::unique_ptr<natsConnection, NatsDestroy<&natsConnection_Destroy>>;
using NatsSubscription = std::unique_ptr<natsSubscription, NatsDestroy<&natsSubscription_Destroy>>;
using NatsMessage = std::unique_ptr<natsMsg, NatsDestroy<&natsMsg_Destroy>>;
using NatsSettings = std::unique_ptr<natsOptions, NatsDestroy<&natsOptions_Destroy>>;
using JetStream = std::unique_ptr<jsCtx, NatsDestroy<&jsCtx_Destroy>>;
using StreamInfo = std::unique_ptr<jsStreamInfo, NatsDestroy<&jsStreamInfo_Destroy>>;
using ConsumerInfo = std::unique_ptr<jsConsumerInfo, NatsDestroy<&jsConsumerInfo_Destroy>>;

// kUnavailable: "<what>: <text of the status>".
Error nats_error(const std::string& what, natsStatus status);

// One connection without reconnecting: what an earlier connection had in hand is never sent behind the caller's back.
Result<NatsConnection> nats_connect(const RelayOptions& options);

}  // namespace till
