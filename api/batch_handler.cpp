#include "api/batch_handler.h"

#include <utility>

#include "api/command_codec.h"
#include "api/reply.h"

namespace till {

// A batch on its way through other threads. Items that were refused at the door have their result already; the others
// stand in `requests`, with their place in `results`.
struct BatchHandler::Pending {
  Caller caller;
  HttpResponder responder;
  std::vector<BatchOutcome> results;
  std::vector<CommandRequest> requests;
  std::vector<std::size_t> places;
  std::vector<const Route*> routes;
  bool needs_sealing = false;

  void refuse(const schema::Problem& problem) { responder.send(problem_response(problem, caller.answer_form)); }
  void set_result(std::size_t place, CommandReply&& reply) {
    results[place].status = reply.status;
    results[place].body = std::move(reply.body);
  }
  void send_results() {
    HttpResponse response;
    response.content_type = content_type_of(caller.answer_form);
    response.body = encode_batch(caller.answer_form, results);
    responder.send(std::move(response));
  }
};

void BatchHandler::handle(const HttpRequest& request, const RouteMatch& match, Principal&& principal,
                          HttpResponder responder) {
  auto pending = std::make_shared<Pending>();
  pending->responder = std::move(responder);
  Caller& caller = pending->caller;
  caller = caller_of(request, std::move(principal));
  if (auto problem = refuse_scope(caller.principal, *match.route, caller.instance)) return pending->refuse(*problem);
  if (request.has_if_match) {
    return pending->refuse(
        make_problem(schema::IF_MATCH_NOT_SUPPORTED, "a batch states expected_version", caller.instance));
  }
  const std::optional<WireForm> form = wire_form_of_content_type(request.content_type);
  if (!form) return pending->refuse(make_problem(schema::UNSUPPORTED_MEDIA_TYPE, {}, caller.instance));
  caller.answer_form = wire_form_of_accept(request.accept, *form);
  // The body stays where it is until the answer.
  const bool posted = parts_.batches.post([this, pending, form, body = request.body] { take(pending, *form, body); });
  if (!posted) pending->refuse(make_problem(schema::OVERLOADED, {}, caller.instance));
}

void BatchHandler::take(const std::shared_ptr<Pending>& pending, WireForm form, std::string_view body) {
  const Caller& caller = pending->caller;
  DecodedBatch batch = decode_batch(form, body, caller.instance);
  if (batch.problem) return pending->refuse(*batch.problem);
  // The request itself was charged as one.
  const auto further = static_cast<std::int64_t>(batch.items.size()) - 1;
  parts_.rate_limit.charge(caller.principal.tenant, further, RateLimit::Clock::now(), caller.principal.terminal);
  prepare(*pending, std::move(batch.items));
  if (pending->requests.empty()) return pending->send_results();
  if (!pending->needs_sealing) return submit(pending);
  const bool posted = parts_.sealing.post([this, pending] { seal_and_submit(pending); });
  if (!posted) pending->refuse(make_problem(schema::OVERLOADED, {}, caller.instance));
}

void BatchHandler::prepare(Pending& pending, std::vector<BatchEntry>&& items) {
  pending.results.resize(items.size());
  pending.requests.reserve(items.size());
  pending.places.reserve(items.size());
  pending.routes.reserve(items.size());
  const Fingerprinter::TenantKey fingerprint_key = parts_.fingerprinter.key_for(pending.caller.principal.tenant);
  for (std::size_t i = 0; i < items.size(); ++i) prepare_item(pending, i, std::move(items[i]), fingerprint_key);
}

void BatchHandler::prepare_item(Pending& pending, std::size_t index, BatchEntry&& item,
                                const Fingerprinter::TenantKey& fingerprint_key) {
  const Caller& caller = pending.caller;
  std::optional<schema::Problem> problem;
  // What the key may not do is told before what is wrong with the body, as for a single command.
  if (item.route != nullptr) problem = refuse_scope(caller.principal, *item.route, caller.instance);
  if (!problem) problem = std::move(item.decoded.problem);
  if (!problem) problem = refuse_terminal(caller.principal, *item.route, *item.decoded.command, caller.instance);
  if (problem) {
    parts_.counts.add(caller.principal.tenant, CommandFate::kRefused);
    return pending.set_result(index, reply_with(*problem, caller.answer_form));
  }
  pending.requests.push_back(make_request(caller, fingerprint_key, *item.route, std::move(item.idempotency_key),
                                          std::move(item.decoded.command)));
  pending.places.push_back(index);
  pending.routes.push_back(item.route);
  pending.needs_sealing = pending.needs_sealing || needs_sealing(*item.route);
}

// Commands that could not be sealed get their result and leave the submission; the others keep their order.
void BatchHandler::seal_and_submit(const std::shared_ptr<Pending>& pending) {
  std::size_t kept = 0;
  RegisteredPersons registered;
  for (std::size_t i = 0; i < pending->requests.size(); ++i) {
    if (needs_sealing(*pending->routes[i])) {
      auto problem =
          seal_request(parts_, *pending->routes[i], pending->requests[i], pending->caller.instance, registered);
      if (problem) {
        parts_.counts.add(pending->caller.principal.tenant, CommandFate::kRefused);
        pending->set_result(pending->places[i], reply_with(*problem, pending->caller.answer_form));
        continue;
      }
    }
    if (kept != i) {
      pending->requests[kept] = std::move(pending->requests[i]);
      pending->places[kept] = pending->places[i];
    }
    ++kept;
  }
  pending->requests.resize(kept);
  pending->places.resize(kept);
  if (kept == 0) return pending->send_results();
  submit(pending);
}

// The answers are written on a worker: a thousand of them would hold up the commit thread.
void BatchHandler::submit(const std::shared_ptr<Pending>& pending) {
  parts_.engine.submit(std::move(pending->requests), [this, pending](std::vector<Outcome>&& outcomes) {
    FateCounts fates{};
    for (const Outcome& outcome : outcomes) ++fates[static_cast<std::size_t>(fate_of(outcome.kind))];
    parts_.counts.add(pending->caller.principal.tenant, fates);
    auto shared_outcomes = std::make_shared<std::vector<Outcome>>(std::move(outcomes));
    const bool posted =
        parts_.answers.post([this, pending, shared_outcomes] { finish(pending, std::move(*shared_outcomes)); });
    // Nothing is lost by this: each command can be asked for again by its key.
    if (!posted)
      pending->refuse(make_problem(schema::OUTCOME_UNKNOWN, "too many answers wait", pending->caller.instance));
  });
}

void BatchHandler::finish(const std::shared_ptr<Pending>& pending, std::vector<Outcome>&& outcomes) {
  TILL_ASSERT(outcomes.size() == pending->places.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const bool replayed = outcomes[i].kind == OutcomeKind::kReplayed;
    pending->set_result(pending->places[i], replayed ? replay(parts_, pending->caller, outcomes[i].position)
                                                     : reply_to(parts_, pending->caller, outcomes[i]));
  }
  pending->send_results();
}

}  // namespace till
