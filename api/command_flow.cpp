#include "api/command_flow.h"

#include <algorithm>

#include "api/command_codec.h"
#include "api/personal_data.h"
#include "api/pin_check.h"
#include "api/pin_hash.h"
#include "api/reply.h"

namespace till {
namespace {

constexpr unsigned kFirstServerError = 500;
constexpr std::size_t kTraceparentLength = 55;
constexpr char kTraceparentForm[] = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
static_assert(sizeof(kTraceparentForm) == kTraceparentLength + 1);

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// The problem of an outcome that is neither accepted nor replayed.
schema::Problem problem_of(const Outcome& outcome, const Caller& caller) {
  const std::string& instance = caller.instance;
  switch (outcome.kind) {
    case OutcomeKind::kRejected:
      if (caller.if_match && outcome.rejection.code == schema::ErrorCode_Name(schema::VERSION_MISMATCH)) {
        return make_problem(schema::PRECONDITION_FAILED, outcome.rejection.detail, instance);
      }
      return make_problem(outcome.rejection, instance);
    case OutcomeKind::kKeyReused:
      return make_problem(schema::IDEMPOTENCY_KEY_REUSED, {}, instance);
    case OutcomeKind::kOverloaded:
      return make_problem(schema::OVERLOADED, {}, instance);
    case OutcomeKind::kNotReady:
      return make_problem(schema::NOT_READY, {}, instance);
    case OutcomeKind::kDiskReserve:
      return make_problem(schema::DISK_RESERVE_REACHED, {}, instance);
    case OutcomeKind::kOutcomeUnknown:
      return make_problem(schema::OUTCOME_UNKNOWN, {}, instance);
    case OutcomeKind::kTooLarge:
      return make_problem(schema::TRANSACTION_TOO_LARGE, {}, instance);
    case OutcomeKind::kCrashed:
      return make_problem(schema::COMMAND_CRASHED, {}, instance);
    case OutcomeKind::kAccepted:
    case OutcomeKind::kReplayed:
      break;
  }
  return make_problem(schema::INTERNAL_ERROR, {}, instance);
}

CommandReply accepted(const ApiParts& parts, const Caller& caller, std::string position,
                      std::string_view answer_bytes) {
  thread_local schema::Answer answer;
  if (!answer.ParseFromArray(answer_bytes.data(), static_cast<int>(answer_bytes.size()))) {
    return reply_with(make_problem(schema::INTERNAL_ERROR, "the stored answer cannot be read", caller.instance),
                      caller.answer_form);
  }
  if (answer.has_refused()) {
    return reply_with(make_problem(answer.refused(), {}, caller.instance), caller.answer_form);
  }
  parts.webhook_secrets.tell(caller.principal.tenant, answer);
  CommandReply reply;
  reply.body = encode_answer(caller.answer_form, position, answer);
  reply.position = std::move(position);
  return reply;
}

const google::protobuf::Message& member_of(const schema::Command& command, const Route& route) {
  return command.GetReflection()->GetMessage(command, route.member);
}

}  // namespace

Caller caller_of(const HttpRequest& request, Principal&& principal) {
  Caller caller;
  caller.principal = std::move(principal);
  caller.instance = request_instance(request);
  caller.traceparent = valid_traceparent(request.traceparent);
  caller.answer_form = wire_form_of_accept(request.accept, WireForm::kJson);
  return caller;
}

std::string_view valid_traceparent(std::string_view value) {
  if (value.size() != kTraceparentLength) return {};
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool fits = kTraceparentForm[i] == 'h' ? is_lower_hex(value[i]) : value[i] == kTraceparentForm[i];
    if (!fits) return {};
  }
  return value;
}

std::optional<schema::Problem> refuse_scope(const Principal& principal, const Route& route, std::string_view instance) {
  if (scope_permits(route, principal.scope)) return std::nullopt;
  return make_problem(schema::FORBIDDEN, "the scope of this key does not include " + route.name, instance);
}

std::optional<std::string> terminal_of(const google::protobuf::Message& command) {
  const google::protobuf::Message* names = &command;
  const auto* const sale = command.GetDescriptor()->FindFieldByName("sale");
  if (sale != nullptr && sale->message_type() == schema::RingUpSale::descriptor()) {
    names = &command.GetReflection()->GetMessage(command, sale);
  }
  const auto* const field = names->GetDescriptor()->FindFieldByName("terminal_id");
  if (field == nullptr) return std::nullopt;
  return names->GetReflection()->GetString(*names, field);
}

