#include "ops/remote_desk.h"

#include <chrono>
#include <thread>
#include <utility>

#include "ops/desk_codec.h"

namespace till {
namespace {

using schema::DeskAnswer;
using schema::DeskCall;

// A call waits for a sync of the ledger at most, or for the read cache.
constexpr std::chrono::seconds kDeskTimeout{30};
// Until the lease is over, and the server lets others have what this worker had.
constexpr std::chrono::seconds kInsistMost{60};
constexpr std::chrono::milliseconds kInsistPause{500};

EffectClaim claim_of(std::uint32_t number) {
  const std::uint32_t most = static_cast<std::uint32_t>(EffectClaim::kBehind);
  return static_cast<EffectClaim>(std::min(number, most));
}

void ask_of(DeskCall::Ask& ask, const std::string& tenant, const std::string& id, Position position) {
  ask.set_tenant(tenant);
  ask.set_id(id);
  ask.set_position(position.value());
}

}  // namespace

RemoteDesk::RemoteDesk(std::string data, std::string effect, std::string worker)
    : data_(std::move(data)), effect_(std::move(effect)), worker_(std::move(worker)) {}

Result<std::unique_ptr<OperatorClient>> RemoteDesk::take_client() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<OperatorClient> client = std::move(idle_.back());
      idle_.pop_back();
      return client;
    }
  }
  return connect_operator(data_, kDeskTimeout);
}

Result<DeskAnswer> RemoteDesk::ask(DeskCall& call) const {
  call.set_effect(effect_);
  call.set_worker(worker_);
  Result<std::unique_ptr<OperatorClient>> client = take_client();
  if (!client.ok()) return client.error();
  const Result<JsonNode> reply = ask_operator(**client, "POST", "/operator/desk", desk_body("call", call));
  if (!reply.ok()) return Error{ErrorKind::kUnavailable, reply.error().message};
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(*client));
  }
  const std::optional<std::string> bytes = from_hex((*reply)["answer"].text());
  DeskAnswer answer;
  if (!bytes || !answer.ParseFromString(*bytes)) {
    return Error{ErrorKind::kInvalid, "the server is of another version than this worker"};
  }
  if (Status status = status_of(answer); !status.ok()) return status.error();
  return answer;
}

// What was done is not forgotten because an answer was lost: the server knows what it has heard before.
Status RemoteDesk::insist(DeskCall& call) const {
  const auto until = std::chrono::steady_clock::now() + kInsistMost;
  for (;;) {
    const Result<DeskAnswer> answer = ask(call);
    if (answer.ok()) return {};
    if (answer.error().kind != ErrorKind::kUnavailable || std::chrono::steady_clock::now() > until) {
      return answer.error();
    }
    std::this_thread::sleep_for(kInsistPause);
  }
}

Result<RemoteDesk::Beginning> RemoteDesk::begin() {
  DeskCall call;
  call.set_begin(true);
  const Result<DeskAnswer> answer = ask(call);
  if (!answer.ok()) return answer.error();
  Beginning beginning;
  beginning.position = Position(answer->position());
  beginning.epoch = Epoch(answer->epoch());
  if (!from_hex(answer->log_id(), beginning.log_id)) return Error{ErrorKind::kInvalid, "the server tells no log id"};
  return beginning;
}

Status RemoteDesk::claim(std::string_view, std::span<const EventRef> events, std::span<const std::string> keys,
                         std::string_view, Micros, std::vector<EffectClaim>& answers) {
  answers.clear();
  DeskCall call;
  call.mutable_claim();
  for (const EventRef& event : events) to_desk(event, *call.mutable_claim()->add_events());
  for (const std::string& key : keys) call.mutable_claim()->add_keys(key);
  const Result<DeskAnswer> answer = ask(call);
  if (!answer.ok()) return answer.error();
  if (answer->claims_size() != static_cast<int>(events.size())) {
    return Error{ErrorKind::kInvalid, "the server has answered other claims"};
  }
  for (const std::uint32_t claim : answer->claims()) answers.push_back(claim_of(claim));
  return {};
}

