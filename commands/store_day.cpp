#include "commands/store_day.h"

#include <array>

#include "commands/authority.h"
#include "commands/calendar.h"
#include "commands/store.h"
#include "commands/store_shifts.h"

namespace till {
namespace {

using schema::StoreDayState;

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kStoreDay = kind_of(schema::STORE_DAY);

// A day may be opened the evening before.
constexpr std::int64_t kAheadMostUs = 24LL * 3'600 * 1'000'000;

std::string store_day_id(std::string_view store_id, std::int32_t business_date) {
  std::string id(store_id);
  id.append("/").append(std::to_string(business_date));
  return id;
}

template <class Body>
void needs_day(const Body& command, std::vector<EntityRef>& out) {
  out.push_back({kStore, command.store_id()});
  need_store_day(command.store_id(), read_date(command.business_date()), out);
  need_session(command.session_id(), out);
}

void needs_close(const schema::CloseStoreDay& command, std::vector<EntityRef>& out) {
  needs_day(command, out);
  need_store_shifts(command.store_id(), out);
}

const StoreDayState* find_day(const Deciding& deciding, std::string_view store_id, std::int32_t business_date) {
  return deciding.books.get<StoreDayState>(kStoreDay, store_day_id(store_id, business_date));
}

Rejection reject_day(schema::ErrorCode code, std::string_view store_id, std::int32_t business_date,
                     std::string_view what, std::string pointer) {
  return reject(code,
                "Day " + std::to_string(business_date) + " of store " + std::string(store_id) + " " + std::string(what),
                std::move(pointer));
}

Refusal check_open(const StoreDayState* day, std::string_view store_id, std::int32_t business_date,
                   const std::string& pointer) {
  if (day == nullptr) {
    return reject_day(schema::STORE_DAY_NOT_OPEN, store_id, business_date, "was not opened", pointer);
  }
  if (day->status() == StoreDayState::CLOSED) {
    return reject_day(schema::STORE_DAY_CLOSED, store_id, business_date, "is closed", pointer);
  }
  return std::nullopt;
}

Refusal check_store_and_date(const schema::StoreState* store, const std::string& store_id, std::int32_t business_date) {
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + store_id, "/store_id");
  if (business_date != 0) return std::nullopt;
  return reject(schema::VALIDATION_FAILED, "A date is written as 2026-11-23", "/business_date");
}

void write_day(const std::string& store_id, std::int32_t business_date, const std::string& session_id,
               const Deciding& deciding, schema::StoreDayMoved& fact, Acceptance& accepted) {
  fact.set_store_id(store_id);
  fact.set_business_date(business_date);
  fact.set_session_id(session_id);
  accepted.business_date = business_date;
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(store_id);
  answer.set_business_date(business_date);
}

Decision decide_open(const schema::OpenStoreDay& command, const Deciding& deciding) {
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  const std::int32_t date = read_date(command.business_date());
  if (auto refusal = check_store_and_date(store, command.store_id(), date)) return *std::move(refusal);
  const Micros now = deciding.context.recorded_at;
  if (date > business_time_of(*store, Micros(now.value() + kAheadMostUs), deciding.zones).business_date) {
    return reject(schema::BUSINESS_DATE_INVALID, "A day is opened at most one day ahead", "/business_date");
  }
  if (const auto* day = find_day(deciding, command.store_id(), date)) {
    const bool is_open = day->status() == StoreDayState::OPEN;
    return reject_day(is_open ? schema::STORE_DAY_OPEN : schema::STORE_DAY_CLOSED, command.store_id(), date,
                      is_open ? "is open" : "is closed", "/business_date");
  }
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::DAY_OPEN_CLOSE, now, accepted, command.store_id()))
    return *refusal;
  auto& event = add_event(accepted, deciding, schema::STORE_DAY, store_day_id(command.store_id(), date),
                          schema::Event::kStoreDayOpened);
  write_day(command.store_id(), date, command.session_id(), deciding, *event.mutable_store_day_opened(), accepted);
  return accepted;
}

Decision decide_close(const schema::CloseStoreDay& command, const Deciding& deciding) {
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  const std::int32_t date = read_date(command.business_date());
  if (auto refusal = check_store_and_date(store, command.store_id(), date)) return *std::move(refusal);
  const auto* day = find_day(deciding, command.store_id(), date);
  if (auto refusal = check_open(day, command.store_id(), date, "/business_date")) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::DAY_OPEN_CLOSE, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *std::move(refusal);
  }
  const OpenShifts open = open_shifts(deciding, command.store_id(), date);
  if (open.count > 0 && !command.force()) {
    return reject(schema::SHIFTS_OPEN, "Store " + command.store_id() + " has open shifts: " + open.named, "/force");
  }
  auto& fact = *add_event(accepted, deciding, schema::STORE_DAY, store_day_id(command.store_id(), date),
                          schema::Event::kStoreDayClosed)
                    .mutable_store_day_closed();
  fact.set_forced(open.count > 0);
  fact.set_open_shifts(open.count);
  write_day(command.store_id(), date, command.session_id(), deciding, fact, accepted);
  return accepted;
}

void evolve_opened(StoreDayState& state, const schema::StoreDayMoved& fact, const schema::Record& record) {
  state.set_store_id(fact.store_id());
  state.set_business_date(fact.business_date());
  state.set_status(StoreDayState::OPEN);
  state.set_opened_at_us(record.recorded_at_us());
}

void evolve_closed(StoreDayState& state, const schema::StoreDayMoved&, const schema::Record& record) {
  state.set_status(StoreDayState::CLOSED);
  state.set_closed_at_us(record.recorded_at_us());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::open_store_day, needs_day<schema::OpenStoreDay>, decide_open>(Command::kOpenStoreDay),
    command_rule<&Command::close_store_day, needs_close, decide_close>(Command::kCloseStoreDay),
};
constexpr std::array kEvents{
    event_rule<StoreDayState, &Event::store_day_opened, evolve_opened>(Event::kStoreDayOpened, schema::STORE_DAY),
    event_rule<StoreDayState, &Event::store_day_closed, evolve_closed>(Event::kStoreDayClosed, schema::STORE_DAY),
};
constexpr std::array kStates{state_rule<StoreDayState>(schema::STORE_DAY)};

}  // namespace

const Aggregate& store_day_aggregate() {
  static constexpr Aggregate kAggregate{"store_day", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_store_day(std::string_view store_id, std::int32_t business_date, std::vector<EntityRef>& out) {
  out.push_back({kStoreDay, store_day_id(store_id, business_date)});
}

Refusal check_works_on(const Deciding& deciding, std::string_view store_id, const schema::StorePolicy& policy,
                       std::int32_t business_date, Micros at) {
  if (!policy.require_open_day()) return std::nullopt;
  const StoreDayState* day = find_day(deciding, store_id, business_date);
  // Goods that left the shop while the day was open did so, however late it is told of.
  if (day != nullptr && day->status() == StoreDayState::CLOSED && at.value() < day->closed_at_us()) return std::nullopt;
  return check_open(day, store_id, business_date, {});
}

}  // namespace till
