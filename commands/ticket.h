// Sales that are still open. Stream: ticket/<sale_id>. A ticket belongs to one terminal at a time; each command that
// changes it raises its version. Completing it rings the sale up (ticket_complete.h), whose stream is sale/<sale_id>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

// Each line may take two events of a record's thousand when the sale is completed.
inline constexpr int kTicketLinesMost = 400;
inline constexpr int kTicketDiscountsMost = 64;
inline constexpr int kTicketChargesMost = 32;
inline constexpr int kTicketCouponsMost = 16;
inline constexpr int kTicketPaymentsMost = 16;
// Of its state without payments and promotions, so that nothing keeps it from being paid: the door is 64 KiB, payments
// take at most 4 of it, promotions 13, and one entry of the longest ids is below 1 KiB.
inline constexpr std::size_t kTicketBytesMost = 44 * 1024;

const Aggregate& ticket_aggregate();

// For needs().
void need_ticket(std::string_view sale_id, std::vector<EntityRef>& out);

// Null where there is none.
const schema::TicketState* find_ticket(const Deciding& deciding, std::string_view sale_id);

inline bool is_open(const schema::TicketState& ticket) {
  return ticket.status() == schema::TicketState::OPEN || ticket.status() == schema::TicketState::PARTIALLY_PAID;
}

// Who asks for what ticket, and in which version it was seen.
struct TicketUse {
  const std::string& sale_id;
  const std::string& session_id;
  std::optional<std::uint64_t> expected_version;
};

template <class Command>
TicketUse use_of(const Command& command) {
  TicketUse use{command.sale_id(), command.session_id(), std::nullopt};
  if (command.has_expected_version()) use.expected_version = command.expected_version();
  return use;
}

// The ticket where it is there, of this terminal, in the expected version and the session may be used: SALE_NOT_FOUND,
// SALE_OWNED_ELSEWHERE, VERSION_MISMATCH and the refusals of check_session() otherwise. Its status is not looked at.
Refusal use_ticket(const Deciding& deciding, const TicketUse& use, const schema::TicketState*& ticket);

// The same of a ticket that is open or partially paid: SALE_NOT_OPEN.
Refusal use_open_ticket(const Deciding& deciding, const TicketUse& use, const schema::TicketState*& ticket);

// The same of a ticket on which nothing is paid yet, so that what is due may still change.
Refusal use_unpaid_ticket(const Deciding& deciding, const TicketUse& use, const schema::TicketState*& ticket);

// TICKET_LIMIT at `pointer` where there are `count` entries of `most` already, or the ticket is as large as it may be.
Refusal check_room(const schema::TicketState& ticket, int count, int most, std::string_view pointer);

// A new event of the ticket, with its next version; what the event is about is the caller's to fill in. `event` is a
// member of the type TicketChanged.
schema::TicketChanged& change_ticket(const schema::TicketState& ticket, const Deciding& deciding,
                                     schema::Event::EventCase event, std::string_view session_id, Acceptance& accepted);

// The answer of a command that leaves the ticket in the version after `before`, with what it comes to and what of that
// is to be paid; `accepted` says all that the command does to it.
schema::Answer& answer_ticket(const schema::TicketState& before, const Deciding& deciding, Acceptance& accepted);

// For evolve: what every event of a ticket changes.
inline void count_version(schema::TicketState& state, const schema::TicketChanged& fact) {
  state.set_version(fact.version());
}

}  // namespace till