void RemoteDesk::renew(std::string_view, const EffectHeld& held, std::string_view, Micros) {
  DeskCall call;
  call.mutable_renew();
  for (const EventRef& event : held.events) to_desk(event, *call.mutable_renew()->add_events());
  for (const DeliveryRef& delivery : held.parked) {
    DeliveryOutcome outcome;
    outcome.delivery = delivery;
    to_desk(outcome, *call.mutable_renew()->add_parked());
  }
  static_cast<void>(ask(call));
}

void RemoteDesk::finish(std::string_view, const EventRef& event, const EventLabel& label,
                        std::span<const DeliveryOutcome> outcomes, Micros, Callback durable) {
  DeskCall call;
  to_desk(event, *call.mutable_finish()->mutable_event());
  to_desk(label, *call.mutable_finish()->mutable_label());
  for (const DeliveryOutcome& outcome : outcomes) to_desk(outcome, *call.mutable_finish()->add_outcomes());
  durable(insist(call));
}

void RemoteDesk::hold(std::string_view, const EventRef& event, const EventLabel& label, Micros, Callback durable) {
  DeskCall call;
  to_desk(event, *call.mutable_hold()->mutable_event());
  to_desk(label, *call.mutable_hold()->mutable_label());
  durable(insist(call));
}

void RemoteDesk::release(std::string_view, const EventRef& event) {
  DeskCall call;
  to_desk(event, *call.mutable_release());
  static_cast<void>(ask(call));
}

Result<std::vector<ParkedRow>> RemoteDesk::take_due(std::string_view, std::size_t most,
                                                    std::span<const std::string> without, std::string_view, Micros) {
  DeskCall call;
  call.mutable_due()->set_most(static_cast<std::uint32_t>(most));
  for (const std::string& target : without) call.mutable_due()->add_without(target);
  Result<DeskAnswer> answer = ask(call);
  if (!answer.ok()) return answer.error();
  std::vector<ParkedRow> rows;
  for (schema::DeskParked& parked : *answer->mutable_due()) {
    rows.push_back({{from_desk(parked.event()), parked.target()}, std::move(*parked.mutable_parked())});
  }
  return rows;
}

void RemoteDesk::settle(std::string_view, const DeliveryOutcome& outcome, Micros, Callback durable) {
  DeskCall call;
  to_desk(outcome, *call.mutable_settle());
  durable(insist(call));
}

void RemoteDesk::put_back(std::string_view, const DeliveryRef& delivery) {
  DeskCall call;
  DeliveryOutcome outcome;
  outcome.delivery = delivery;
  to_desk(outcome, *call.mutable_put_back());
  static_cast<void>(ask(call));
}

Status RemoteDesk::cover(std::string_view, Position from, Position to) {
  DeskCall call;
  call.mutable_cover()->set_from(from.value());
  call.mutable_cover()->set_to(to.value());
  const Result<DeskAnswer> answer = ask(call);
  return answer.ok() ? Status() : Status(answer.error());
}

schema::EffectProgress RemoteDesk::progress(std::string_view) const {
  DeskCall call;
  call.set_progress(true);
  const Result<DeskAnswer> answer = ask(call);
  const std::lock_guard lock(mutex_);
  if (answer.ok()) progress_ = answer->progress();
  return progress_;
}

Result<EffectMessage> RemoteDesk::find(const EventRef& event) {
  DeskCall call;
  to_desk(event, *call.mutable_find());
  const Result<DeskAnswer> answer = ask(call);
  if (!answer.ok()) return answer.error();
  if (answer->messages().empty()) return Error{ErrorKind::kNotFound, "the log has no such event"};
  return from_desk(answer->messages(0));
}

