#include "api/operator_effects.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/operator_log.h"
#include "api/wire_values.h"
#include "commands/effect_action.h"
#include "engine/json_writer.h"
#include "engine/position_text.h"

namespace till {
namespace {

constexpr std::string_view kOperator = "operator";
// A replay of a long log takes its time.
constexpr std::chrono::minutes kActionMost{60};
constexpr std::chrono::milliseconds kActionLook{200};
constexpr std::size_t kRecordBytes = 4u << 20;

std::string moment_of(std::int64_t micros) {
  std::string text;
  append_timestamp(micros, text);
  return text;
}

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view state_of(const EffectStatus& status) {
  if (!status.running) return "stopped";
  if (status.paused) return "paused";
  return status.error.empty() ? "running" : "retrying";
}

void write_letter(JsonWriter& json, const DeadLetter& letter) {
  json.member("dead_letter_id", delivery_text(letter.name)).member("effect", letter.name.effect);
  json.member("tenant", letter.parked.tenant()).member("event", letter.parked.event_name());
  json.key("position").number(letter.name.delivery.event.position.value());
  json.key("index").number(std::uint64_t{letter.name.delivery.event.index});
  json.member("target", letter.name.delivery.target);
  if (!letter.parked.order_key().empty()) json.member("order_key", letter.parked.order_key());
  json.key("attempts").number(std::uint64_t{letter.parked.attempts()});
  json.member("first_at", moment_of(letter.parked.first_at_us()))
      .member("last_at", moment_of(letter.parked.last_at_us()));
  json.member("error", letter.parked.error()).key("redriven").number(std::uint64_t{letter.parked.redriven()});
}

DeadLetterFilter filter_of(const OperatorRequest& request) {
  return {std::string(request.text("effect")), std::string(request.text("tenant")), std::string(request.text("target")),
          std::string(request.text("event"))};
}

OperatorAnswer answer_of(const std::string& position, const EffectActionResult& result) {
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("deliveries").number(result.deliveries).member("position", position).end_object();
  return answer;
}

OperatorAnswer replay_answer(const ReplayReport& report, const std::string& position) {
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("events").number(report.events).key("known").number(report.known);
  json.key("deliveries").number(report.deliveries).array("examples");
  for (const std::string& example : report.examples) json.string(example);
  json.end_array();
  if (!position.empty()) json.member("position", position);
  json.end_object();
  return answer;
}

}  // namespace

OperatorEffects::OperatorEffects(Feed& feed, const Domain& domain, EffectHost& host, EffectActions& actions,
                                 const CommandSubmit& submit)
    : feed_(feed), domain_(domain), host_(host), actions_(actions), submit_(submit) {}

OperatorAnswer OperatorEffects::list() const {
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().array("effects");
  const LogPoint durable = feed_.durable();
  for (const EffectInfo& info : host_.list()) {
    json.begin_object().member("effect", info.name);
    json.member("position", position_text(durable.log_id, durable.epoch, info.finished));
    json.key("lag").number(info.lag).key("in_hand").number(info.counts.in_hand);
    json.key("waiting").number(info.counts.waiting).key("held").number(info.counts.held);
    json.key("dead").number(info.counts.dead).key("done").number(info.status.done);
    json.key("failed").number(info.status.failed).key("erased").number(info.status.erased);
    json.key("rate").number(static_cast<std::uint64_t>(info.rate));
    if (info.oldest_pending) json.member("oldest_pending", moment_of(info.oldest_pending->value()));
    json.member("state", state_of(info.status));
    const std::string& error = info.status.error.empty() ? info.status.delivery_error : info.status.error;
    if (!error.empty()) json.member("error", error);
    json.end_object();
  }
  json.end_array().end_object();
  return answer;
}

Result<OperatorEffects::Done> OperatorEffects::act(schema::EffectAction action, std::string_view reason) {
  if (reason.empty()) return Error{ErrorKind::kInvalid, "a reason is needed"};
  action.set_reason(std::string(reason));
  schema::Command command;
  *command.mutable_record_effect_action()->mutable_action() = std::move(action);
  const Result<Position> position = submit_.submit(kServerTenant, command, random_command_key(), kOperator);
  if (!position.ok()) return position.error();
  const auto until = std::chrono::steady_clock::now() + kActionMost;
  bool done = false;
  while (!done && !stopping_() && std::chrono::steady_clock::now() < until) {
    done = actions_.wait_for(*position, kActionLook);
  }
  if (!done) {
    return Error{ErrorKind::kUnavailable, "it stands in the log and is not done yet: " + actions_.status().error};
  }
  std::optional<EffectActionResult> result = actions_.result_of(*position);
  if (!result) return Error{ErrorKind::kUnavailable, "what became of it is not known any more"};
  if (!result->status.ok()) return result->status.error();
  return Done{*position, *std::move(result)};
}

OperatorAnswer OperatorEffects::pause(const OperatorRequest& request, bool paused) {
  if (!host_.has(request.parameter)) return operator_problem(Error{ErrorKind::kNotFound, "no such effect"});
  schema::EffectAction action;
  action.set_kind(paused ? schema::EffectAction::PAUSE : schema::EffectAction::RESUME);
  action.set_effect(request.parameter);
  const Result<Done> done = act(std::move(action), request.text("reason"));
  if (!done.ok()) return operator_problem(done.error());
  const LogPoint durable = feed_.durable();
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().member("position", position_text(durable.log_id, durable.epoch, done->position)).end_object();
  return answer;
}

Result<Position> OperatorEffects::read_place(std::string_view text) const {
  std::uint64_t number = 0;
  if (read_whole(text, number)) return Position(number);
  std::int64_t micros = 0;
  if (parse_timestamp(text, micros) == ParseFault::kNone) return host_.position_at(Micros(micros));
  Epoch epoch;
  Position position;
  if (parse_position_text(text, feed_.durable().log_id, epoch, position)) return position;
  return Error{ErrorKind::kInvalid, "from and to are positions or times"};
}

OperatorAnswer OperatorEffects::replay(const OperatorRequest& request, const std::atomic<bool>& stopping) {
  if (!host_.has(request.parameter)) return operator_problem(Error{ErrorKind::kNotFound, "no such effect"});
  const Result<Position> from = read_place(request.text("from"));
  if (!from.ok()) return operator_problem(from.error());
  const std::string_view last = request.text("to");
  const Result<Position> to = last.empty() ? Result<Position>(feed_.durable().position) : read_place(last);
  if (!to.ok()) return operator_problem(to.error());
  const bool ignore_ledger = request.body["ignore_ledger"].boolean();
  if (request.body["dry_run"].boolean()) {
    const ReplayRange range{*from, *to, std::string(request.text("tenant")), ignore_ledger, true};
    const Result<ReplayReport> report = host_.replay(request.parameter, range, stopping);
    return report.ok() ? replay_answer(*report, {}) : operator_problem(report.error());
  }
  schema::EffectAction action;
  action.set_kind(schema::EffectAction::REPLAY);
  action.set_effect(request.parameter);
  action.set_from(from->value());
  action.set_to(to->value());
  if (ignore_ledger) action.set_ignore_ledger(true);
  if (!request.text("tenant").empty()) action.set_tenant(std::string(request.text("tenant")));
  const Result<Done> done = act(std::move(action), request.text("reason"));
  if (!done.ok()) return operator_problem(done.error());
  const LogPoint durable = feed_.durable();
  return replay_answer(done->result.replay, position_text(durable.log_id, durable.epoch, done->position));
}

OperatorAnswer OperatorEffects::dead_letters(const OperatorRequest& request) const {
  std::size_t limit = kDeadLettersDefault;
  if (!request.text("limit").empty() && !read_whole(request.text("limit"), limit)) {
    return operator_problem(schema::PARAMETER_INVALID, "limit is a number");
  }
  limit = std::clamp<std::size_t>(limit, 1, kDeadLettersMost);
  const auto letters = host_.dead_letters(filter_of(request), read_delivery_text(request.text("after")), limit + 1);
  if (!letters.ok()) return operator_problem(letters.error());
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().array("dead_letters");
  const std::size_t shown = std::min(limit, letters->size());
  for (std::size_t i = 0; i < shown; ++i) {
    json.begin_object();
    write_letter(json, (*letters)[i]);
    json.end_object();
  }
  json.end_array();
  if (letters->size() > shown) json.member("next", delivery_text((*letters)[shown - 1].name));
  json.end_object();
  return answer;
}

OperatorAnswer OperatorEffects::dead_letter(const OperatorRequest& request) const {
  const std::optional<DeliveryName> name = read_delivery_text(request.parameter);
  if (!name) return operator_problem(schema::DEAD_LETTER_NOT_FOUND, "not the id of a dead letter");
  const Result<DeadLetter> letter = host_.dead_letter(*name, {});
  if (!letter.ok()) return operator_problem(letter.error());
  std::vector<TransactionPtr> record;
  const Position before(name->delivery.event.position.value() - 1);
  if (Status read = feed_.read(before, 1, kRecordBytes, record); !read.ok()) return operator_problem(read.error());
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  write_letter(json, *letter);
  if (!record.empty()) json.key("record").raw(record_json(*record.front(), domain_));
  json.end_object();
  return answer;
}

OperatorAnswer OperatorEffects::redrive_all(const OperatorRequest& request) {
  const DeadLetterFilter filter = filter_of(request);
  if (request.body["dry_run"].boolean()) {
    const Result<std::uint64_t> number = host_.redrive(filter, std::chrono::microseconds(0), true);
    if (!number.ok()) return operator_problem(number.error());
    OperatorAnswer answer;
    JsonWriter(answer.body).begin_object().key("deliveries").number(*number).end_object();
    return answer;
  }
  const std::int64_t rate = request.body["rate"].integer(kRedriveRateDefault);
  if (rate < 1 || rate > kRedriveRateMost) {
    return operator_problem(schema::PARAMETER_INVALID, "rate is 1 to " + std::to_string(kRedriveRateMost));
  }
  schema::EffectAction action;
  action.set_kind(schema::EffectAction::REDRIVE);
  action.set_effect(filter.effect);
  if (!filter.tenant.empty()) action.set_tenant(filter.tenant);
  if (!filter.target.empty()) action.set_target(filter.target);
  if (!filter.event_name.empty()) action.set_event_name(filter.event_name);
  action.set_rate(static_cast<std::uint32_t>(rate));
  const Result<Done> done = act(std::move(action), request.text("reason"));
  if (!done.ok()) return operator_problem(done.error());
  const LogPoint durable = feed_.durable();
  return answer_of(position_text(durable.log_id, durable.epoch, done->position), done->result);
}

OperatorAnswer OperatorEffects::act_on_letter(const OperatorRequest& request, bool discard) {
  const std::optional<DeliveryName> name = read_delivery_text(request.parameter);
  if (!name) return operator_problem(schema::DEAD_LETTER_NOT_FOUND, "not the id of a dead letter");
  const Result<DeadLetter> letter = host_.dead_letter(*name, {});
  if (!letter.ok()) return operator_problem(letter.error());
  schema::EffectAction action;
  action.set_kind(discard ? schema::EffectAction::DISCARD : schema::EffectAction::REDRIVE);
  action.set_effect(name->effect);
  action.set_delivery(request.parameter);
  const Result<Done> done = act(std::move(action), request.text("reason"));
  if (!done.ok()) return operator_problem(done.error());
  const LogPoint durable = feed_.durable();
  return answer_of(position_text(durable.log_id, durable.epoch, done->position), done->result);
}

void OperatorEffects::add_routes(OperatorApi& api) {
  const std::atomic<bool>& stopping = api.stopping();
  stopping_ = [&stopping] { return stopping.load(); };
  api.add("GET", "/operator/effects", [this](const OperatorRequest&) { return list(); });
  api.add("POST", "/operator/effects/{effect}/pause",
          [this](const OperatorRequest& request) { return pause(request, true); });
  api.add("POST", "/operator/effects/{effect}/resume",
          [this](const OperatorRequest& request) { return pause(request, false); });
  api.add("POST", "/operator/effects/{effect}/replay",
          [this, &stopping](const OperatorRequest& request) { return replay(request, stopping); });
  api.add("GET", "/operator/dead-letters", [this](const OperatorRequest& request) { return dead_letters(request); });
  api.add("GET", "/operator/dead-letters/{id}",
          [this](const OperatorRequest& request) { return dead_letter(request); });
  api.add("POST", "/operator/dead-letters/redrive",
          [this](const OperatorRequest& request) { return redrive_all(request); });
  api.add("POST", "/operator/dead-letters/{id}/redrive",
          [this](const OperatorRequest& request) { return act_on_letter(request, false); });
  api.add("POST", "/operator/dead-letters/{id}/discard",
          [this](const OperatorRequest& request) { return act_on_letter(request, true); });
}

}  // namespace till
