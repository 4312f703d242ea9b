#include "commands/ticket.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/coupon.h"
#include "commands/customer.h"
#include "commands/money.h"
#include "commands/shift.h"
#include "commands/shift_tickets.h"
#include "commands/store.h"
#include "commands/terminal.h"
#include "commands/ticket_pricing.h"

namespace till {
namespace {

using schema::TicketChanged;
using schema::TicketState;

constexpr EntityKind kTicket = kind_of(schema::TICKET);
constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);

void needs_open(const schema::OpenSale& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  out.push_back({kSale, command.sale_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
  if (!command.customer_id().empty()) need_customer(command.customer_id(), out);
}

template <class Command>
void needs_standing(const Command& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  need_session(command.session_id(), out);
}

void needs_cancel(const schema::CancelSale& command, std::vector<EntityRef>& out) {
  needs_standing(command, out);
  out.push_back({kSale, command.sale_id()});
}

void needs_resume(const schema::ResumeSale& command, std::vector<EntityRef>& out) {
  needs_standing(command, out);
  out.push_back({kTerminal, command.terminal_id()});
  need_shift(command.shift_id(), out);
}

// The shift is that of the terminal at which the sale is made.
Refusal check_shift_of(const Deciding& deciding, const std::string& shift_id, const std::string& terminal_id,
                       const std::string& currency) {
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, shift_id, shift)) return refusal;
  if (shift->terminal_id() != terminal_id) {
    return reject(schema::SHIFT_NOT_FOUND, "Shift " + shift_id + " is of terminal " + shift->terminal_id(),
                  "/shift_id");
  }
  if (shift->expected_cash().currency() == currency) return std::nullopt;
  return reject(schema::CURRENCY_MISMATCH, "The shift counts in " + shift->expected_cash().currency(), "/shift_id");
}

Refusal check_people(const schema::OpenSale& command, const schema::StorePolicy& policy, const Deciding& deciding) {
  if (command.session_id().empty() && policy.require_session()) {
    return reject(schema::SESSION_REQUIRED, "Store " + command.store_id() + " sells within a session", "/session_id");
  }
  if (auto refusal = check_named_session(deciding, command.session_id())) return refusal;
  if (command.shift_id().empty() && policy.require_shift()) {
    return reject(schema::SHIFT_REQUIRED, "Store " + command.store_id() + " sells within a shift", "/shift_id");
  }
  if (!command.shift_id().empty()) {
    if (auto refusal = check_shift_of(deciding, command.shift_id(), command.terminal_id(), command.currency())) {
      return refusal;
    }
  }
  return command.customer_id().empty() ? std::nullopt : check_buyer(deciding, command.customer_id());
}

void write_opened(const schema::OpenSale& command, const schema::StorePolicy& policy, const Deciding& deciding,
                  schema::SaleOpened& fact) {
  fact.set_sale_id(command.sale_id());
  fact.set_store_id(command.store_id());
  fact.set_terminal_id(command.terminal_id());
  fact.set_shift_id(command.shift_id());
  fact.set_session_id(command.session_id());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
  fact.set_customer_id(command.customer_id());
  fact.set_currency(command.currency());
  fact.set_price_list(command.price_list());
  *fact.mutable_tax_policy() = policy.tax_policy();
}

Decision decide_open(const schema::OpenSale& command, const Deciding& deciding) {
  if (const auto* known = find_ticket(deciding, command.sale_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::SALE_ID_REUSED, "Sale " + command.sale_id() + " was opened with other content", "/sale_id");
  }
  if (deciding.books.find(kSale, command.sale_id()) != nullptr) {
    return reject(schema::SALE_ID_REUSED, "Sale " + command.sale_id() + " was rung up already", "/sale_id");
  }
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *std::move(refusal);
  if (auto refusal = check_terminal(deciding, command.terminal_id(), command.store_id())) return *std::move(refusal);
  if (!currency_exponent(command.currency())) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", "/currency");
  }
  if (auto refusal = check_people(command, store->policy(), deciding)) return *std::move(refusal);
  Acceptance accepted;
  write_opened(command, store->policy(), deciding,
               *add_event(accepted, deciding, schema::TICKET, command.sale_id(), schema::Event::kSaleOpened)
                    .mutable_sale_opened());
  open_in_shift(command.shift_id(), command.sale_id(), deciding, accepted);
  set_business_date(accepted, deciding, *store);
  auto& answer = set_answer(accepted, deciding);
  answer.set_sale_id(command.sale_id());
  answer.set_version(1);
  return accepted;
}

