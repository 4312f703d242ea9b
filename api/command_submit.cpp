#include "api/command_submit.h"

#include <sodium.h>

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "api/validation.h"

namespace till {
namespace {

Result<Position> submitted(const Outcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::kAccepted:
    case OutcomeKind::kReplayed:
      return outcome.position;
    case OutcomeKind::kRejected:
      return Error{ErrorKind::kInvalid, std::string(outcome.rejection.code) + ": " + outcome.rejection.detail};
    case OutcomeKind::kKeyReused:
      return Error{ErrorKind::kInvalid, "the key stands for another command"};
    case OutcomeKind::kTooLarge:
      return Error{ErrorKind::kInvalid, "the command is too large"};
    case OutcomeKind::kCrashed:
      return Error{ErrorKind::kInvalid, "the same command stopped the process before"};
    case OutcomeKind::kOverloaded:
      return Error{ErrorKind::kUnavailable, "the tenant's queue is full"};
    case OutcomeKind::kNotReady:
      return Error{ErrorKind::kUnavailable, "commands are not taken now"};
    case OutcomeKind::kDiskReserve:
      return Error{ErrorKind::kUnavailable, "the disk is nearly full"};
    case OutcomeKind::kOutcomeUnknown:
      break;
  }
  return Error{ErrorKind::kOutcomeUnknown, "the log failed"};
}

}  // namespace

std::string random_command_key() {
  constexpr std::size_t kRandomBytes = 16;
  std::string random(kRandomBytes, '\0');
  randombytes_buf(random.data(), random.size());
  return "operator-" + to_hex(random);
}

Result<Position> CommandSubmit::submit(std::string_view tenant, const schema::Command& command, std::string_view key,
                                       std::string_view actor) const {
  CommandRequest request;
  request.tenant = tenant;
  request.key = own_key({"server", key});
  request.fingerprint = Fingerprinter::of(fingerprinter_.key_for(tenant), command_body(command));
  request.body = std::make_unique<schema::Command>(command);
  request.actor = actor;
  std::vector<CommandRequest> requests;
  requests.push_back(std::move(request));
  auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> answered = promise->get_future();
  engine_.submit(std::move(requests),
                 [promise](std::vector<Outcome>&& outcomes) { promise->set_value(std::move(outcomes.front())); });
  return submitted(answered.get());
}

}  // namespace till
