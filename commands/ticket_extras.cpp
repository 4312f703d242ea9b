#include "commands/ticket_extras.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands/amounts.h"
#include "commands/authority.h"
#include "commands/customer.h"
#include "commands/ticket.h"

namespace till {
namespace {

using schema::Charge;
using schema::TicketChanged;
using schema::TicketState;

template <class Command>
void needs_extra(const Command& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  need_session(command.session_id(), out);
}

void needs_attach(const schema::AttachCustomer& command, std::vector<EntityRef>& out) {
  needs_extra(command, out);
  need_customer(command.customer_id(), out);
}

Decision decide_exempt(const schema::SetTaxExempt& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::TAX_OVERRIDE, deciding.context.recorded_at,
                               accepted, ticket->store_id())) {
    return *std::move(refusal);
  }
  if (command.has_valid_to_us() && command.valid_to_us() <= deciding.context.recorded_at.value()) {
    return reject(schema::TAX_CERT_INVALID, "Certificate " + command.certificate_id() + " is not valid any more",
                  "/valid_to");
  }
  change_ticket(*ticket, deciding, schema::Event::kSaleTaxExemptionSet, command.session_id(), accepted)
      .set_certificate_id(command.certificate_id());
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

// A customer may turn up when something is paid already: what is due does not change by it.
Decision decide_attach(const schema::AttachCustomer& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (auto refusal = check_buyer(deciding, command.customer_id())) return *std::move(refusal);
  Acceptance accepted;
  change_ticket(*ticket, deciding, schema::Event::kSaleCustomerAttached, command.session_id(), accepted)
      .set_customer_id(command.customer_id());
  answer_ticket(*ticket, deciding, accepted).set_customer_id(command.customer_id());
  return accepted;
}

Decision decide_detach(const schema::DetachCustomer& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  Acceptance accepted;
  change_ticket(*ticket, deciding, schema::Event::kSaleCustomerDetached, command.session_id(), accepted);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Decision decide_add_charge(const schema::AddServiceCharge& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (std::ranges::find(ticket->charges(), command.charge_id(), &Charge::charge_id) != ticket->charges().end()) {
    return reject(schema::ENTRY_ID_DUPLICATE, "Charge " + command.charge_id() + " is on the ticket already",
                  "/charge_id");
  }
  if (auto refusal = check_room(*ticket, ticket->charges_size(), kTicketChargesMost, "/charge_id")) {
    return *std::move(refusal);
  }
  if (auto refusal = check_currency(command.amount(), ticket->currency(), "/amount")) return *std::move(refusal);
  if (auto refusal = check_amount(command.amount(), 1, "/amount")) return *std::move(refusal);
  Acceptance accepted;
  Charge& charge = *change_ticket(*ticket, deciding, schema::Event::kServiceChargeAdded, command.session_id(), accepted)
                        .mutable_charge();
  charge.set_charge_id(command.charge_id());
  charge.set_name(command.name());
  *charge.mutable_amount() = command.amount();
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Decision decide_remove_charge(const schema::RemoveServiceCharge& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (std::ranges::find(ticket->charges(), command.charge_id(), &Charge::charge_id) == ticket->charges().end()) {
    return reject(schema::CHARGE_NOT_FOUND, "The ticket has no charge " + command.charge_id(), "/charge_id");
  }
  Acceptance accepted;
  change_ticket(*ticket, deciding, schema::Event::kServiceChargeRemoved, command.session_id(), accepted)
      .set_removed_id(command.charge_id());
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

// A tip is often given when the card is already approved.
Decision decide_tip(const schema::SetTip& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_open_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  if (auto refusal = check_currency(command.amount(), ticket->currency(), "/amount")) return *std::move(refusal);
  if (auto refusal = check_amount(command.amount(), 0, "/amount")) return *std::move(refusal);
  Acceptance accepted;
  *change_ticket(*ticket, deciding, schema::Event::kSaleTipSet, command.session_id(), accepted).mutable_tip() =
      command.amount();
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

void evolve_exempt(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.clear_certificate_id();
  if (!fact.certificate_id().empty()) state.set_certificate_id(fact.certificate_id());
}

void evolve_attached(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.set_customer_id(fact.customer_id());
}

void evolve_detached(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  state.clear_customer_id();
}

void evolve_charge_added(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  *state.add_charges() = fact.charge();
}

void evolve_charge_removed(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  const auto found = std::ranges::find(state.charges(), fact.removed_id(), &Charge::charge_id);
  if (found != state.charges().end()) state.mutable_charges()->erase(found);
}

void evolve_tip(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  *state.mutable_tip() = fact.tip();
}

using schema::Command;
using schema::Event;
constexpr schema::Kind kExtraStream = schema::TICKET;

constexpr std::array kCommands{
    command_rule<&Command::set_tax_exempt, needs_extra<schema::SetTaxExempt>, decide_exempt>(Command::kSetTaxExempt),
    command_rule<&Command::attach_customer, needs_attach, decide_attach>(Command::kAttachCustomer),
    command_rule<&Command::detach_customer, needs_extra<schema::DetachCustomer>, decide_detach>(
        Command::kDetachCustomer),
    command_rule<&Command::add_service_charge, needs_extra<schema::AddServiceCharge>, decide_add_charge>(
        Command::kAddServiceCharge),
    command_rule<&Command::remove_service_charge, needs_extra<schema::RemoveServiceCharge>, decide_remove_charge>(
        Command::kRemoveServiceCharge),
    command_rule<&Command::set_tip, needs_extra<schema::SetTip>, decide_tip>(Command::kSetTip),
};
constexpr std::array kEvents{
    event_rule<TicketState, &Event::sale_tax_exemption_set, evolve_exempt>(Event::kSaleTaxExemptionSet, kExtraStream),
    event_rule<TicketState, &Event::sale_customer_attached, evolve_attached>(Event::kSaleCustomerAttached,
                                                                             kExtraStream),
    event_rule<TicketState, &Event::sale_customer_detached, evolve_detached>(Event::kSaleCustomerDetached,
                                                                             kExtraStream),
    event_rule<TicketState, &Event::service_charge_added, evolve_charge_added>(Event::kServiceChargeAdded,
                                                                               kExtraStream),
    event_rule<TicketState, &Event::service_charge_removed, evolve_charge_removed>(Event::kServiceChargeRemoved,
                                                                                   kExtraStream),
    event_rule<TicketState, &Event::sale_tip_set, evolve_tip>(Event::kSaleTipSet, kExtraStream),
};

}  // namespace

const Aggregate& ticket_extras_aggregate() {
  static constexpr Aggregate kAggregate{"ticket_extras", kCommands, kEvents, {}};
  return kAggregate;
}

}  // namespace till
