// Answers in the form that the client speaks, with the header fields that go with them.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "api/http.h"
#include "api/problem.h"
#include "api/validation.h"
#include "engine/vocabulary.h"

namespace till {

// Names a request to its client and in log lines: "/requests/17".
std::string request_instance(const HttpRequest& request);

// The problem with its status; Retry-After where trying again helps, WWW-Authenticate with a 401.
HttpResponse problem_response(const schema::Problem& problem, WireForm form);

// A 200 with the message as JSON or Protobuf.
HttpResponse message_response(const google::protobuf::Message& message, WireForm form);

// "v17" in quotes: the version of an entity's stream.
std::string entity_tag(StreamVersion version);

// Adds Till-Position.
void set_position(HttpResponse& response, std::string position);

}  // namespace till
