// The JetStream stream as the relay wants it, and what its end shows.
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"
#include "projections/relay/nats_client.h"
#include "projections/relay/relay_options.h"
#include "projections/relay/resume.h"

namespace till {

class Stream {
 public:
  // Makes the stream where there is none and corrects subjects, limits, acknowledgement and duplicate window where they
  // differ; what an operator may choose besides (replicas, placement, storage limits of consumers) stays. kInvalid: the
  // stream has a property that cannot be corrected. `connection` and `options` outlive the stream.
  static Result<Stream> ensure(natsConnection* connection, const RelayOptions& options);

  Result<StreamTail> tail();
  // The last sequence given; 0 also for a stream that is gone.
  Result<std::uint64_t> last_sequence();

 private:
  Stream(JetStream context, const RelayOptions& options) : context_(std::move(context)), options_(&options) {}
  Result<StreamInfo> info();
  Status create();
  Status correct(const jsStreamInfo& info);
  // The message at `sequence`, or the newest one for 0; none where it is gone.
  Result<std::optional<StreamTail::Message>> message(std::uint64_t sequence);
  std::string subjects() const { return options_->subject_prefix + ".>"; }

  JetStream context_;
  const RelayOptions* options_;
};

}  // namespace till
