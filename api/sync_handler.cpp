#include "api/sync_handler.h"

#include <algorithm>
#include <utility>

#include "api/command_codec.h"
#include "api/reply.h"
#include "api/sync_codec.h"
#include "api/sync_signature.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

using schema::SyncResult;

// Longer texts of a refusal, such as a pointer through long names, are cut where they are kept.
constexpr std::size_t kTextMost = 255;
constexpr unsigned kCommandDone = 201;

// The same entry sent again has the same key, another one under its sequence has not.
std::string entry_key(std::string_view terminal_id, const schema::SyncEntry& entry) {
  return own_key({"offline", terminal_id, std::to_string(entry.client_seq()), entry.hash()});
}

const google::protobuf::Message& command_of(const BatchEntry& item) {
  const schema::Command& command = *item.decoded.command;
  return command.GetReflection()->GetMessage(command, item.route->member);
}

bool may_be_offline(const Route& route) {
  return schema::OfflineCommand::descriptor()->FindFieldByNumber(route.member->number()) != nullptr;
}

// What keeps a command that could be read from being decided.
std::optional<schema::Problem> refuse_command(const Caller& caller, const BatchEntry& item,
                                              std::string_view terminal_id) {
  if (auto problem = refuse_scope(caller.principal, *item.route, caller.instance)) return problem;
  const std::optional<std::string> terminal = terminal_of(command_of(item));
  if (!terminal || *terminal == terminal_id) return std::nullopt;
  return make_problem(schema::TERMINAL_NOT_PERMITTED, "the command is of another terminal", caller.instance);
}

void set_refused(const schema::Problem& problem, schema::RecordOffline& entry) {
  entry.set_refused(problem.code());
  entry.set_refused_detail(problem.detail().size() <= kTextMost ? problem.detail() : problem.title());
  if (problem.errors().empty() || problem.errors(0).pointer().size() > kTextMost) return;
  entry.set_refused_pointer(problem.errors(0).pointer());
}

}  // namespace

struct SyncHandler::Pending {
  Caller caller;
  HttpResponder responder;
  std::string terminal_id;
  std::uint32_t key_version = 0;
  std::vector<std::size_t> places;  // in the request, of each entry of the submission
  SyncResult result;
  bool forked = false;  // what follows in the chain builds on an entry that is not ours

  void refuse(const schema::Problem& problem) { responder.send(problem_response(problem, caller.answer_form)); }
};

void SyncHandler::handle(const HttpRequest& request, const RouteMatch& match, Principal&& principal,
                         HttpResponder responder) {
  auto pending = std::make_shared<Pending>();
  pending->responder = std::move(responder);
  Caller& caller = pending->caller;
  caller = caller_of(request, std::move(principal));
  if (auto problem = refuse_scope(caller.principal, *match.route, caller.instance)) return pending->refuse(*problem);
  if (!match.invalid_parameter.empty()) {
    return pending->refuse(make_problem(schema::PARAMETER_INVALID, "not the id of a terminal", caller.instance));
  }
  pending->terminal_id = match.parameter("terminal_id");
  const Principal& who = caller.principal;
  if (who.scope == schema::TERMINAL && !who.terminal.empty() && who.terminal != pending->terminal_id) {
    return pending->refuse(
        make_problem(schema::TERMINAL_NOT_PERMITTED, "this key is bound to terminal " + who.terminal, caller.instance));
  }
  const std::optional<WireForm> form = wire_form_of_content_type(request.content_type);
  if (!form) return pending->refuse(make_problem(schema::UNSUPPORTED_MEDIA_TYPE, {}, caller.instance));
  caller.answer_form = wire_form_of_accept(request.accept, *form);
  // The body stays where it is until the answer.
  const bool posted = parts_.batches.post([this, pending, form, body = request.body] { take(pending, *form, body); });
  if (!posted) pending->refuse(make_problem(schema::OVERLOADED, {}, caller.instance));
}

void SyncHandler::take(const std::shared_ptr<Pending>& pending, WireForm form, std::string_view body) {
  const Caller& caller = pending->caller;
  const DecodedSync sync = decode_sync(form, body, caller.instance);
  if (sync.problem) return pending->refuse(*sync.problem);
  if (auto problem = check_signature(*pending, sync)) return pending->refuse(*problem);
  // The request itself was charged as one.
  const auto further = static_cast<std::int64_t>(sync.order.size()) - 1;
  parts_.rate_limit.charge(caller.principal.tenant, further, RateLimit::Clock::now(), caller.principal.terminal);
  const Fingerprinter::TenantKey fingerprint_key = parts_.fingerprinter.key_for(caller.principal.tenant);
  std::vector<CommandRequest> requests;
  requests.reserve(sync.order.size());
  for (std::size_t i = 0; i < sync.order.size(); ++i) {
    requests.push_back(make_entry(*pending, sync.entry(i), fingerprint_key));
    pending->result.add_results();
  }
  pending->places = sync.order;
  for (std::size_t i = 0; i < sync.order.size(); ++i) {
    pending->result.mutable_results(static_cast<int>(sync.order[i]))->set_client_seq(sync.entry(i).client_seq());
  }
  submit(pending, std::move(requests));
}

