#include "ops/desk_route.h"

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "ops/desk_codec.h"
#include "ops/effect_factory.h"

namespace till {
namespace {

using schema::DeskAnswer;
using schema::DeskCall;

// Waits for what a call makes durable.
template <class Call>
Status durable(Call call) {
  auto promise = std::make_shared<std::promise<Status>>();
  std::future<Status> done = promise->get_future();
  call([promise](const Status& status) { promise->set_value(status); });
  return done.get();
}

class Desk {
 public:
  Desk(EffectHost& host, EffectKnowledge knowledge) : host_(host), knowledge_(std::move(knowledge)) {}

  DeskAnswer answer(const DeskCall& call);

 private:
  Status run(const DeskCall& call, DeskAnswer& answer);
  Status ask_ledger(const DeskCall& call, DeskAnswer& answer);
  Status ask_log(const DeskCall& call, DeskAnswer& answer);
  Status ask_knowledge(const DeskCall& call, DeskAnswer& answer);
  Status ask_receipts(const DeskCall& call, DeskAnswer& answer);
  Status claim(const DeskCall& call, DeskAnswer& answer);
  Status finish(const DeskCall& call);
  Status take_due(const DeskCall& call, DeskAnswer& answer);
  Status begin(const DeskCall& call, DeskAnswer& answer);

