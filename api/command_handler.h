// One command over HTTP: from the matched route to the engine and back.
#pragma once

#include "api/api_parts.h"
#include "api/command_flow.h"
#include "api/http.h"
#include "api/routes.h"

namespace till {

// Thread safe. Checks in this order: scope, media type, Idempotency-Key, body, If-Match, terminal.
class CommandHandler {
 public:
  // `parts` outlives this object.
  explicit CommandHandler(ApiParts& parts) : parts_(parts) {}

  // `match.route` is a command route. Answers through `responder`, from this or another thread.
  void handle(const HttpRequest& request, const RouteMatch& match, Principal&& principal, HttpResponder responder);

 private:
  struct Pending;
  void submit(std::shared_ptr<Pending> pending, CommandRequest&& command);
  void seal_and_submit(std::shared_ptr<Pending> pending, CommandRequest&& command, const Route& route);
  void finish(const std::shared_ptr<Pending>& pending, const Outcome& outcome);

  ApiParts& parts_;
};

}  // namespace till