std::optional<schema::Problem> SyncHandler::check_signature(Pending& pending, const DecodedSync& sync) const {
  const Caller& caller = pending.caller;
  const Result<TerminalKey> key = terminal_key(parts_.queries, caller.principal.tenant, pending.terminal_id);
  if (!key.ok()) return make_problem(schema::NOT_READY, "the terminal's key cannot be read now", caller.instance);
  pending.key_version = key.value().version;
  if (key.value().public_key.empty()) return std::nullopt;
  if (!sync.one_chain) {
    return make_problem(schema::OFFLINE_CHAIN_BROKEN,
                        "the signature of the last entry covers the others only where each follows the one before it",
                        caller.instance);
  }
  if (is_signed_by(key.value(), sync.last().hash(), sync.request.signature())) return std::nullopt;
  return make_problem(schema::OFFLINE_SIGNATURE_INVALID, {}, caller.instance);
}

// The fingerprint is that of the command as it would be sent by itself, so that both are known to be the same. A body
// that cannot be read may hold anything, personal data as well, and stays on the till.
CommandRequest SyncHandler::make_entry(const Pending& pending, const schema::SyncEntry& entry,
                                       const Fingerprinter::TenantKey& fingerprint_key) const {
  const Caller& caller = pending.caller;
  const BatchEntry item = decode_batch_item(entry.payload(), caller.instance);
  auto command = std::make_unique<schema::Command>();
  schema::RecordOffline& record = *command->mutable_record_offline();
  record.set_terminal_id(pending.terminal_id);
  record.set_client_seq(entry.client_seq());
  record.set_prev_hash(entry.prev_hash());
  record.set_hash(entry.hash());
  CommandRequest request;
  request.fingerprint = Fingerprinter::of(fingerprint_key, record);
  record.set_key_version(pending.key_version);
  if (is_idempotency_key(item.idempotency_key)) record.set_idempotency_key(item.idempotency_key);
  if (item.route != nullptr) record.set_command_name(item.route->name);
  std::optional<schema::Problem> problem = item.decoded.problem;
  if (!problem && !may_be_offline(*item.route)) {
    problem = make_problem(schema::OFFLINE_COMMAND_NOT_ALLOWED, {}, caller.instance);
  } else if (!problem) {
    request.fingerprint = Fingerprinter::of(fingerprint_key, command_of(item));
    record.set_payload(entry.payload());
    problem = refuse_command(caller, item, pending.terminal_id);
    if (!problem) {
      TILL_ASSERT(record.mutable_command()->ParseFromString(item.decoded.command->SerializeAsString()));
    }
  }
  if (problem) set_refused(*problem, record);
  request.tenant = caller.principal.tenant;
  request.key = entry_key(pending.terminal_id, entry);
  request.body = std::move(command);
  request.origin = schema::OFFLINE;
  request.actor = caller.principal.key_id;
  request.actor_scope = static_cast<std::uint32_t>(caller.principal.scope);
  request.bound_terminal = pending.terminal_id;
  request.traceparent = caller.traceparent;
  return request;
}

// Replays are read from the log and answers of 500 entries written on a worker, not on the commit thread.
void SyncHandler::submit(const std::shared_ptr<Pending>& pending, std::vector<CommandRequest>&& requests) {
  parts_.engine.submit(std::move(requests), [this, pending](std::vector<Outcome>&& outcomes) {
    FateCounts fates{};
    for (const Outcome& outcome : outcomes) ++fates[static_cast<std::size_t>(fate_of(outcome.kind))];
    parts_.counts.add(pending->caller.principal.tenant, fates);
    auto shared_outcomes = std::make_shared<std::vector<Outcome>>(std::move(outcomes));
    const bool posted =
        parts_.answers.post([this, pending, shared_outcomes] { finish(*pending, std::move(*shared_outcomes)); });
    // Nothing is lost by this: the same entries are known the next time.
    if (!posted)
      pending->refuse(make_problem(schema::OUTCOME_UNKNOWN, "too many answers wait", pending->caller.instance));
  });
}