Status RemoteDesk::read(Position after, Position last, std::vector<EffectMessage>& out, Position& reached) {
  out.clear();
  DeskCall call;
  call.mutable_read()->set_after(after.value());
  call.mutable_read()->set_last(last.value());
  const Result<DeskAnswer> answer = ask(call);
  if (!answer.ok()) return answer.error();
  for (const schema::DeskMessage& message : answer->messages()) out.push_back(from_desk(message));
  reached = Position(answer->position());
  return {};
}

EffectKnowledge RemoteDesk::knowledge(const Beginning& beginning) {
  EffectKnowledge known;
  known.log_id = beginning.log_id;
  known.epoch = beginning.epoch;
  known.endpoints = [this](const std::string& tenant,
                           Position position) -> Result<std::shared_ptr<const schema::WebhookEndpointsState>> {
    DeskCall call;
    ask_of(*call.mutable_endpoints(), tenant, {}, position);
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return std::make_shared<const schema::WebhookEndpointsState>(answer->endpoints());
  };
  known.secrets = [this](const std::string& tenant, const schema::WebhookEndpoint& endpoint,
                         Micros) -> Result<std::vector<std::string>> {
    DeskCall call;
    call.mutable_secrets()->set_tenant(tenant);
    *call.mutable_secrets()->mutable_endpoint() = endpoint;
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return std::vector<std::string>(answer->secrets().begin(), answer->secrets().end());
  };
  known.submit = [this](const std::string& tenant, const schema::Command& command, const std::string& key) -> Status {
    DeskCall call;
    call.mutable_submit()->set_tenant(tenant);
    call.mutable_submit()->set_key(key);
    *call.mutable_submit()->mutable_command() = command;
    const Result<DeskAnswer> answer = ask(call);
    return answer.ok() ? Status() : Status(answer.error());
  };
  known.alert_policy = [this](const std::string& tenant) -> Result<schema::AlertPolicyState> {
    DeskCall call;
    ask_of(*call.mutable_alert_policy(), tenant, {}, Position());
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return answer->alert_policy();
  };
  known.variance_limit = [this](const std::string& tenant,
                                const std::string& store) -> Result<std::optional<schema::Money>> {
    DeskCall call;
    ask_of(*call.mutable_variance_limit(), tenant, store, Position());
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return answer->has_limit() ? std::optional(answer->limit()) : std::nullopt;
  };
  known.receipts = receipt_sources();
  return known;
}

ReceiptMailSources RemoteDesk::receipt_sources() {
  ReceiptMailSources sources;
  sources.receipt = [this](const std::string& tenant, const ReceiptRef& receipt,
                           Position at_least) -> Result<std::optional<ReceiptTexts>> {
    DeskCall call;
    ask_of(*call.mutable_receipt(), tenant, receipt.id, at_least);
    call.mutable_receipt()->set_of_return(receipt.kind == ReceiptRef::Kind::kReturn);
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return answer->receipt().found() ? std::optional(from_desk(answer->receipt())) : std::nullopt;
  };
  sources.address = [this](const std::string& tenant, const std::string& customer_id,
                           Position at_least) -> Result<MailReceiver> {
    DeskCall call;
    ask_of(*call.mutable_address(), tenant, customer_id, at_least);
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return from_desk(answer->receiver());
  };
  sources.sealed_address = [this](const std::string& tenant, const std::string& customer_id, const std::string& sealed,
                                  Position at_least) -> Result<MailReceiver> {
    DeskCall call;
    ask_of(*call.mutable_sealed_address(), tenant, customer_id, at_least);
    call.mutable_sealed_address()->set_sealed(sealed);
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return from_desk(answer->receiver());
  };
  sources.own_template = [this](const std::string& tenant) -> Result<MailTemplate> {
    DeskCall call;
    ask_of(*call.mutable_template_(), tenant, {}, Position());
    const Result<DeskAnswer> answer = ask(call);
    if (!answer.ok()) return answer.error();
    return MailTemplate{answer->template_().subject(), answer->template_().text(), answer->template_().html()};
  };
  return sources;
}

}  // namespace till
