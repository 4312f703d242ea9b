// What single commands and batches share: permission, the request to the engine, sealing, and what an outcome means to
// the client.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_parts.h"
#include "api/credentials.h"
#include "api/http.h"
#include "api/person_lookup.h"
#include "api/routes.h"
#include "api/validation.h"
#include "engine/engine.h"
#include "schemas/commands.pb.h"
#include "schemas/errors.pb.h"

namespace till {

// Of the request as a whole; stays alive until its answer has been sent.
struct Caller {
  Principal principal;
  std::string instance;     // of problems
  std::string traceparent;  // valid, or empty
  WireForm answer_form = WireForm::kJson;
  bool if_match = false;  // the version that the command expects came as a header
};

// Who sent the request; answered in the form that it accepts, JSON where it says nothing.
Caller caller_of(const HttpRequest& request, Principal&& principal);

// A valid W3C traceparent, else nothing.
std::string_view valid_traceparent(std::string_view value);

// The terminal that a command (a member of Command) names, itself or by the sale inside of it; nothing where it names
// none.
std::optional<std::string> terminal_of(const google::protobuf::Message& command);

// The problem where the key may not use the route, or not for the terminal that the command names. A command that names
// none, such as a void, is held against the key's terminal when it is decided (CommandRequest::bound_terminal).
std::optional<schema::Problem> refuse_scope(const Principal& principal, const Route& route, std::string_view instance);
std::optional<schema::Problem> refuse_terminal(const Principal& principal, const Route& route,
                                               const schema::Command& command, std::string_view instance);

// Takes the command's fingerprint, so personal fields must still be in plain text.
CommandRequest make_request(const Caller& caller, const Fingerprinter::TenantKey& fingerprint_key, const Route& route,
                            std::string key, std::unique_ptr<schema::Command> command);

// Whether the command has personal or secret fields, which are sealed and used up before it is sequenced.
bool needs_sealing(const Route& route);
// Blocks; to be run on ApiParts::sealing. `registered` is of the commands before in the same batch.
std::optional<schema::Problem> seal_request(ApiParts& parts, const Route& route, CommandRequest& request,
                                            std::string_view instance, RegisteredPersons& registered);

// What the client is told of one command.
struct CommandReply {
  unsigned status = 201;
  std::string body;      // of the caller's answer form
  std::string position;  // empty where it was not accepted
  bool replayed = false;
  bool retryable = false;
};

// Of every outcome but kReplayed; quick enough for the commit thread.
CommandReply reply_to(const ApiParts& parts, const Caller& caller, const Outcome& outcome);
// Of kReplayed: reads the log, so not for the commit thread.
CommandReply replay(ApiParts& parts, const Caller& caller, Position position);
CommandReply reply_with(const schema::Problem& problem, WireForm form);

HttpResponse response_of(CommandReply&& reply, WireForm form);

}  // namespace till