void SyncHandler::finish(Pending& pending, std::vector<Outcome>&& outcomes) {
  TILL_ASSERT(outcomes.size() == pending.places.size());
  pending.result.set_acknowledged(kept_before(pending));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!show(pending, outcomes[i], *pending.result.mutable_results(static_cast<int>(pending.places[i])))) return;
  }
  pending.result.set_continue_from(pending.result.acknowledged() + 1);
  pending.responder.send(message_response(pending.result, pending.caller.answer_form));
}

// The cache may be behind, and what it knows is kept. Without it the outcomes tell.
std::uint64_t SyncHandler::kept_before(const Pending& pending) const {
  const EntityKind kind(static_cast<std::uint16_t>(schema::OFFLINE_CHAIN));
  const auto found = parts_.queries.entity(pending.caller.principal.tenant, kind, pending.terminal_id, std::nullopt);
  if (!found.ok() || !found.value().message) return 0;
  return static_cast<const schema::OfflineChainState&>(*found.value().message->state).last_client_seq();
}

bool SyncHandler::show(Pending& pending, const Outcome& outcome, SyncResult::Entry& shown) {
  const Caller& caller = pending.caller;
  if (outcome.kind == OutcomeKind::kAccepted) {
    return show_kept(pending, outcome.answer, parts_.text_of(outcome.position), false, shown);
  }
  // Decoded by another version, an entry may have another fingerprint: its key names its hash, so it is the same one.
  if (outcome.kind == OutcomeKind::kReplayed || outcome.kind == OutcomeKind::kKeyReused) {
    const Result<std::string> answer = parts_.engine.answer_at(caller.principal.tenant, outcome.position);
    if (!answer.ok()) {
      pending.refuse(make_problem(schema::INTERNAL_ERROR, "the first answer cannot be read", caller.instance));
      return false;
    }
    const Result<LogPoint> point = parts_.engine.feed().point_at(outcome.position);
    std::string position = point.ok() ? parts_.text_of(*point) : parts_.text_of(outcome.position);
    return show_kept(pending, answer.value(), std::move(position), true, shown);
  }
  if (outcome.kind == OutcomeKind::kRejected && show_missing(pending, outcome.rejection, shown)) return true;
  // What was kept of the request before this is known when it comes again.
  pending.responder.send(response_of(reply_to(parts_, caller, outcome), caller.answer_form));
  return false;
}

bool SyncHandler::show_kept(Pending& pending, const std::string& bytes, std::string position, bool known,
                            SyncResult::Entry& shown) {
  schema::Answer answer;
  if (!answer.ParseFromString(bytes)) {
    pending.refuse(make_problem(schema::INTERNAL_ERROR, "the stored answer cannot be read", pending.caller.instance));
    return false;
  }
  shown.set_position(std::move(position));
  shown.set_state(known || answer.duplicate() ? SyncResult::KNOWN : SyncResult::ACCEPTED);
  shown.set_status(kCommandDone);
  if (answer.has_refused()) {
    const ErrorTraits& traits = error_traits(answer.refused());
    const bool fork = answer.refused() == schema::OFFLINE_SEQUENCE_FORK;
    pending.forked = pending.forked || fork;
    shown.set_state(fork ? SyncResult::FORK : known ? SyncResult::KNOWN : SyncResult::QUARANTINED);
    shown.set_status(traits.http_status);
    shown.set_code(std::string(traits.name));
    shown.set_detail(answer.refusal());
  }
  SyncResult& result = pending.result;
  result.set_acknowledged(std::max(result.acknowledged(), answer.acknowledged()));
  return true;
}

// Not kept: what comes before it is missing, or is not what the server has.
bool SyncHandler::show_missing(Pending& pending, const Rejection& rejection, SyncResult::Entry& shown) {
  const schema::ErrorCode code = error_code_by_name(rejection.code).value_or(schema::INTERNAL_ERROR);
  if (code != schema::OFFLINE_SEQUENCE_GAP && code != schema::OFFLINE_CHAIN_BROKEN) return false;
  pending.forked = pending.forked || code == schema::OFFLINE_CHAIN_BROKEN;
  shown.set_state(pending.forked ? SyncResult::FORK : SyncResult::GAP);
  shown.set_status(error_traits(code).http_status);
  shown.set_code(std::string(rejection.code));
  shown.set_detail(rejection.detail);
  SyncResult& result = pending.result;
  result.set_acknowledged(std::max(result.acknowledged(), rejection.expected - 1));
  return true;
}

}  // namespace till
