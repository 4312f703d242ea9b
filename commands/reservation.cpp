#include "commands/reservation.h"

#include <array>
#include <utility>

#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::Reservation;
using schema::ReservationState;

constexpr EntityKind kReservation = kind_of(schema::RESERVATION);
constexpr EntityKind kStore = kind_of(schema::STORE);

void needs_reserve(const schema::ReserveStock& command, std::vector<EntityRef>& out) {
  out.push_back({kReservation, command.reservation_id()});
  out.push_back({kStore, command.store_id()});
  need_stock_lines(command.store_id(), command.lines(), out);
}

// Its store and stock are not in the command: the engine loads them when decide() looks.
template <class Command>
void needs_end(const Command& command, std::vector<EntityRef>& out) {
  out.push_back({kReservation, command.reservation_id()});
}

Decision decide_reserve(const schema::ReserveStock& command, const Deciding& deciding) {
  if (const auto* known = deciding.books.get<ReservationState>(kReservation, command.reservation_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::RESERVATION_ID_REUSED,
                  "Reservation " + command.reservation_id() + " was made with other content", "/reservation_id");
  }
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *refusal;
  if (auto refusal = check_stock_lines(command.lines(), "lines", kReservationLinesMost, deciding.books)) {
    return *refusal;
  }
  if (command.expires_at_us() <= deciding.context.recorded_at.value()) {
    return reject(schema::RESERVATION_EXPIRED, "A reservation lasts beyond now", "/expires_at");
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::RESERVATION, command.reservation_id(), schema::Event::kReservationMade)
           .mutable_reservation_made();
  fact.set_reservation_id(command.reservation_id());
  fact.set_store_id(command.store_id());
  *fact.mutable_lines() = command.lines();
  fact.set_ref(command.ref());
  fact.set_expires_at_us(command.expires_at_us());
  for (int i = 0; i < command.lines_size(); ++i) {
    const schema::StockLine& line = command.lines(i);
    StockMove move{schema::Event::kStockReserved, command.store_id(), line.sku(), command.reservation_id()};
    move.reserved_e5 = move.handled_e5 = line.quantity_e5();
    const std::string pointer = item_pointer("lines", static_cast<std::size_t>(i), "quantity");
    if (auto refusal = move_item(deciding, stock_rule(*store), move, pointer, accepted)) return *refusal;
  }
  set_business_date(accepted, deciding, *store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(command.store_id());
  answer.set_reservation_id(command.reservation_id());
  return accepted;
}

// How a reservation ends, on its own stream and on those of its items.
struct Ending {
  Reservation::Status status;
  schema::Event::EventCase event;
  std::string_view sale_id = {};
};

Refusal find_active(const Deciding& deciding, const std::string& id, const ReservationState*& reservation,
                    std::string_view pointer = "/reservation_id") {
  reservation = deciding.books.get<ReservationState>(kReservation, id);
  if (reservation == nullptr)
    return reject(schema::RESERVATION_NOT_FOUND, "No reservation " + id, std::string(pointer));
  if (reservation->status() == Reservation::ACTIVE) return std::nullopt;
  return reject(schema::RESERVATION_ALREADY_ENDED,
                "Reservation " + id + " is " + Reservation::Status_Name(reservation->status()), std::string(pointer));
}

Rejection too_late(const std::string& id, std::string_view pointer) {
  return reject(schema::RESERVATION_EXPIRED, "The time of reservation " + id + " is over", std::string(pointer));
}

void write_end(const ReservationState& reservation, const Ending& ending, const Deciding& deciding,
               Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::RESERVATION, reservation.reservation_id(),
                          schema::Event::kReservationEnded)
                    .mutable_reservation_ended();
  fact.set_reservation_id(reservation.reservation_id());
  fact.set_store_id(reservation.store_id());
  fact.set_status(ending.status);
  fact.set_sale_id(std::string(ending.sale_id));
}

