#include "api/command_handler.h"

#include <utility>

#include "api/command_codec.h"
#include "api/reply.h"

namespace till {

// A request on its way through other threads.
struct CommandHandler::Pending {
  CommandCounts& counts;
  Caller caller;
  HttpResponder responder;

  // Of what the engine has not decided.
  void refuse(const schema::Problem& problem) {
    counts.add(caller.principal.tenant, CommandFate::kRefused);
    responder.send(problem_response(problem, caller.answer_form));
  }
  void answer(CommandReply&& reply) { responder.send(response_of(std::move(reply), caller.answer_form)); }
};

void CommandHandler::handle(const HttpRequest& request, const RouteMatch& match, Principal&& principal,
                            HttpResponder responder) {
  auto pending =
      std::make_shared<Pending>(Pending{parts_.counts, caller_of(request, std::move(principal)), std::move(responder)});
  Caller& caller = pending->caller;
  const Route& route = *match.route;
  if (auto problem = refuse_scope(caller.principal, route, caller.instance)) return pending->refuse(*problem);
  const std::optional<WireForm> form = wire_form_of_content_type(request.content_type);
  if (!form) return pending->refuse(make_problem(schema::UNSUPPORTED_MEDIA_TYPE, {}, caller.instance));
  caller.answer_form = wire_form_of_accept(request.accept, *form);
  if (!request.has_idempotency_key) {
    return pending->refuse(make_problem(schema::IDEMPOTENCY_KEY_MISSING, {}, caller.instance));
  }
  std::string key = idempotency_key_of_header(request.idempotency_key);
  if (key.empty()) {
    return pending->refuse(make_problem(schema::IDEMPOTENCY_KEY_INVALID,
                                        "1 to 255 printable characters, bare or quoted, none of the server's own",
                                        caller.instance));
  }
  DecodedCommand decoded = decode_command(match, *form, request.body, caller.instance);
  if (decoded.problem) return pending->refuse(*decoded.problem);
  if (request.has_if_match) {
    caller.if_match = true;
    if (auto problem = apply_if_match(route, request.if_match, *decoded.command, caller.instance)) {
      return pending->refuse(*problem);
    }
  }
  if (auto problem = refuse_terminal(caller.principal, route, *decoded.command, caller.instance)) {
    return pending->refuse(*problem);
  }
  const Fingerprinter::TenantKey fingerprint_key = parts_.fingerprinter.key_for(caller.principal.tenant);
  CommandRequest command = make_request(caller, fingerprint_key, route, std::move(key), std::move(decoded.command));
  if (needs_sealing(route)) return seal_and_submit(std::move(pending), std::move(command), route);
  submit(std::move(pending), std::move(command));
}

void CommandHandler::seal_and_submit(std::shared_ptr<Pending> pending, CommandRequest&& command, const Route& route) {
  auto shared_command = std::make_shared<CommandRequest>(std::move(command));
  const bool posted = parts_.sealing.post([this, pending, shared_command, &route] {
    RegisteredPersons registered;
    if (auto problem = seal_request(parts_, route, *shared_command, pending->caller.instance, registered)) {
      return pending->refuse(*problem);
    }
    submit(pending, std::move(*shared_command));
  });
  if (!posted) pending->refuse(make_problem(schema::OVERLOADED, {}, pending->caller.instance));
}

void CommandHandler::submit(std::shared_ptr<Pending> pending, CommandRequest&& command) {
  std::vector<CommandRequest> commands;
  commands.push_back(std::move(command));
  parts_.engine.submit(std::move(commands), [this, pending = std::move(pending)](std::vector<Outcome>&& outcomes) {
    finish(pending, outcomes.front());
  });
}

void CommandHandler::finish(const std::shared_ptr<Pending>& pending, const Outcome& outcome) {
  parts_.counts.add(pending->caller.principal.tenant, fate_of(outcome.kind));
  if (outcome.kind != OutcomeKind::kReplayed) return pending->answer(reply_to(parts_, pending->caller, outcome));
  const bool posted = parts_.answers.post(
      [this, pending, position = outcome.position] { pending->answer(replay(parts_, pending->caller, position)); });
  if (!posted)
    pending->answer(
        reply_with(make_problem(schema::OVERLOADED, {}, pending->caller.instance), pending->caller.answer_form));
}

}  // namespace till