std::optional<schema::Problem> refuse_terminal(const Principal& principal, const Route& route,
                                               const schema::Command& command, std::string_view instance) {
  if (principal.scope != schema::TERMINAL || principal.terminal.empty()) return std::nullopt;
  const std::optional<std::string> terminal = terminal_of(member_of(command, route));
  if (!terminal || *terminal == principal.terminal) return std::nullopt;
  return make_problem(schema::TERMINAL_NOT_PERMITTED, "this key is bound to terminal " + principal.terminal, instance);
}

CommandRequest make_request(const Caller& caller, const Fingerprinter::TenantKey& fingerprint_key, const Route& route,
                            std::string key, std::unique_ptr<schema::Command> command) {
  CommandRequest request;
  request.tenant = caller.principal.tenant;
  request.key = std::move(key);
  request.fingerprint = Fingerprinter::of(fingerprint_key, member_of(*command, route));
  request.body = std::move(command);
  request.actor = caller.principal.key_id;
  request.actor_scope = static_cast<std::uint32_t>(caller.principal.scope);
  if (caller.principal.scope == schema::TERMINAL) request.bound_terminal = caller.principal.terminal;
  request.traceparent = caller.traceparent;
  return request;
}

bool needs_sealing(const Route& route) {
  const google::protobuf::Descriptor& message = *route.member->message_type();
  return has_personal_fields(message) || has_secret_fields(message);
}

std::optional<schema::Problem> seal_request(ApiParts& parts, const Route& route, CommandRequest& request,
                                            std::string_view instance, RegisteredPersons& registered) {
  auto& command = static_cast<schema::Command&>(*request.body);
  google::protobuf::Message& member = *command.GetReflection()->MutableMessage(&command, route.member);
  if (!check_pin(parts.pin_hasher, parts.queries, request.tenant, command).ok()) {
    return make_problem(schema::NOT_READY, "the PIN cannot be checked now", instance);
  }
  if (!use_up_secret_fields(parts.pin_hasher, request.tenant, member).ok()) {
    return make_problem(schema::NOT_READY, "the PIN could not be hashed", instance);
  }
  if (!has_personal_fields(*member.GetDescriptor())) return std::nullopt;
  const Result<bool> may =
      may_have_key(parts.person_keys, parts.queries, parts.engine.feed(), request.tenant, member, registered);
  if (!may.ok()) return make_problem(schema::NOT_READY, "the customer cannot be looked up now", instance);
  if (!may.value()) {
    return make_problem(Rejection{"CUSTOMER_NOT_FOUND", "No customer of this id", "/customer_id", 0}, instance);
  }
  note_registration(member, registered);
  parts.contacts.add_keys(request.tenant, member);
  const Status sealed = seal_personal_fields(parts.person_keys, request.tenant, member);
  if (sealed.ok()) return std::nullopt;
  if (sealed.error().kind == ErrorKind::kNotFound) {
    return make_problem(schema::CUSTOMER_ERASED, "the data of this person was erased; register another id", instance);
  }
  return make_problem(schema::NOT_READY, "the store of personal keys is not available", instance);
}

CommandReply reply_with(const schema::Problem& problem, WireForm form) {
  CommandReply reply;
  reply.status = problem.status();
  reply.body = problem_body(problem, form == WireForm::kProtobuf);
  reply.retryable = problem.retryable();
  return reply;
}

CommandReply reply_to(const ApiParts& parts, const Caller& caller, const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::kAccepted) {
    return accepted(parts, caller, parts.text_of(outcome.position), outcome.answer);
  }
  return reply_with(problem_of(outcome, caller), caller.answer_form);
}

CommandReply replay(ApiParts& parts, const Caller& caller, Position position) {
  Result<std::string> answer = parts.engine.answer_at(caller.principal.tenant, position);
  if (!answer.ok()) {
    return reply_with(make_problem(schema::INTERNAL_ERROR, "the first answer cannot be read", caller.instance),
                      caller.answer_form);
  }
  // The first answer may stem from a former epoch of the log, and its text named that one.
  Result<LogPoint> point = parts.engine.feed().point_at(position);
  std::string text = point.ok() ? parts.text_of(*point) : parts.text_of(position);
  CommandReply reply = accepted(parts, caller, std::move(text), *answer);
  reply.replayed = reply.status < kFirstServerError;
  return reply;
}

HttpResponse response_of(CommandReply&& reply, WireForm form) {
  HttpResponse response;
  response.status = reply.status;
  response.body = std::move(reply.body);
  response.content_type = content_type_of(form);
  if (reply.position.empty() && form == WireForm::kJson) response.content_type = kProblemJson;
  if (!reply.position.empty()) set_position(response, std::move(reply.position));
  if (reply.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  if (reply.retryable) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace till