Decision end_reservation(const ReservationState& reservation, const Ending& ending, const Deciding& deciding) {
  const schema::StoreState* store = nullptr;
  look_at_items(deciding.books, reservation.store_id(), reservation.lines());
  if (auto refusal = find_store(deciding.books, reservation.store_id(), {}, store)) return *refusal;
  Acceptance accepted;
  write_end(reservation, ending, deciding, accepted);
  for (const schema::StockLine& line : reservation.lines()) {
    StockMove move{ending.event, reservation.store_id(), line.sku(), reservation.reservation_id()};
    move.reserved_e5 = -line.quantity_e5();
    move.handled_e5 = line.quantity_e5();
    if (ending.status == Reservation::COMMITTED) move.on_hand_e5 = -line.quantity_e5();
    if (auto refusal = move_item(deciding, stock_rule(*store), move, "/reservation_id", accepted)) return *refusal;
  }
  set_business_date(accepted, deciding, *store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_store_id(reservation.store_id());
  answer.set_reservation_id(reservation.reservation_id());
  if (!ending.sale_id.empty()) answer.set_sale_id(std::string(ending.sale_id));
  return accepted;
}

Decision decide_release(const schema::ReleaseReservation& command, const Deciding& deciding) {
  const ReservationState* reservation = nullptr;
  if (auto refusal = find_active(deciding, command.reservation_id(), reservation)) return *refusal;
  return end_reservation(*reservation, {Reservation::RELEASED, schema::Event::kReservationReleased}, deciding);
}

Decision decide_commit(const schema::CommitReservation& command, const Deciding& deciding) {
  const ReservationState* reservation = nullptr;
  if (auto refusal = find_active(deciding, command.reservation_id(), reservation)) return *refusal;
  if (reservation->expires_at_us() <= deciding.context.recorded_at.value()) {
    return too_late(command.reservation_id(), "/reservation_id");
  }
  return end_reservation(*reservation,
                         {Reservation::COMMITTED, schema::Event::kReservationCommitted, command.sale_id()}, deciding);
}

Decision decide_expire(const schema::ExpireReservation& command, const Deciding& deciding) {
  const ReservationState* reservation = nullptr;
  if (auto refusal = find_active(deciding, command.reservation_id(), reservation)) return *refusal;
  if (deciding.context.recorded_at.value() < reservation->expires_at_us()) {
    return reject(schema::RESERVATION_NOT_DUE, "Reservation " + command.reservation_id() + " still lasts",
                  "/reservation_id");
  }
  return end_reservation(*reservation, {Reservation::EXPIRED, schema::Event::kReservationExpired}, deciding);
}

void evolve_made(ReservationState& state, const schema::ReservationMade& fact, const schema::Record& record) {
  state.set_reservation_id(fact.reservation_id());
  state.set_store_id(fact.store_id());
  *state.mutable_lines() = fact.lines();
  state.set_ref(fact.ref());
  state.set_expires_at_us(fact.expires_at_us());
  state.set_status(Reservation::ACTIVE);
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void evolve_ended(ReservationState& state, const schema::ReservationEnded& fact, const schema::Record&) {
  state.set_status(fact.status());
  state.set_sale_id(fact.sale_id());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::reserve_stock, needs_reserve, decide_reserve>(Command::kReserveStock),
    command_rule<&Command::release_reservation, needs_end<schema::ReleaseReservation>, decide_release>(
        Command::kReleaseReservation),
    command_rule<&Command::commit_reservation, needs_end<schema::CommitReservation>, decide_commit>(
        Command::kCommitReservation),
    command_rule<&Command::expire_reservation, needs_end<schema::ExpireReservation>, decide_expire>(
        Command::kExpireReservation),
};
constexpr std::array kEvents{
    event_rule<ReservationState, &Event::reservation_made, evolve_made>(Event::kReservationMade, schema::RESERVATION),
    event_rule<ReservationState, &Event::reservation_ended, evolve_ended>(Event::kReservationEnded,
                                                                          schema::RESERVATION),
};
constexpr std::array kStates{state_rule<ReservationState>(schema::RESERVATION)};

}  // namespace

const Aggregate& reservation_aggregate() {
  static constexpr Aggregate kAggregate{"reservation", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_reservation(std::string_view reservation_id, std::vector<EntityRef>& out) {
  out.push_back({kReservation, std::string(reservation_id)});
}

Refusal hand_over_reservation(const Deciding& deciding, std::string_view reservation_id,
                              const schema::SaleCompleted& sale, std::string_view pointer, Acceptance& accepted) {
  const std::string id(reservation_id);
  const ReservationState* reservation = nullptr;
  if (auto refusal = find_active(deciding, id, reservation, pointer)) return refusal;
  if (reservation->store_id() != sale.store_id()) {
    return reject(schema::RESERVATION_NOT_FOUND, "Reservation " + id + " is of store " + reservation->store_id(),
                  std::string(pointer));
  }
  if (reservation->expires_at_us() <= deciding.context.recorded_at.value()) return too_late(id, pointer);
  const auto lines = reservation->lines();  // the state changes with the event
  look_at_items(deciding.books, sale.store_id(), lines);
  write_end(*reservation, {Reservation::COMMITTED, schema::Event::kReservationCommitted, sale.sale_id()}, deciding,
            accepted);
  for (const schema::StockLine& line : lines) {
    StockMove move{schema::Event::kReservationCommitted, sale.store_id(), line.sku(), id};
    move.reserved_e5 = -line.quantity_e5();
    move.handled_e5 = line.quantity_e5();
    // Less is kept back by it, so no rule of the store has anything against it.
    if (auto refusal = move_item(deciding, schema::StorePolicy::ALLOW_NEGATIVE, move, pointer, accepted)) {
      return refusal;
    }
  }
  return std::nullopt;
}

}  // namespace till
