#include "commands/ticket_lines.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands/authority.h"
#include "commands/money.h"
#include "commands/price.h"
#include "commands/product_status.h"
#include "commands/stock_move.h"
#include "commands/ticket.h"
#include "commands/ticket_pricing.h"

namespace till {
namespace {

using schema::TicketChanged;
using schema::TicketLine;
using schema::TicketState;

constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kPrice = kind_of(schema::PRICE);

void needs_add_line(const schema::AddSaleLine& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  need_session(command.session_id(), out);
  out.push_back({kProduct, command.sku()});
}

template <class Command>
void needs_line(const Command& command, std::vector<EntityRef>& out) {
  need_ticket(command.sale_id(), out);
  need_session(command.session_id(), out);
}

void set_price_e4(schema::UnitPrice& price, std::int64_t price_e4, const std::string& currency) {
  price.set_amount_e4(price_e4);
  price.set_currency(currency);
}

// The price of the ticket's list for that quantity, else the catalogue's.
Refusal price_of(const Deciding& deciding, const TicketState& ticket, const schema::ProductUpserted& product,
                 std::int64_t quantity_e5, std::string_view pointer, std::int64_t& price_e4) {
  if (ticket.has_price_list()) {
    const auto* list =
        deciding.books.get<schema::PriceState>(kPrice, price_entity_id(ticket.price_list(), product.sku()));
    const auto* window = list == nullptr || list->currency() != ticket.currency()
                             ? nullptr
                             : price_at(*list, deciding.context.recorded_at, quantity_e5);
    if (window != nullptr) {
      price_e4 = window->price().amount_e4();
      return std::nullopt;
    }
  }
  if (product.currency() != ticket.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "Product " + product.sku() + " is sold in " + product.currency(),
                  std::string(pointer));
  }
  price_e4 = product.unit_price_e4();
  return std::nullopt;
}

// The floor is that of the product when the line was added.
Refusal check_line_floor(const Deciding& deciding, const TicketLine& line, std::string_view pointer) {
  return check_floor(deciding, line.sku(), line.unit_price().amount_e4(), line.min_price().amount_e4(), pointer);
}

// No line and no ticket is worth more than an amount may be.
Refusal check_worth(const TicketState& ticket, const TicketLine& changed, std::string_view pointer) {
  const int exponent = currency_exponent(ticket.currency()).value_or(0);
  Wide gross = line_amount(changed.quantity_e5(), changed.unit_price().amount_e4(), exponent);
  for (const TicketLine& line : ticket.lines()) {
    if (line.voided() || line.line_id() == changed.line_id()) continue;
    gross += line_amount(line.quantity_e5(), line.unit_price().amount_e4(), exponent);
  }
  if (gross <= kAmountMost) return std::nullopt;
  return reject(schema::AMOUNT_INVALID, "A sale is worth at most 10^15 minor units", std::string(pointer));
}

// What the product demands of who sells it, at the time of sale.
Refusal check_demands(const schema::AddSaleLine& command, const schema::ProductUpserted& product) {
  if (product.age_restricted() && !command.age_checked()) {
    return reject(schema::AGE_CHECK_REQUIRED, "Product " + product.sku() + " is not sold to everybody", "/age_checked");
  }
  if (product.serial_required() && !command.has_serial()) {
    return reject(schema::SERIAL_REQUIRED, "Product " + product.sku() + " is sold by its serial number", "/serial");
  }
  if (product.batch_required() && !command.has_batch()) {
    return reject(schema::BATCH_REQUIRED, "Product " + product.sku() + " is sold by its batch", "/batch");
  }
  return std::nullopt;
}

void write_line(const schema::AddSaleLine& command, const schema::ProductState& product, std::int64_t price_e4,
                const std::string& currency, TicketLine& line) {
  line.set_line_id(command.line_id());
  line.set_sku(command.sku());
  line.set_quantity_e5(command.quantity_e5());
  set_price_e4(*line.mutable_unit_price(), price_e4, currency);
  const std::int64_t floor_e4 = lowest_price_e4(product.product(), currency);
  if (floor_e4 > 0) set_price_e4(*line.mutable_min_price(), floor_e4, currency);
  line.set_tax_code(product.product().tax_code());
  if (command.has_serial()) line.set_serial(command.serial());
  if (command.has_batch()) line.set_batch(command.batch());
  line.set_age_checked(command.age_checked());
  line.set_catalog_version(product.version());
}

Refusal check_new_line(const schema::AddSaleLine& command, const TicketState& ticket,
                       const schema::ProductState* product) {
  if (std::ranges::find(ticket.lines(), command.line_id(), &TicketLine::line_id) != ticket.lines().end()) {
    return reject(schema::LINE_ID_DUPLICATE, "Line " + command.line_id() + " is on the ticket already", "/line_id");
  }
  if (auto refusal = check_room(ticket, ticket.lines_size(), kTicketLinesMost, "/line_id")) return refusal;
  if (product == nullptr) return reject(schema::PRODUCT_NOT_FOUND, "No product " + command.sku(), "/sku");
  if (auto refusal = check_sellable(*product, command.batch(), "/sku")) return refusal;
  if (auto refusal = check_quantity(command.quantity_e5(), "/quantity")) return refusal;
  return check_demands(command, product->product());
}

// What discounts leave of the lines, once this one is as it will be.
Refusal check_discounts_of(const TicketState& ticket, const TicketLine& changed, std::string_view pointer) {
  if (ticket.discounts().empty()) return std::nullopt;
  TicketState after = ticket;
  *std::ranges::find(*after.mutable_lines(), changed.line_id(), &TicketLine::line_id) = changed;
  return check_discount_floors(ticket, after, pointer);
}

Decision decide_add_line(const schema::AddSaleLine& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  const auto* product = deciding.books.get<schema::ProductState>(kProduct, command.sku());
  if (auto refusal = check_new_line(command, *ticket, product)) return *std::move(refusal);
  std::int64_t price_e4 = 0;
  if (auto refusal = price_of(deciding, *ticket, product->product(), command.quantity_e5(), "/sku", price_e4)) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  TicketLine& line =
      *change_ticket(*ticket, deciding, schema::Event::kSaleLineAdded, command.session_id(), accepted).mutable_line();
  write_line(command, *product, price_e4, ticket->currency(), line);
  if (auto refusal = check_line_floor(deciding, line, "/sku")) return *std::move(refusal);
  if (auto refusal = check_worth(*ticket, line, "/quantity")) return *std::move(refusal);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Decision decide_quantity(const schema::ChangeSaleLineQuantity& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  int place = 0;
  if (auto refusal = find_line(*ticket, command.line_id(), "/line_id", place)) return *std::move(refusal);
  if (auto refusal = check_quantity(command.quantity_e5(), "/quantity")) return *std::move(refusal);
  TicketLine line = ticket->lines(place);
  line.set_quantity_e5(command.quantity_e5());
  // Where the article has left the catalogue's currency meanwhile, the price stays.
  const auto* product = deciding.books.get<schema::ProductState>(kProduct, line.sku());
  std::int64_t price_e4 = 0;
  if (!line.price_overridden() && product != nullptr &&
      !price_of(deciding, *ticket, product->product(), command.quantity_e5(), {}, price_e4)) {
    line.mutable_unit_price()->set_amount_e4(price_e4);
    if (auto refusal = check_line_floor(deciding, line, "/quantity")) return *std::move(refusal);
  }
  if (auto refusal = check_worth(*ticket, line, "/quantity")) return *std::move(refusal);
  if (auto refusal = check_discounts_of(*ticket, line, "/quantity")) return *std::move(refusal);
  Acceptance accepted;
  *change_ticket(*ticket, deciding, schema::Event::kSaleLineQuantityChanged, command.session_id(), accepted)
       .mutable_line() = line;
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Decision decide_void_line(const schema::VoidSaleLine& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  int place = 0;
  if (auto refusal = find_line(*ticket, command.line_id(), "/line_id", place)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSaleLineVoided, command.session_id(), accepted);
  *fact.mutable_line() = ticket->lines(place);
  fact.mutable_line()->set_voided(true);
  if (auto refusal = check_discounts_of(*ticket, fact.line(), "/line_id")) return *std::move(refusal);
  fact.set_reason(command.reason());
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Refusal read_line_price(const schema::UnitPrice& price, const TicketState& ticket, std::int64_t& price_e4) {
  if (price.currency() != ticket.currency()) {
    return reject(schema::CURRENCY_MISMATCH, "The sale is in " + ticket.currency(), "/unit_price/currency");
  }
  const auto code = unit_price_e4(price, currency_exponent(ticket.currency()).value_or(0), price_e4);
  if (code != schema::ERROR_UNSPECIFIED) {
    return reject(code, "A price is not negative, bounded, and given as either amount or amount_e4", "/unit_price");
  }
  return std::nullopt;
}

Decision decide_override_price(const schema::OverrideLinePrice& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  int place = 0;
  if (auto refusal = find_line(*ticket, command.line_id(), "/line_id", place)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::PRICE_OVERRIDE, deciding.context.recorded_at,
                               accepted, ticket->store_id())) {
    return *std::move(refusal);
  }
  std::int64_t price_e4 = 0;
  const TicketLine& before = ticket->lines(place);
  if (auto refusal = read_line_price(command.unit_price(), *ticket, price_e4)) return *std::move(refusal);
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSalePriceOverridden, command.session_id(), accepted);
  *fact.mutable_line() = before;
  fact.mutable_line()->mutable_unit_price()->set_amount_e4(price_e4);
  fact.mutable_line()->set_price_overridden(true);
  if (auto refusal = check_line_floor(deciding, fact.line(), "/unit_price")) return *std::move(refusal);
  *fact.mutable_former_price() = before.unit_price();
  fact.set_reason(command.reason());
  if (auto refusal = check_worth(*ticket, fact.line(), "/unit_price")) return *std::move(refusal);
  if (auto refusal = check_discounts_of(*ticket, fact.line(), "/unit_price")) return *std::move(refusal);
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

Decision decide_override_tax(const schema::OverrideTax& command, const Deciding& deciding) {
  const TicketState* ticket = nullptr;
  if (auto refusal = use_unpaid_ticket(deciding, use_of(command), ticket)) return *std::move(refusal);
  int place = 0;
  if (auto refusal = find_line(*ticket, command.line_id(), "/line_id", place)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::TAX_OVERRIDE, deciding.context.recorded_at,
                               accepted, ticket->store_id())) {
    return *std::move(refusal);
  }
  auto& fact = change_ticket(*ticket, deciding, schema::Event::kSaleTaxOverridden, command.session_id(), accepted);
  *fact.mutable_line() = ticket->lines(place);
  fact.mutable_line()->set_tax_code(command.tax_code());
  fact.mutable_line()->set_tax_overridden(true);
  fact.set_reason(command.reason());
  answer_ticket(*ticket, deciding, accepted);
  return accepted;
}

// The line as it is from here on, new or in its place.
void evolve_line(TicketState& state, const TicketChanged& fact, const schema::Record&) {
  count_version(state, fact);
  auto& lines = *state.mutable_lines();
  const auto found = std::ranges::find(lines, fact.line().line_id(), &TicketLine::line_id);
  (found == lines.end() ? *lines.Add() : *found) = fact.line();
}

using schema::Command;
using schema::Event;
constexpr schema::Kind kLineStream = schema::TICKET;

constexpr std::array kCommands{
    command_rule<&Command::add_sale_line, needs_add_line, decide_add_line>(Command::kAddSaleLine),
    command_rule<&Command::change_sale_line_quantity, needs_line<schema::ChangeSaleLineQuantity>, decide_quantity>(
        Command::kChangeSaleLineQuantity),
    command_rule<&Command::void_sale_line, needs_line<schema::VoidSaleLine>, decide_void_line>(Command::kVoidSaleLine),
    command_rule<&Command::override_line_price, needs_line<schema::OverrideLinePrice>, decide_override_price>(
        Command::kOverrideLinePrice),
    command_rule<&Command::override_tax, needs_line<schema::OverrideTax>, decide_override_tax>(Command::kOverrideTax),
};
constexpr std::array kEvents{
    event_rule<TicketState, &Event::sale_line_added, evolve_line>(Event::kSaleLineAdded, kLineStream),
    event_rule<TicketState, &Event::sale_line_quantity_changed, evolve_line>(Event::kSaleLineQuantityChanged,
                                                                             kLineStream),
    event_rule<TicketState, &Event::sale_line_voided, evolve_line>(Event::kSaleLineVoided, kLineStream),
    event_rule<TicketState, &Event::sale_price_overridden, evolve_line>(Event::kSalePriceOverridden, kLineStream),
    event_rule<TicketState, &Event::sale_tax_overridden, evolve_line>(Event::kSaleTaxOverridden, kLineStream),
};

}  // namespace

const Aggregate& ticket_lines_aggregate() {
  static constexpr Aggregate kAggregate{"ticket_lines", kCommands, kEvents, {}};
  return kAggregate;
}

Refusal find_line(const TicketState& ticket, std::string_view line_id, std::string_view pointer, int& place) {
  const auto found = std::ranges::find(ticket.lines(), line_id, &TicketLine::line_id);
  if (found == ticket.lines().end()) {
    return reject(schema::LINE_NOT_FOUND, "The ticket has no line " + std::string(line_id), std::string(pointer));
  }
  place = static_cast<int>(found - ticket.lines().begin());
  if (!found->voided()) return std::nullopt;
  return reject(schema::LINE_ALREADY_VOIDED, "Line " + std::string(line_id) + " is voided", std::string(pointer));
}

}  // namespace till