Decision decide_suspend(const schema::SuspendSale& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  Acceptance accepted;
  change_ticket(*ticket, deciding, schema::Event::kSaleSuspended, command.session_id(), accepted);
  leave_shift(ticket->shift_id(), command.sale_id(), deciding, accepted);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

// A suspended ticket is nobody's: whoever resumes it owns it.
Refusal check_resumable(const schema::ResumeSale& command, const TicketState& ticket) {
  if (ticket.status() == TicketState::SUSPENDED) return std::nullopt;
  if (!is_open(ticket)) return reject(schema::SALE_NOT_OPEN, "Sale " + command.sale_id() + " has ended", "/sale_id");
  if (ticket.terminal_id() != command.terminal_id()) {
    return reject(schema::SALE_OWNED_ELSEWHERE, "Sale " + command.sale_id() + " is open at " + ticket.terminal_id(),
                  "/sale_id");
  }
  return reject(schema::SALE_NOT_SUSPENDED, "Sale " + command.sale_id() + " is not suspended", "/sale_id");
}

Refusal check_version_of(const TicketState& ticket, const TicketUse& use) {
  if (!use.expected_version || *use.expected_version == ticket.version()) return std::nullopt;
  return reject(schema::VERSION_MISMATCH,
                "Sale " + use.sale_id + " is at version " + std::to_string(ticket.version()) + ", not " +
                    std::to_string(*use.expected_version),
                "/expected_version");
}

Decision decide_resume(const schema::ResumeSale& command, const Deciding& deciding) {
  const TicketState* ticket = find_ticket(deciding, command.sale_id());
  if (ticket == nullptr) return reject(schema::SALE_NOT_FOUND, "No sale " + command.sale_id(), "/sale_id");
  if (auto refusal = check_resumable(command, *ticket)) return *std::move(refusal);
  if (auto refusal = check_version_of(*ticket, use_of(command))) return *std::move(refusal);
  if (auto refusal = check_terminal(deciding, command.terminal_id(), ticket->store_id())) return *std::move(refusal);
  if (auto refusal = check_named_session(deciding, command.session_id())) return *std::move(refusal);
  if (!command.shift_id().empty()) {
    if (auto refusal = check_shift_of(deciding, command.shift_id(), command.terminal_id(), ticket->currency())) {
      return *std::move(refusal);
    }
  }
  Acceptance accepted;
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSaleResumed, command.session_id(), accepted);
  fact.set_terminal_id(command.terminal_id());
  fact.set_shift_id(command.shift_id());
  fact.set_session_id(command.session_id());
  open_in_shift(command.shift_id(), command.sale_id(), deciding, accepted);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

// A suspended sale may be cancelled as well. What coupons it held is free again.
Decision decide_cancel(const schema::CancelSale& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (!is_open(*ticket) && ticket->status() != TicketState::SUSPENDED) {
    return reject(schema::SALE_NOT_OPEN, "Sale " + command.sale_id() + " has ended", "/sale_id");
  }
  // A till that was away may have rung it up by itself, with what was paid.
  const bool sold = deciding.books.find(kSale, command.sale_id()) != nullptr;
  if (!sold && ticket->payments_size() > 0) {
    return reject(schema::TENDER_OUTSTANDING,
                  "Payment " + ticket->payments(0).payment_id() + " of the sale is not reversed", "/sale_id");
  }
  Acceptance accepted;
  change_ticket(*ticket, deciding, schema::Event::kSaleCancelled, command.session_id(), accepted)
      .set_reason(command.reason());
  for (const std::string& coupon_id : ticket->coupon_ids()) {
    release_coupon(deciding, coupon_id, command.sale_id(), accepted);
  }
  if (!sold) cancel_on_shift(deciding, *ticket, command.session_id(), accepted);
  if (is_open(*ticket)) leave_shift(ticket->shift_id(), command.sale_id(), deciding, accepted);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

std::size_t bytes_beside_payments(const TicketState& ticket) {
  std::size_t bytes = ticket.ByteSizeLong();
  for (const auto& payment : ticket.payments()) bytes -= payment.ByteSizeLong();
  for (const auto& promotion : ticket.promotions()) bytes -= promotion.ByteSizeLong();
  return bytes;
}

void evolve_sale_opened(TicketState& state, const schema::SaleOpened& fact, const schema::Record& record) {
  state.set_sale_id(fact.sale_id());
  state.set_store_id(fact.store_id());
  state.set_terminal_id(fact.terminal_id());
  if (!fact.shift_id().empty()) state.set_shift_id(fact.shift_id());
  if (!fact.session_id().empty()) state.set_session_id(fact.session_id());
  if (!fact.employee_id().empty()) state.set_employee_id(fact.employee_id());
  if (!fact.customer_id().empty()) state.set_customer_id(fact.customer_id());
  state.set_currency(fact.currency());
  if (!fact.price_list().empty()) state.set_price_list(fact.price_list());
  *state.mutable_tax_policy() = fact.tax_policy();
  state.set_status(TicketState::OPEN);
  state.set_version(1);
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void evolve_suspended(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.set_status(TicketState::SUSPENDED);
}

// Only the present shift and session count: those of the terminal before would be another's.
void evolve_resumed(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.set_status(state.payments_size() > 0 ? TicketState::PARTIALLY_PAID : TicketState::OPEN);
  state.set_terminal_id(fact.terminal_id());
  state.clear_shift_id();
  if (!fact.shift_id().empty()) state.set_shift_id(fact.shift_id());
  state.clear_session_id();
  if (!fact.session_id().empty()) state.set_session_id(fact.session_id());
  if (!fact.employee_id().empty()) state.set_employee_id(fact.employee_id());
}

void evolve_cancelled(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.set_status(TicketState::CANCELLED);
  state.clear_coupon_ids();
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::open_sale, needs_open, decide_open>(Command::kOpenSale),
    command_rule<&Command::suspend_sale, needs_standing<schema::SuspendSale>, decide_suspend>(Command::kSuspendSale),
    command_rule<&Command::resume_sale, needs_resume, decide_resume>(Command::kResumeSale),
    command_rule<&Command::cancel_sale, needs_cancel, decide_cancel>(Command::kCancelSale),
};
constexpr std::array kEvents{
    event_rule<TicketState, &Event::sale_opened, evolve_sale_opened>(Event::kSaleOpened, schema::TICKET),
    event_rule<TicketState, &Event::sale_suspended, evolve_suspended>(Event::kSaleSuspended, schema::TICKET),
    event_rule<TicketState, &Event::sale_resumed, evolve_resumed>(Event::kSaleResumed, schema::TICKET),
    event_rule<TicketState, &Event::sale_cancelled, evolve_cancelled>(Event::kSaleCancelled, schema::TICKET),
};
constexpr std::array kStates{state_rule<TicketState>(schema::TICKET)};

}  // namespace

const Aggregate& ticket_aggregate() {
  static constexpr Aggregate kAggregate{"ticket", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_ticket(std::string_view sale_id, std::vector<EntityRef>& out) {
  out.push_back({kTicket, std::string(sale_id)});
}

const TicketState* find_ticket(const Deciding& deciding, std::string_view sale_id) {
  return deciding.books.get<TicketState>(kTicket, sale_id);
}

Refusal use_ticket(const Deciding& deciding, const TicketUse& use, const TicketState*& ticket) {
  ticket = find_ticket(deciding, use.sale_id);
  if (ticket == nullptr) return reject(schema::SALE_NOT_FOUND, "No sale " + use.sale_id, "/sale_id");
  const std::string_view bound = deciding.context.bound_terminal;
  if (!bound.empty() && bound != ticket->terminal_id()) {
    return reject(schema::SALE_OWNED_ELSEWHERE, "Sale " + use.sale_id + " is open at " + ticket->terminal_id(),
                  "/sale_id");
  }
  if (auto refusal = check_version_of(*ticket, use)) return refusal;
  return check_named_session(deciding, use.session_id);
}

Refusal use_open_ticket(const Deciding& deciding, const TicketUse& use, const TicketState*& ticket) {
  if (auto refusal = use_ticket(deciding, use, ticket)) return refusal;
  if (is_open(*ticket)) return std::nullopt;
  return reject(schema::SALE_NOT_OPEN, "Sale " + use.sale_id + " is " + TicketState::Status_Name(ticket->status()),
                "/sale_id");
}

Refusal use_unpaid_ticket(const Deciding& deciding, const TicketUse& use, const TicketState*& ticket) {
  if (auto refusal = use_open_ticket(deciding, use, ticket)) return refusal;
  if (ticket->status() == TicketState::OPEN) return std::nullopt;
  return reject(schema::SALE_NOT_OPEN, "Sale " + use.sale_id + " is partially paid", "/sale_id");
}

Refusal check_room(const TicketState& ticket, int count, int most, std::string_view pointer) {
  if (count >= most) {
    return reject(schema::TICKET_LIMIT, "A ticket has at most " + std::to_string(most) + " of these",
                  std::string(pointer));
  }
  if (bytes_beside_payments(ticket) <= kTicketBytesMost) return std::nullopt;
  return reject(schema::TICKET_LIMIT, "A ticket has at most " + std::to_string(kTicketBytesMost) + " bytes",
                std::string(pointer));
}

TicketChanged& change_ticket(const TicketState& ticket, const Deciding& deciding, Event::EventCase event,
                             std::string_view session_id, Acceptance& accepted) {
  auto& fact = static_cast<TicketChanged&>(
      mutable_body(add_event(accepted, deciding, schema::TICKET, ticket.sale_id(), event), event));
  fact.set_sale_id(ticket.sale_id());
  fact.set_store_id(ticket.store_id());
  fact.set_version(ticket.version() + 1);
  fact.set_employee_id(std::string(employee_of(deciding, session_id)));
  return fact;
}

schema::Answer& answer_ticket(const TicketState& before, const Deciding& deciding, Acceptance& accepted) {
  auto& answer = set_answer(accepted, deciding);
  answer.set_sale_id(before.sale_id());
  answer.set_version(before.version() + 1);
  write_due(before.sale_id(), deciding, accepted, answer);
  return answer;
}

}  // namespace till
