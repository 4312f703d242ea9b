// What every receipt of a terminal shows, whether it sells or takes back: its place, its number in the terminal's
// sequence, its time and its staff.
#pragma once

#include <cstdint>
#include <string>

#include "commands/rules.h"

namespace till {

// As large as the event of a receipt may be, so that its entity, its event and that of its reversal fit their doors.
inline constexpr std::size_t kReceiptBytesMost = 63 * 1024;

// The receipt that a command asks for. The texts outlive it.
struct ReceiptHead {
  const std::string& store_id;
  const std::string& terminal_id;
  std::uint64_t terminal_seq = 0;
  std::int64_t occurred_at_us = 0;
  const std::string& shift_id;
  const std::string& session_id;
  const std::string& employee_id;  // empty: that of the session
};

// Null where the terminal has made no receipt.
const schema::TerminalChain* terminal_chain(BooksReader& books, const std::string& terminal_id);

// What the terminal has used up; 0 where it has made no receipt.
std::uint64_t last_sequence(const schema::TerminalChain* chain);

Rejection reject_fork(const std::string& terminal_id, std::uint64_t last);

// TERMINAL_SEQUENCE_FORK or TERMINAL_SEQUENCE_GAP unless it is the next one. Offline, the number of a sale in
// quarantine stays open: it holds up none after it.
Refusal check_sequence(const ReceiptHead& head, const schema::TerminalChain* chain, const Deciding& deciding);

// VALIDATION_FAILED before 1970, OCCURRED_IN_FUTURE more than 24 hours ahead of the server.
Refusal check_occurred_at(std::int64_t occurred_at_us, const Deciding& deciding);

// When something happened that is no receipt: as the till says, where it was away and says so; else now.
Micros moment_of(std::int64_t occurred_at_us, const Deciding& deciding);

// SHIFT_REQUIRED and SESSION_REQUIRED where the store's policy asks for them, and the refusals of check_session(). E2:
// a session has to have lasted when it happened. The shift itself is looked at when the receipt is booked on it.
Refusal check_staff(const ReceiptHead& head, const schema::StorePolicy& policy, const Deciding& deciding);

// The business time of the receipt. A terminal's business day never goes back (T3), whatever its clock says.
BusinessTime receipt_time(const ReceiptHead& head, const schema::StoreState& store, const schema::TerminalChain* chain,
                          const Deciding& deciding);

void write_head(const ReceiptHead& head, const BusinessTime& time, const Deciding& deciding,
                schema::SaleCompleted& receipt);

// Uses the terminal's sequence up.
void take_sequence(const ReceiptHead& head, const BusinessTime& time, Acceptance& accepted);

}  // namespace till
