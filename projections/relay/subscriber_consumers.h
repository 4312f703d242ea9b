// The durable pull consumers of subscribers outside, in the stream. Each call has a connection of its own and may take
// as long as the timeouts of its options.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/result.h"
#include "projections/relay/relay_options.h"
#include "projections/relay/subscriber.h"

namespace till {

enum class SubscriberStart : std::uint8_t {
  kOldest,  // with everything that the stream still holds
  kNew,     // with what is published from now on
};

// Makes the consumers that are missing, as happens when their server lost its files. One that has read further than its
// stream reaches, of a stream that lost its end, is made anew at that end, so that it sees what is published again.
// kUnavailable where NATS does not answer or there is no stream yet.
Status ensure_consumers(const RelayOptions& stream, std::span<const Subscriber> subscribers, SubscriberStart start);

// Also where there is none.
Status remove_consumer(const RelayOptions& stream, const Subscriber& subscriber);

struct SubscriberLag {
  std::uint64_t waiting = 0;         // messages that it has not been given yet
  std::uint64_t unacknowledged = 0;  // given to it
};

// Of each subscriber; none where it has no consumer.
Result<std::vector<std::optional<SubscriberLag>>> read_lags(const RelayOptions& stream,
                                                            std::span<const Subscriber> subscribers);

// Whether its user can log in and reaches its consumer; kUnavailable says what failed.
Status try_subscriber(const RelayOptions& stream, const Subscriber& subscriber, const std::string& password);

}  // namespace till