  EffectHost& host_;
  const EffectKnowledge knowledge_;
};

DeskAnswer Desk::answer(const DeskCall& call) {
  DeskAnswer answer;
  if (!host_.has(call.effect())) {
    to_desk(Error{ErrorKind::kNotFound, "the server has no effect " + call.effect()}, answer);
    return answer;
  }
  if (Status done = run(call, answer); !done.ok()) to_desk(done.error(), answer);
  return answer;
}

Status Desk::run(const DeskCall& call, DeskAnswer& answer) {
  const int number = static_cast<int>(call.call_case());
  if (number >= DeskCall::kEndpoints) return ask_knowledge(call, answer);
  if (number >= DeskCall::kFind) return ask_log(call, answer);
  return ask_ledger(call, answer);
}

Status Desk::claim(const DeskCall& call, DeskAnswer& answer) {
  std::vector<EventRef> events;
  for (const schema::DeskEvent& event : call.claim().events()) events.push_back(from_desk(event));
  const std::vector<std::string> keys(call.claim().keys().begin(), call.claim().keys().end());
  if (!keys.empty() && keys.size() != events.size()) return Error{ErrorKind::kInvalid, "as many keys as events"};
  std::vector<EffectClaim> claims;
  const Status claimed = host_.ledger().claim(call.effect(), events, keys, call.worker(), effect_time(), claims);
  for (const EffectClaim claim : claims) answer.add_claims(static_cast<std::uint32_t>(claim));
  return claimed;
}

Status Desk::finish(const DeskCall& call) {
  std::vector<DeliveryOutcome> outcomes;
  for (const schema::DeskOutcome& outcome : call.finish().outcomes()) outcomes.push_back(from_desk(outcome));
  const EventRef event = from_desk(call.finish().event());
  const EventLabel label = from_desk(call.finish().label());
  return durable([&](EffectLedger::Callback done) {
    host_.ledger().finish(call.effect(), event, label, outcomes, effect_time(), std::move(done));
  });
}

Status Desk::take_due(const DeskCall& call, DeskAnswer& answer) {
  const std::vector<std::string> without(call.due().without().begin(), call.due().without().end());
  Result<std::vector<ParkedRow>> rows =
      host_.ledger().take_due(call.effect(), call.due().most(), without, call.worker(), effect_time());
  if (!rows.ok()) return rows.error();
  for (ParkedRow& row : *rows) {
    schema::DeskParked& parked = *answer.add_due();
    to_desk(row.delivery.event, *parked.mutable_event());
    parked.set_target(std::move(row.delivery.target));
    *parked.mutable_parked() = std::move(row.parked);
  }
  return {};
}

Status Desk::begin(const DeskCall& call, DeskAnswer& answer) {
  // The host has begun it.
  const Result<Position> begin = host_.ledger().begin(call.effect(), Position(1));
  if (!begin.ok()) return begin.error();
  answer.set_position(begin->value());
  answer.set_log_id(to_hex(as_bytes(knowledge_.log_id)));
  answer.set_epoch(knowledge_.epoch.value());
  return {};
}

Status Desk::ask_ledger(const DeskCall& call, DeskAnswer& answer) {
  EffectLedger& ledger = host_.ledger();
  const std::string& effect = call.effect();
  if (call.has_claim()) return claim(call, answer);
  if (call.has_finish()) return finish(call);
  if (call.has_due()) return take_due(call, answer);
  if (call.has_begin()) return begin(call, answer);
  if (call.has_renew()) {
    EffectHeld held;
    for (const schema::DeskEvent& event : call.renew().events()) held.events.push_back(from_desk(event));
    for (const schema::DeskOutcome& parked : call.renew().parked()) held.parked.push_back(from_desk(parked).delivery);
    ledger.renew(effect, held, call.worker(), effect_time());
  } else if (call.has_hold()) {
    const EventRef event = from_desk(call.hold().event());
    const EventLabel label = from_desk(call.hold().label());
    return durable(
        [&](EffectLedger::Callback done) { ledger.hold(effect, event, label, effect_time(), std::move(done)); });
  } else if (call.has_release()) {
    ledger.release(effect, from_desk(call.release()));
  } else if (call.has_settle()) {
    const DeliveryOutcome outcome = from_desk(call.settle());
    return durable(
        [&](EffectLedger::Callback done) { ledger.settle(effect, outcome, effect_time(), std::move(done)); });
  } else if (call.has_put_back()) {
    ledger.put_back(effect, from_desk(call.put_back()).delivery);
  } else if (call.has_cover()) {
    return ledger.cover(effect, Position(call.cover().from()), Position(call.cover().to()));
  } else if (call.has_progress()) {
    *answer.mutable_progress() = ledger.progress(effect);
  } else {
    return Error{ErrorKind::kInvalid, "a call that is not known"};
  }
  return {};
}

Status Desk::ask_log(const DeskCall& call, DeskAnswer& answer) {
  if (call.has_find()) {
    const Result<EffectMessage> message = host_.events().find(from_desk(call.find()));
    if (!message.ok()) return message.error();
    to_desk(*message, *answer.add_messages());
    return {};
  }
  if (call.has_read()) {
    std::vector<EffectMessage> messages;
    Position reached;
    const Status read =
        host_.events().read(Position(call.read().after()), Position(call.read().last()), messages, reached);
    if (!read.ok()) return read;
    for (const EffectMessage& message : messages) to_desk(message, *answer.add_messages());
    answer.set_position(reached.value());
    return {};
  }
  return knowledge_.submit(call.submit().tenant(), call.submit().command(), call.submit().key());
}

Status Desk::ask_knowledge(const DeskCall& call, DeskAnswer& answer) {
  if (call.has_endpoints()) {
    const auto state = knowledge_.endpoints(call.endpoints().tenant(), Position(call.endpoints().position()));
    if (!state.ok()) return state.error();
    if (*state) *answer.mutable_endpoints() = **state;
    return {};
  }
  if (call.has_secrets()) {
    const auto secrets = knowledge_.secrets(call.secrets().tenant(), call.secrets().endpoint(), effect_time());
    if (!secrets.ok()) return secrets.error();
    for (const std::string& secret : *secrets) answer.add_secrets(secret);
    return {};
  }
  if (call.has_alert_policy()) {
    Result<schema::AlertPolicyState> policy = knowledge_.alert_policy(call.alert_policy().tenant());
    if (!policy.ok()) return policy.error();
    *answer.mutable_alert_policy() = std::move(*policy);
    return {};
  }
  if (call.has_variance_limit()) {
    const auto limit = knowledge_.variance_limit(call.variance_limit().tenant(), call.variance_limit().id());
    if (!limit.ok()) return limit.error();
    if (limit->has_value()) *answer.mutable_limit() = **limit;
    return {};
  }
  return ask_receipts(call, answer);
}

Status Desk::ask_receipts(const DeskCall& call, DeskAnswer& answer) {
  const ReceiptMailSources& sources = knowledge_.receipts;
  if (call.has_receipt()) {
    const DeskCall::Ask& ask = call.receipt();
    const ReceiptRef ref{ask.of_return() ? ReceiptRef::Kind::kReturn : ReceiptRef::Kind::kSale, ask.id()};
    const auto receipt = sources.receipt(ask.tenant(), ref, Position(ask.position()));
    if (!receipt.ok()) return receipt.error();
    if (receipt->has_value()) to_desk(**receipt, *answer.mutable_receipt());
    return {};
  }
  if (call.has_template_()) {
    const Result<MailTemplate> own = sources.own_template(call.template_().tenant());
    if (!own.ok()) return own.error();
    answer.mutable_template_()->set_subject(own->subject);
    answer.mutable_template_()->set_text(own->text);
    answer.mutable_template_()->set_html(own->html);
    return {};
  }
  const DeskCall::Ask& ask = call.has_address() ? call.address() : call.sealed_address();
  const Result<MailReceiver> receiver =
      call.has_address() ? sources.address(ask.tenant(), ask.id(), Position(ask.position()))
                         : sources.sealed_address(ask.tenant(), ask.id(), ask.sealed(), Position(ask.position()));
  if (!receiver.ok()) return receiver.error();
  to_desk(*receiver, *answer.mutable_receiver());
  return {};
}

}  // namespace

void add_desk_route(OperatorApi& api, EffectHost& host, EffectKnowledge knowledge) {
  const auto desk = std::make_shared<Desk>(host, std::move(knowledge));
  api.add("POST", "/operator/desk", [desk](const OperatorRequest& request) {
    const std::optional<std::string> bytes = from_hex(request.text("call"));
    DeskCall call;
    if (!bytes || !call.ParseFromString(*bytes)) {
      return operator_problem(Error{ErrorKind::kInvalid, "not a call of a worker of this version"});
    }
    return OperatorAnswer{200, desk_body("answer", desk->answer(call))};
  });
}

}  // namespace till
