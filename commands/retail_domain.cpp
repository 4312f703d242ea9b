#include "commands/retail_domain.h"

#include <array>
#include <utility>
#include <vector>

#include "commands/alert_policy.h"
#include "commands/barcode.h"
#include "commands/coupon.h"
#include "commands/customer.h"
#include "commands/customer_contact.h"
#include "commands/customer_erase.h"
#include "commands/customer_merge.h"
#include "commands/customer_status.h"
#include "commands/document.h"
#include "commands/drawer.h"
#include "commands/effect_action.h"
#include "commands/employee.h"
#include "commands/employee_pin.h"
#include "commands/exchange.h"
#include "commands/gift_card.h"
#include "commands/gift_card_balance.h"
#include "commands/gift_card_control.h"
#include "commands/gift_card_hold.h"
#include "commands/gift_card_status.h"
#include "commands/house_account.h"
#include "commands/kit.h"
#include "commands/loyalty.h"
#include "commands/loyalty_points.h"
#include "commands/loyalty_program.h"
#include "commands/loyalty_reward.h"
#include "commands/mail_template.h"
#include "commands/offline.h"
#include "commands/offline_quarantine.h"
#include "commands/payment.h"
#include "commands/payment_card.h"
#include "commands/payment_cash.h"
#include "commands/payment_gateway.h"
#include "commands/payment_offline.h"
#include "commands/payment_refund.h"
#include "commands/price.h"
#include "commands/product.h"
#include "commands/product_status.h"
#include "commands/promotion.h"
#include "commands/purchase_order.h"
#include "commands/reservation.h"
#include "commands/return_completion.h"
#include "commands/return_inspection.h"
#include "commands/running_promotions.h"
#include "commands/sale.h"
#include "commands/sale_receipt.h"
#include "commands/sale_return.h"
#include "commands/sale_void.h"
#include "commands/session.h"
#include "commands/session_elevation.h"
#include "commands/shift.h"
#include "commands/shift_close.h"
#include "commands/shift_late.h"
#include "commands/shift_sales.h"
#include "commands/shift_tickets.h"
#include "commands/stock.h"
#include "commands/stock_alert.h"
#include "commands/stock_correction.h"
#include "commands/stock_count.h"
#include "commands/stock_count_close.h"
#include "commands/stock_move.h"
#include "commands/stock_setting.h"
#include "commands/store.h"
#include "commands/store_credit.h"
#include "commands/store_day.h"
#include "commands/store_shifts.h"
#include "commands/tax_table.h"
#include "commands/tenant.h"
#include "commands/tender_correction.h"
#include "commands/terminal.h"
#include "commands/ticket.h"
#include "commands/ticket_complete.h"
#include "commands/ticket_discounts.h"
#include "commands/ticket_extras.h"
#include "commands/ticket_lines.h"
#include "commands/ticket_payments.h"
#include "commands/timecard.h"
#include "commands/training.h"
#include "commands/transfer.h"
#include "commands/transfer_receipt.h"
#include "commands/unlinked_return.h"
#include "commands/webhook_endpoint.h"

namespace till {
namespace {

// Raised with every change of what evolve() makes of old events: stored images are then refolded from the log.
constexpr std::uint32_t kFoldVersion = 5;

using Part = const Aggregate& (*)();
// What changes hands, and at what price.
constexpr std::array<Part, 47> kDealing{sale_aggregate,
                                        sale_void_aggregate,
                                        sale_receipt_aggregate,
                                        sale_return_aggregate,
                                        unlinked_return_aggregate,
                                        return_completion_aggregate,
                                        return_inspection_aggregate,
                                        exchange_aggregate,
                                        coupon_aggregate,
                                        document_aggregate,
                                        drawer_aggregate,
                                        gift_card_aggregate,
                                        gift_card_balance_aggregate,
                                        gift_card_control_aggregate,
                                        gift_card_hold_aggregate,
                                        gift_card_status_aggregate,
                                        house_account_aggregate,
                                        loyalty_aggregate,
                                        loyalty_points_aggregate,
                                        loyalty_program_aggregate,
                                        loyalty_reward_aggregate,
                                        offline_aggregate,
                                        offline_quarantine_aggregate,
                                        payment_aggregate,
                                        payment_card_aggregate,
                                        payment_cash_aggregate,
                                        payment_gateway_aggregate,
                                        payment_offline_aggregate,
                                        payment_refund_aggregate,
                                        price_aggregate,
                                        promotion_aggregate,
                                        running_promotions_aggregate,
                                        shift_aggregate,
                                        shift_close_aggregate,
                                        shift_late_aggregate,
                                        shift_sales_aggregate,
                                        shift_tickets_aggregate,
                                        store_credit_aggregate,
                                        tax_table_aggregate,
                                        tender_correction_aggregate,
                                        ticket_aggregate,
                                        ticket_complete_aggregate,
                                        ticket_discounts_aggregate,
                                        ticket_extras_aggregate,
                                        ticket_lines_aggregate,
                                        ticket_payments_aggregate,
                                        training_aggregate};
// Who deals where, in what goods, and who is told.
constexpr std::array<Part, 34> kRunning{store_aggregate,
                                        terminal_aggregate,
                                        product_aggregate,
                                        customer_aggregate,
                                        stock_aggregate,
                                        tenant_aggregate,
                                        barcode_aggregate,
                                        customer_contact_aggregate,
                                        customer_erase_aggregate,
                                        customer_merge_aggregate,
                                        customer_status_aggregate,
                                        effect_action_aggregate,
                                        employee_aggregate,
                                        employee_pin_aggregate,
                                        kit_aggregate,
                                        product_status_aggregate,
                                        purchase_order_aggregate,
                                        reservation_aggregate,
                                        session_aggregate,
                                        session_elevation_aggregate,
                                        stock_alert_aggregate,
                                        stock_correction_aggregate,
                                        stock_count_aggregate,
                                        stock_count_close_aggregate,
                                        stock_move_aggregate,
                                        stock_setting_aggregate,
                                        store_day_aggregate,
                                        store_shifts_aggregate,
                                        timecard_aggregate,
                                        transfer_aggregate,
                                        transfer_receipt_aggregate,
                                        webhook_endpoint_aggregate,
                                        alert_policy_aggregate,
                                        mail_template_aggregate};

const schema::Command& as_command(const google::protobuf::Message& message) {
  return static_cast<const schema::Command&>(message);
}

template <class Table, class Value>
void put(Table& table, int index, Value&& value) {
  const auto place = static_cast<std::size_t>(index);
  if (table.size() <= place) table.resize(place + 1);
  table[place] = std::forward<Value>(value);
}

template <class Table>
auto at(const Table& table, std::size_t index) -> typename Table::value_type {
  return index < table.size() ? table[index] : nullptr;
}

}  // namespace

std::span<const Aggregate> retail_aggregates() {
  static const std::vector<Aggregate> kAggregates = [] {
    std::vector<Aggregate> aggregates;
    for (const Part part : kRunning) aggregates.push_back(part());
    for (const Part part : kDealing) aggregates.push_back(part());
    return aggregates;
  }();
  return kAggregates;
}

const CommandRule* find_command_rule(schema::Command::CommandCase which) {
  static const std::vector<const CommandRule*> kRules = [] {
    std::vector<const CommandRule*> rules;
    for (const Aggregate& aggregate : retail_aggregates()) {
      for (const CommandRule& rule : aggregate.commands) put(rules, rule.command, &rule);
    }
    return rules;
  }();
  return at(kRules, static_cast<std::size_t>(which));
}

void hide_from_clients(EntityKind kind, google::protobuf::Message& state) {
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const StateRule& rule : aggregate.states) {
      if (kind_of(rule.kind) == kind && rule.hide != nullptr) rule.hide(state);
    }
  }
}

