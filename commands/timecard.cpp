#include "commands/timecard.h"

#include <array>

#include "commands/authority.h"
#include "commands/employee.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::TimecardState;

constexpr EntityKind kEmployee = kind_of(schema::EMPLOYEE);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTimecard = kind_of(schema::TIMECARD);

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

void needs_clock_in(const schema::ClockIn& command, std::vector<EntityRef>& out) {
  out.push_back({kTimecard, command.employee_id()});
  out.push_back({kEmployee, command.employee_id()});
  out.push_back({kStore, command.store_id()});
  need_session(command.session_id(), out);
}

template <class Body>
void needs_card(const Body& command, std::vector<EntityRef>& out) {
  out.push_back({kTimecard, command.employee_id()});
  out.push_back({kEmployee, command.employee_id()});
  need_session(command.session_id(), out);
}

const TimecardState* find_card(const Deciding& deciding, const std::string& employee_id) {
  return deciding.books.get<TimecardState>(kTimecard, employee_id);
}

bool is_open(const TimecardState* card) {
  return card != nullptr && card->status() != TimecardState::CLOSED;
}

// Whoever has a session of their own clocks for themselves; anything else is an edit.
Refusal check_clock(const std::string& employee_id, const std::string& session_id, bool is_edit,
                    const Deciding& deciding, Acceptance& accepted) {
  const Micros now = deciding.context.recorded_at;
  const auto* session = session_id.empty() ? nullptr : find_session(deciding, session_id);
  if (!is_edit && session != nullptr && session->employee_id() == employee_id) {
    return check_session(deciding, session_id, now);
  }
  return authorize(deciding, session_id, schema::TIMECARD_EDIT, now, accepted);
}

// The next fact of an open card, which keeps all of it that does not change.
schema::TimecardMoved next_of(const TimecardState& card, const std::string& session_id, std::int64_t at_us) {
  schema::TimecardMoved fact;
  fact.set_employee_id(card.employee_id());
  fact.set_store_id(card.store_id());
  fact.set_number(card.number());
  fact.set_business_date(card.business_date());
  fact.set_opened_at_us(card.opened_at_us());
  fact.set_at_us(at_us);
  fact.set_break_seconds(card.break_seconds());
  if (card.status() == TimecardState::ON_BREAK) {
    fact.set_break_seconds(card.break_seconds() + (at_us - card.changed_at_us()) / kMicrosPerSecond);
  }
  fact.set_session_id(session_id);
  return fact;
}

Decision decide_clock_in(const schema::ClockIn& command, const Deciding& deciding) {
  const auto* employee = find_employee(deciding, command.employee_id());
  if (employee == nullptr) return reject_employee_not_found(command.employee_id(), "/employee_id");
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  if (auto refusal = check_works_in(*employee, command.store_id())) return *std::move(refusal);
  const auto* card = find_card(deciding, command.employee_id());
  if (is_open(card)) {
    return reject(schema::TIMECARD_OPEN,
                  "Employee " + command.employee_id() + " is clocked in in store " + card->store_id(), "/employee_id");
  }
  Acceptance accepted;
  if (auto refusal = check_clock(command.employee_id(), command.session_id(), false, deciding, accepted)) {
    return *std::move(refusal);
  }
  const Micros now = deciding.context.recorded_at;
  accepted.business_date = business_time_of(*store, now, deciding.zones).business_date;
  auto& fact = *add_event(accepted, deciding, schema::TIMECARD, command.employee_id(), schema::Event::kTimecardOpened)
                    .mutable_timecard_opened();
  fact.set_employee_id(command.employee_id());
  fact.set_store_id(command.store_id());
  fact.set_number(card == nullptr ? 1 : card->number() + 1);
  fact.set_business_date(accepted.business_date);
  fact.set_opened_at_us(now.value());
  fact.set_at_us(now.value());
  fact.set_session_id(command.session_id());
  auto& answer = set_answer(accepted, deciding);
  answer.set_employee_id(command.employee_id());
  answer.set_store_id(command.store_id());
  answer.set_business_date(accepted.business_date);
  return accepted;
}

// What clock-outs and breaks look at first. The card where nothing speaks against them.
std::variant<const TimecardState*, Rejection> open_card(const std::string& employee_id, const std::string& session_id,
                                                        bool is_edit, const Deciding& deciding, Acceptance& accepted) {
  if (find_employee(deciding, employee_id) == nullptr) return reject_employee_not_found(employee_id, "/employee_id");
  const auto* card = find_card(deciding, employee_id);
  if (!is_open(card)) {
    return reject(schema::TIMECARD_NOT_OPEN, "Employee " + employee_id + " is not clocked in", "/employee_id");
  }
  if (auto refusal = check_clock(employee_id, session_id, is_edit, deciding, accepted)) return *std::move(refusal);
  return card;
}

