// An event as a NATS message: subject, CloudEvents headers in binary mode, the stored payload as body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/domain.h"
#include "engine/effect.h"
#include "engine/result.h"
#include "engine/transaction.h"
#include "projections/relay/nats_client.h"

namespace till {

// "2026-11-23T08:15:30.000001Z".
std::string rfc3339(Micros time);

// What rfc3339() has written; nothing for any other text.
std::optional<Micros> read_rfc3339(std::string_view text);

// A CloudEvents attribute as a header value: everything but visible ASCII without `"` and `%` is percent-encoded.
std::string header_value(std::string_view text);

// Makes messages of one log. One thread; `domain` outlives it.
class EventMessages {
 public:
  EventMessages(const Domain& domain, std::string stream, std::string subject_prefix);

  // kPoison where an event of the transaction cannot be published: a name that is unknown or unfit for a subject.
  Status check(const Transaction& transaction) const;

  // The message of event `index`, to stand behind sequence `last_sequence` of the stream and, except for the first one,
  // behind the message made before; the acknowledgement goes to `reply`; none is asked for
  // where that is empty. kPoison as check().
  Result<NatsMessage> make(const Transaction& transaction, int index, std::uint64_t last_sequence,
                           const std::string& reply);

 private:
  Result<std::string> subject_of(const schema::Record& record, const schema::RecordedEvent& event) const;
  void prepare(const schema::Record& record);

  const Domain& domain_;
  const std::string stream_;
  const std::string subject_prefix_;
  std::string previous_id_;  // of the message made before
  // Header values of the transaction in hand.
  std::uint64_t prepared_ = 0;
  std::string id_prefix_;
  std::string source_;
  std::string time_;
  std::string position_;
  std::string traceparent_;
};

// What EventMessages::make() has made, back again; `event` is left to who knows the log. kInvalid: the message is a
// stranger's.
Result<EffectMessage> read_event_message(natsMsg* message);

}  // namespace till