RetailDomain::RetailDomain(ZoneTables zones) : zones_(std::move(zones)) {
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const CommandRule& rule : aggregate.commands) put(commands_, rule.command, &rule);
    for (const EventRule& rule : aggregate.events) put(events_, rule.event, &rule);
    for (const StateRule& rule : aggregate.states) put(states_, rule.kind, &rule);
  }
  const auto& events = *schema::Event::descriptor();
  for (int i = 0; i < events.field_count(); ++i) {
    put(event_names_, events.field(i)->number(), event_type_name(*events.field(i)));
  }
  const auto& kinds = *schema::Kind_descriptor();
  for (int i = 0; i < kinds.value_count(); ++i) {
    const int number = kinds.value(i)->number();
    if (number != schema::KIND_UNSPECIFIED) put(kind_names_, number, kind_type_name(static_cast<schema::Kind>(number)));
  }
}

google::protobuf::Message* RetailDomain::new_event(google::protobuf::Arena* arena) const {
  return google::protobuf::Arena::CreateMessage<schema::Event>(arena);
}

std::string_view RetailDomain::event_name(std::uint32_t type) const {
  return type < event_names_.size() ? std::string_view(event_names_[type]) : std::string_view();
}

std::string_view RetailDomain::kind_name(EntityKind kind) const {
  return kind.value() < kind_names_.size() ? std::string_view(kind_names_[kind.value()]) : std::string_view();
}

std::string_view RetailDomain::command_name(const google::protobuf::Message& command) const {
  const int number = as_command(command).command_case();
  const auto* field = schema::Command::descriptor()->FindFieldByNumber(number);
  return field == nullptr ? std::string_view() : std::string_view(field->message_type()->name());
}

std::unique_ptr<google::protobuf::Message> RetailDomain::new_state(EntityKind kind) const {
  const StateRule* rule = at(states_, kind.value());
  return rule == nullptr ? nullptr : rule->make();
}

const CommandRule* RetailDomain::rule_of(const google::protobuf::Message& command) const {
  return at(commands_, static_cast<std::size_t>(as_command(command).command_case()));
}

void RetailDomain::needs(const google::protobuf::Message& command, std::vector<EntityRef>& out) const {
  if (const CommandRule* rule = rule_of(command)) rule->needs(as_command(command), out);
}

Decision RetailDomain::decide(const google::protobuf::Message& command, const DecideContext& context,
                              BooksReader& books) const {
  const CommandRule* rule = rule_of(command);
  if (rule == nullptr) return reject(schema::COMMAND_UNKNOWN, "The command is empty");
  if (!rule->of_operator) {
    if (auto refusal = check_not_suspended(context, books)) return *std::move(refusal);
  }
  return rule->decide(as_command(command), Deciding{context, books, zones_, *this});
}

void RetailDomain::evolve(EntityKind kind, google::protobuf::Message& state, const google::protobuf::Message& event,
                          const schema::Record& record) const {
  const auto& fact = static_cast<const schema::Event&>(event);
  const EventRule* rule = at(events_, static_cast<std::size_t>(fact.event_case()));
  // An event means something to the streams of its own kind only.
  if (rule != nullptr && kind_of(rule->kind) == kind) rule->evolve(state, fact, record);
}

std::uint32_t RetailDomain::fold_version() const {
  return kFoldVersion;
}

}  // namespace till