Decision decide_clock_out(const schema::ClockOut& command, const Deciding& deciding) {
  const bool afterwards = command.at_us() != 0;
  Acceptance accepted;
  const auto found = open_card(command.employee_id(), command.session_id(), afterwards, deciding, accepted);
  if (const auto* rejection = std::get_if<Rejection>(&found)) return *rejection;
  const TimecardState& card = *std::get<const TimecardState*>(found);
  const std::int64_t now = deciding.context.recorded_at.value();
  const std::int64_t at = afterwards ? command.at_us() : now;
  if (at < card.changed_at_us() || at > now) {
    return reject(schema::VALIDATION_FAILED, "Work ends after what the time card has and not in the future", "/at");
  }
  auto& fact = *add_event(accepted, deciding, schema::TIMECARD, command.employee_id(), schema::Event::kTimecardClosed)
                    .mutable_timecard_closed();
  fact = next_of(card, command.session_id(), at);
  fact.set_worked_seconds((at - card.opened_at_us()) / kMicrosPerSecond - fact.break_seconds());
  accepted.business_date = card.business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_employee_id(command.employee_id());
  answer.set_store_id(card.store_id());
  answer.set_business_date(card.business_date());
  answer.set_worked_seconds(fact.worked_seconds());
  answer.set_break_seconds(fact.break_seconds());
  return accepted;
}

// A break begins (from OPEN) or ends (from ON_BREAK).
Decision decide_break(const std::string& employee_id, const std::string& session_id, TimecardState::Status from,
                      schema::Event::EventCase type, schema::TimecardMoved* (schema::Event::*fact_of)(),
                      const Deciding& deciding) {
  Acceptance accepted;
  const auto found = open_card(employee_id, session_id, false, deciding, accepted);
  if (const auto* rejection = std::get_if<Rejection>(&found)) return *rejection;
  const TimecardState& card = *std::get<const TimecardState*>(found);
  if (card.status() != from) {
    return reject(schema::BREAK_NOT_POSSIBLE,
                  "Employee " + employee_id + (from == TimecardState::OPEN ? " is on a break" : " is on no break"),
                  "/employee_id");
  }
  *(add_event(accepted, deciding, schema::TIMECARD, employee_id, type).*fact_of)() =
      next_of(card, session_id, deciding.context.recorded_at.value());
  accepted.business_date = card.business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_employee_id(employee_id);
  answer.set_store_id(card.store_id());
  answer.set_business_date(card.business_date());
  return accepted;
}

Decision decide_start_break(const schema::StartBreak& command, const Deciding& deciding) {
  return decide_break(command.employee_id(), command.session_id(), TimecardState::OPEN, schema::Event::kBreakStarted,
                      &schema::Event::mutable_break_started, deciding);
}

Decision decide_end_break(const schema::EndBreak& command, const Deciding& deciding) {
  return decide_break(command.employee_id(), command.session_id(), TimecardState::ON_BREAK, schema::Event::kBreakEnded,
                      &schema::Event::mutable_break_ended, deciding);
}

template <TimecardState::Status Status>
void evolve_moved(TimecardState& state, const schema::TimecardMoved& fact, const schema::Record&) {
  state.set_employee_id(fact.employee_id());
  state.set_store_id(fact.store_id());
  state.set_number(fact.number());
  state.set_status(Status);
  state.set_business_date(fact.business_date());
  state.set_opened_at_us(fact.opened_at_us());
  state.set_changed_at_us(fact.at_us());
  state.set_break_seconds(fact.break_seconds());
  state.set_worked_seconds(fact.worked_seconds());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::clock_in, needs_clock_in, decide_clock_in>(Command::kClockIn),
    command_rule<&Command::clock_out, needs_card<schema::ClockOut>, decide_clock_out>(Command::kClockOut),
    command_rule<&Command::start_break, needs_card<schema::StartBreak>, decide_start_break>(Command::kStartBreak),
    command_rule<&Command::end_break, needs_card<schema::EndBreak>, decide_end_break>(Command::kEndBreak),
};
constexpr std::array kEvents{
    event_rule<TimecardState, &Event::timecard_opened, evolve_moved<TimecardState::OPEN>>(Event::kTimecardOpened,
                                                                                          schema::TIMECARD),
    event_rule<TimecardState, &Event::break_started, evolve_moved<TimecardState::ON_BREAK>>(Event::kBreakStarted,
                                                                                            schema::TIMECARD),
    event_rule<TimecardState, &Event::break_ended, evolve_moved<TimecardState::OPEN>>(Event::kBreakEnded,
                                                                                      schema::TIMECARD),
    event_rule<TimecardState, &Event::timecard_closed, evolve_moved<TimecardState::CLOSED>>(Event::kTimecardClosed,
                                                                                            schema::TIMECARD),
};
constexpr std::array kStates{state_rule<TimecardState>(schema::TIMECARD)};

}  // namespace

const Aggregate& timecard_aggregate() {
  static constexpr Aggregate kAggregate{"timecard", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
