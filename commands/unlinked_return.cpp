#include "commands/unlinked_return.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/customer.h"
#include "commands/receipt.h"
#include "commands/sale_pricing.h"
#include "commands/sale_return.h"
#include "commands/scratch.h"
#include "commands/store.h"
#include "commands/terminal.h"

namespace till {
namespace {

using schema::Disposition;
using schema::SaleCompleted;
using schema::StartUnlinkedReturn;

constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

void needs_unlinked(const StartUnlinkedReturn& command, std::vector<EntityRef>& out) {
  need_return(command.return_id(), out);
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  need_session(command.session_id(), out);
  if (!command.customer_id().empty()) need_customer(command.customer_id(), out);
  for (const StartUnlinkedReturn::Line& line : command.lines()) out.push_back({kProduct, line.sku()});
}

// Offline too somebody has to answer for the price: goods that nobody was permitted to take back at one are put aside.
Refusal check_sender(const StartUnlinkedReturn& command, const Deciding& deciding, Acceptance& accepted) {
  if (auto refusal = or_note(deciding, check_terminal(deciding, command.terminal_id(), command.store_id()))) {
    return refusal;
  }
  if (auto refusal = check_occurred_at(command.occurred_at_us(), deciding)) return refusal;
  if (auto refusal = authorize(deciding, command.session_id(), schema::REFUND_UNLINKED,
                               moment_of(command.occurred_at_us(), deciding), accepted, command.store_id())) {
    return refusal;
  }
  if (command.customer_id().empty()) return std::nullopt;
  Refusal refusal = check_customer(deciding, command.customer_id());
  if (find_customer(deciding, command.customer_id()) == nullptr) return refusal;
  return or_note(deciding, std::move(refusal));
}

Refusal find_goods(const StartUnlinkedReturn& command, const Deciding& deciding,
                   std::span<const schema::ProductUpserted*> products) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    const StartUnlinkedReturn::Line& line = command.lines(static_cast<int>(i));
    const auto* state = deciding.books.get<schema::ProductState>(kProduct, line.sku());
    if (state == nullptr) {
      return reject(schema::PRODUCT_NOT_FOUND, "No product " + line.sku(), item_pointer("lines", i, "sku"));
    }
    if (state->product().final_sale()) {
      Rejection final_sale =
          reject(schema::NOT_RETURNABLE, "Sales of " + line.sku() + " are final", item_pointer("lines", i, "sku"));
      if (auto refusal = or_note(deciding, std::move(final_sale))) return refusal;
    }
    if (auto refusal = check_handling(line.reason(), line.disposition(), "lines", i)) return refusal;
    products[i] = &state->product();
  }
  return std::nullopt;
}

// The worth of the goods, by the rules of a sale.
Refusal price_return(const StartUnlinkedReturn& command, const Deciding& deciding,
                     std::span<const schema::ProductUpserted* const> products, SaleCompleted& receipt) {
  const std::string& currency = command.lines(0).unit_price().currency();
  if (!currency_exponent(currency)) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", "/lines/0/unit_price/currency");
  }
  schema::RingUpSale goods;
  goods.mutable_expected_total()->set_currency(currency);
  for (const StartUnlinkedReturn::Line& line : command.lines()) {
    schema::RingUpSale::Line& priced = *goods.add_lines();
    priced.set_line_id(line.line_id());
    priced.set_sku(line.sku());
    priced.set_quantity_e5(line.quantity_e5());
    *priced.mutable_unit_price() = line.unit_price();
  }
  *goods.mutable_taxes() = command.taxes();
  if (auto refusal = price_goods(goods, products, receipt)) return refusal;
  for (std::size_t i = 0; i < products.size(); ++i) {
    const SaleCompleted::Line& line = receipt.lines(static_cast<int>(i));
    if (products[i]->currency() == currency && line.unit_price_e4() <= products[i]->unit_price_e4()) continue;
    Rejection above =
        reject(schema::PRICE_ABOVE_CATALOGUE, "Without a receipt " + line.sku() + " is worth its price of today",
               item_pointer("lines", i, "unit_price"));
    // The catalogue may have changed since the till last heard of it.
    if (auto refusal = or_note(deciding, std::move(above))) return refusal;
  }
  const Wide total = Wide(receipt.net()) + receipt.tax();
  if (total > kAmountMost) {
    return reject(schema::AMOUNT_INVALID, "An amount is at most 10^15 minor units", "/lines");
  }
  receipt.set_total(static_cast<std::int64_t>(total));
  return std::nullopt;
}

Decision decide_unlinked(const StartUnlinkedReturn& command, const Deciding& deciding) {
  if (auto known = decide_started(deciding, command.return_id())) return *std::move(known);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *refusal;
  if (command.lines().empty()) return reject(schema::VALIDATION_FAILED, "At least one line comes back", "/lines");
  Acceptance accepted;
  if (auto refusal = check_sender(command, deciding, accepted)) return *refusal;
  Scratch<const schema::ProductUpserted*> products(static_cast<std::size_t>(command.lines_size()));
  if (auto refusal = find_goods(command, deciding, products.all())) return *refusal;
  auto& started = *add_event(accepted, deciding, schema::RETURN, command.return_id(), schema::Event::kReturnStarted)
                       .mutable_return_started();
  SaleCompleted& receipt = *started.mutable_receipt();
  if (auto refusal = price_return(command, deciding, products.all(), receipt)) return *refusal;
  started.set_return_id(command.return_id());
  receipt.set_sale_id(command.return_id());
  receipt.set_store_id(command.store_id());
  receipt.set_terminal_id(command.terminal_id());
  receipt.set_customer_id(command.customer_id());
  for (const StartUnlinkedReturn::Line& line : command.lines()) {
    schema::ReturnHandling& handling = *started.add_handling();
    handling.set_reason(line.reason());
    handling.set_disposition(place_of(line.disposition(), Disposition::QUARANTINE));
  }
  if (auto refusal = check_return_size(receipt, "lines")) return *refusal;
  set_business_date(accepted, deciding, *store);
  write_return_answer(receipt, command.return_id(), set_answer(accepted, deciding));
  return accepted;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::start_unlinked_return, needs_unlinked, decide_unlinked>(Command::kStartUnlinkedReturn),
};

}  // namespace

const Aggregate& unlinked_return_aggregate() {
  static constexpr Aggregate kAggregate{"unlinked_return", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
