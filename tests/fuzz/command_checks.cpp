#include "tests/fuzz/command_checks.h"

#include <algorithm>

#include "api/json_codec.h"
#include "api/json_node.h"
#include "api/problem.h"
#include "api/sync_codec.h"
#include "engine/json_writer.h"
#include "engine/result.h"
#include "tests/fuzz/request_text.h"

namespace till::fuzz {
namespace {

using google::protobuf::Message;

constexpr std::string_view kInstance = "/requests/1";
constexpr std::string_view kKey = "key \"1\"";
constexpr unsigned kFirstClientFault = 400, kFirstServerFault = 500;

const Message& body_of(const schema::Command& command) {
  const auto* const member = schema::Command::descriptor()->FindFieldByNumber(command.command_case());
  TILL_ASSERT(member != nullptr);
  return command.GetReflection()->GetMessage(command, member);
}

bool same(const schema::Command& one, const schema::Command& other) {
  return one.SerializeAsString() == other.SerializeAsString();
}

// As an item of a batch in JSON: everything that was let in has such a form.
void check_json_form(const schema::Command& command) {
  const Message& body = body_of(command);
  std::string item;
  JsonWriter json(item);
  json.begin_object().member("idempotency_key", kKey).member("command", body.GetDescriptor()->name());
  json.key("body").raw(to_json(body)).end_object();
  const BatchEntry entry = decode_batch_item(item, kInstance);
  TILL_ASSERT(entry.idempotency_key == kKey && entry.decoded.command != nullptr);
  TILL_ASSERT(same(command, *entry.decoded.command));
}

// The Protobuf form cannot show a required number that is zero; nothing else may be amiss with it.
void check_protobuf_form(const schema::Command& command) {
  const Message& body = body_of(command);
  schema::Batch message;
  schema::BatchItem& item = *message.add_commands();
  item.set_idempotency_key(std::string(kKey));
  item.set_command(body.GetDescriptor()->name());
  item.set_body(body.SerializeAsString());
  const DecodedBatch batch = decode_batch(WireForm::kProtobuf, message.SerializeAsString(), kInstance);
  TILL_ASSERT(batch.items.size() == 1 && !batch.problem);
  const DecodedCommand& decoded = batch.items.front().decoded;
  if (decoded.command != nullptr) {
    TILL_ASSERT(same(command, *decoded.command));
    return;
  }
  TILL_ASSERT(decoded.problem && decoded.problem->code() == schema::VALIDATION_FAILED);
  const auto& errors = decoded.problem->errors();
  TILL_ASSERT(std::all_of(errors.begin(), errors.end(),
                          [](const auto& error) { return error.code() == field_code::kRequired; }));
}

}  // namespace

void check_problem(const schema::Problem& problem) {
  const ErrorTraits& traits = error_traits(problem.code());
  TILL_ASSERT(traits.code == problem.code() && problem.status() == traits.http_status);
  TILL_ASSERT(problem.status() >= kFirstClientFault && problem.status() < kFirstServerFault);
  TILL_ASSERT(problem.code() != schema::VALIDATION_FAILED || !problem.errors().empty());
  TILL_ASSERT(static_cast<std::size_t>(problem.errors_size()) <= kFieldErrorsMost);
  for (const auto& error : problem.errors()) {
    TILL_ASSERT(!error.code().empty() && (error.pointer().empty() || error.pointer().front() == '/'));
  }
  const auto told = JsonNode::parse(problem_json(problem));
  TILL_ASSERT(told.ok() && told.value()["code"].text() == traits.name);
}

void check_decoded(const DecodedCommand& decoded) {
  TILL_ASSERT((decoded.command != nullptr) != decoded.problem.has_value());
  if (decoded.problem) return check_problem(*decoded.problem);
  check_json_form(*decoded.command);
  check_protobuf_form(*decoded.command);
}

void check_request(WireForm form, std::string_view input) {
  const RequestText request = split_request(input);
  const RouteMatch match = match_route(request.method, request.path);
  if (match.route == nullptr) return;
  if (match.route->kind == RouteKind::kCommand) {
    check_decoded(decode_command(match, form, request.body, kInstance));
  } else if (match.route->kind == RouteKind::kBatch) {
    const DecodedBatch batch = decode_batch(form, request.body, kInstance);
    TILL_ASSERT(batch.items.empty() == batch.problem.has_value());
    if (batch.problem) check_problem(*batch.problem);
    for (const BatchEntry& entry : batch.items) check_decoded(entry.decoded);
  } else if (match.route->kind == RouteKind::kSync) {
    const DecodedSync sync = decode_sync(form, request.body, kInstance);
    if (sync.problem) check_problem(*sync.problem);
  }
}

}  // namespace till::fuzz
