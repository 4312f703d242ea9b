#include "commands/sale.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/customer.h"
#include "commands/money.h"
#include "commands/product_status.h"
#include "commands/sale_pricing.h"
#include "commands/scratch.h"
#include "commands/settlement.h"
#include "commands/shift.h"
#include "commands/shift_sales.h"
#include "commands/stock.h"
#include "commands/stock_alert.h"
#include "commands/store.h"
#include "commands/terminal.h"
#include "engine/result.h"

namespace till {
namespace {

using schema::RingUpSale;
using schema::SaleCompleted;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kTerminalChain = kind_of(schema::TERMINAL_CHAIN);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);

// How far a till's clock may run ahead of the server's.
constexpr std::int64_t kAheadMostUs = 24LL * 3'600 * 1'000'000;

// A sale is kept whole in its entity, whose door is 64 KiB; what a void adds there takes the rest. Its event and that
// of its void, with the sale in it, then fit the doors as well, and so does a record of 499 lines that take two stock
// events each: 64 KiB + 998 x 390 bytes of 512 KiB.
constexpr std::size_t kSaleBytesMost = 63 * 1024;

void needs_ring_up(const RingUpSale& command, std::vector<EntityRef>& out) {
  out.push_back({kSale, command.sale_id()});
  out.push_back({kTerminalChain, command.terminal_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
  need_settlement(command, out);
  if (!command.customer_id().empty()) need_customer(command.customer_id(), out);
  for (const RingUpSale::Line& line : command.lines()) {
    out.push_back({kProduct, line.sku()});
    out.push_back({kStock, stock_id(command.store_id(), line.sku())});
  }
}

Rejection reject_fork(const RingUpSale& command, std::uint64_t last) {
  return reject(schema::TERMINAL_SEQUENCE_FORK,
                "Terminal " + command.terminal_id() + " has used its sequence up to " + std::to_string(last),
                "/terminal_seq");
}

std::uint64_t last_sequence(const schema::TerminalChain* chain) {
  return chain == nullptr ? 0 : chain->seq();
}

// What a sale id that is taken already leads to.
Decision decide_again(const RingUpSale& command, const schema::SaleState& known, const schema::TerminalChain* chain,
                      const Deciding& deciding) {
  if (same_content(sale_of(known, deciding).fingerprint(), deciding)) return AlreadyDone{Position(known.position())};
  if (command.terminal_seq() <= last_sequence(chain)) return reject_fork(command, last_sequence(chain));
  return reject(schema::SALE_ID_REUSED, "Sale " + command.sale_id() + " was rung up with other content", "/sale_id");
}

Refusal check_sequence(const RingUpSale& command, const schema::TerminalChain* chain) {
  const std::uint64_t last = last_sequence(chain);
  if (command.terminal_seq() <= last) return reject_fork(command, last);
  if (command.terminal_seq() == last + 1) return std::nullopt;
  Rejection gap =
      reject(schema::TERMINAL_SEQUENCE_GAP,
             "Terminal " + command.terminal_id() + " continues with " + std::to_string(last + 1), "/terminal_seq");
  gap.expected = last + 1;
  return gap;
}

Refusal check_place(const RingUpSale& command, const schema::StoreState* store, const Deciding& deciding) {
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  return check_terminal(deciding, command.terminal_id(), command.store_id());
}

// The shift itself is looked at when the sale is booked on it. E2: a session has to have lasted when the sale happened.
Refusal check_staff(const RingUpSale& command, const schema::StorePolicy& policy, const Deciding& deciding) {
  if (command.shift_id().empty() && policy.require_shift()) {
    return reject(schema::SHIFT_REQUIRED, "Store " + command.store_id() + " sells within a shift", "/shift_id");
  }
  if (command.session_id().empty()) {
    if (!policy.require_session()) return std::nullopt;
    return reject(schema::SESSION_REQUIRED, "Store " + command.store_id() + " sells within a session", "/session_id");
  }
  return check_session(deciding, command.session_id(), Micros(command.occurred_at_us()));
}

Refusal check_header(const RingUpSale& command, const Deciding& deciding) {
  if (!command.customer_id().empty()) {
    if (auto refusal = check_buyer(deciding, command.customer_id())) return refusal;
  }
  if (command.lines().empty()) return reject(schema::VALIDATION_FAILED, "A sale has at least one line", "/lines");
  if (command.occurred_at_us() < 0) {
    return reject(schema::VALIDATION_FAILED, "A sale lies after 1970", "/occurred_at");
  }
  if (command.occurred_at_us() > deciding.context.recorded_at.value() + kAheadMostUs) {
    return reject(schema::OCCURRED_IN_FUTURE, "A sale lies at most 24 hours ahead of the server", "/occurred_at");
  }
  return std::nullopt;
}

// Told when the sale is rung up, so that no sale is taken that could not be voided. Lines of everyday ids fit by far;
// about 140 of the longest ids and categories do.
Refusal check_size(const SaleCompleted& sale) {
  if (sale.ByteSizeLong() <= kSaleBytesMost) return std::nullopt;
  return reject(schema::TRANSACTION_TOO_LARGE,
                "The lines of a sale, with their ids and categories, take at most " + std::to_string(kSaleBytesMost) +
                    " bytes; split the sale",
                "/lines");
}

Refusal find_products(const RingUpSale& command, BooksReader& books,
                      std::span<const schema::ProductUpserted*> products) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    const std::string& sku = command.lines(static_cast<int>(i)).sku();
    const auto* state = books.get<schema::ProductState>(kProduct, sku);
    if (state == nullptr) {
      return reject(schema::PRODUCT_NOT_FOUND, "No product " + sku, item_pointer("lines", i, "sku"));
    }
    if (may_be_blocked(*state)) {
      if (auto refusal = check_sellable(*state, {}, item_pointer("lines", i, "sku"))) return refusal;
    }
    products[i] = &state->product();
  }
  return std::nullopt;
}

void write_header(const RingUpSale& command, const BusinessTime& time, const Deciding& deciding, SaleCompleted& sale) {
  sale.set_sale_id(command.sale_id());
  sale.set_store_id(command.store_id());
  sale.set_terminal_id(command.terminal_id());
  sale.set_terminal_seq(command.terminal_seq());
  sale.set_occurred_at_us(command.occurred_at_us());
  sale.set_business_date(time.business_date);
  sale.set_local_hour(time.local_hour);
  sale.set_employee_id(command.employee_id().empty() ? std::string(employee_of(deciding, command.session_id()))
                                                     : command.employee_id());
  sale.set_customer_id(command.customer_id());
  sale.set_shift_id(command.shift_id());
  sale.set_session_id(command.session_id());
  const std::string_view fingerprint = as_bytes(deciding.context.fingerprint);
  sale.set_fingerprint(fingerprint.data(), fingerprint.size());
}

// Takes the sold articles off the shelf, one event each, as the rule of each item allows. What is reserved or in
// quarantine is not for sale.
Refusal issue_stock(const RingUpSale& command, const schema::StoreState& store, const Deciding& deciding,
                    Acceptance& accepted) {
  const schema::StorePolicy::Stock rule_of_store = stock_rule(store);
  return for_each_article(
      command.lines(), [&](std::size_t line, const std::string& sku, std::int64_t quantity) -> Refusal {
        std::string id = stock_id(command.store_id(), sku);
        const schema::StockState& item = stock_item(deciding.books, id);
        const schema::StorePolicy::Stock rule = stock_rule(rule_of_store, item);
        std::int64_t after = item.on_hand_e5();
        if (!move_stock(after, -quantity)) return reject_stock_bounds(item_pointer("lines", line, "quantity"));
        if (after < held_e5(item) && rule == schema::StorePolicy::DENY) {
          return reject(schema::INSUFFICIENT_STOCK, "Not enough of " + sku + " in store " + command.store_id(),
                        item_pointer("lines", line, "quantity"));
        }
        auto& issued =
            *add_event(accepted, deciding, schema::STOCK, id, schema::Event::kStockIssued).mutable_stock_issued();
        issued.set_store_id(command.store_id());
        issued.set_sku(sku);
        issued.set_quantity_e5(quantity);
        issued.set_sale_id(command.sale_id());
        issued.set_on_hand_after_e5(after);
        issued.set_held_e5(held_e5(item));
        add_alert(accepted, deciding, item, rule,
                  {id, command.store_id(), sku, command.sale_id(), command.sale_id(), after});
        return std::nullopt;
      });
}

void write_answer(const SaleCompleted& sale, schema::Answer& answer) {
  answer.set_sale_id(sale.sale_id());
  answer.set_business_date(sale.business_date());
  set_money(*answer.mutable_net(), sale.net(), sale.currency());
  set_money(*answer.mutable_tax(), sale.tax(), sale.currency());
  set_money(*answer.mutable_total(), sale.total(), sale.currency());
}

Decision decide_ring_up(const RingUpSale& command, const Deciding& deciding) {
  const auto* chain = deciding.books.get<schema::TerminalChain>(kTerminalChain, command.terminal_id());
  if (const auto* known = deciding.books.get<schema::SaleState>(kSale, command.sale_id())) {
    return decide_again(command, *known, chain, deciding);
  }
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (auto refusal = check_place(command, store, deciding)) return *std::move(refusal);
  if (auto refusal = check_sequence(command, chain)) return *std::move(refusal);
  if (auto refusal = check_header(command, deciding)) return *std::move(refusal);
  if (auto refusal = check_staff(command, store->policy(), deciding)) return *std::move(refusal);
  const auto count = static_cast<std::size_t>(command.lines_size());
  Scratch<const schema::ProductUpserted*> products(count);
  if (auto refusal = find_products(command, deciding.books, products.all())) return *std::move(refusal);

  BusinessTime time = business_time_of(*store, Micros(command.occurred_at_us()), deciding.zones);
  // A terminal's business day never goes back (T3), whatever its clock says.
  if (chain != nullptr) time.business_date = std::max(time.business_date, chain->business_date());
  Acceptance accepted;
  accepted.events.reserve(count + 1);
  SaleCompleted& sale = *add_event(accepted, deciding, schema::SALE, command.sale_id(), schema::Event::kSaleCompleted)
                             .mutable_sale_completed();
  write_header(command, time, deciding, sale);
  if (auto refusal = price_sale(command, products.all(), store->policy().cash_rounding(), sale))
    return *std::move(refusal);
  if (auto refusal = check_size(sale)) return *std::move(refusal);
  if (auto refusal = issue_stock(command, *store, deciding, accepted)) return *std::move(refusal);
  if (auto refusal = settle_sale(deciding, sale, accepted)) return *std::move(refusal);
  if (auto refusal = book_on_shift(deciding, sale, schema::ShiftSaleBooked::SALE, accepted)) {
    return *std::move(refusal);
  }

  accepted.terminal = command.terminal_id();
  accepted.terminal_seq = command.terminal_seq();
  accepted.occurred_at_us = command.occurred_at_us();
  accepted.business_date = time.business_date;
  write_answer(sale, set_answer(accepted, deciding));
  return accepted;
}

void evolve_completed(schema::SaleState& state, const SaleCompleted& fact, const schema::Record& record) {
  fact.SerializeToString(state.mutable_sale());
  state.set_position(record.position());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::ring_up_sale, needs_ring_up, decide_ring_up>(Command::kRingUpSale),
};
constexpr std::array kEvents{
    event_rule<schema::SaleState, &Event::sale_completed, evolve_completed>(Event::kSaleCompleted, schema::SALE),
};
constexpr std::array kStates{state_rule<schema::SaleState>(schema::SALE)};

}  // namespace

const schema::SaleCompleted& sale_of(const schema::SaleState& state, const Deciding& deciding) {
  auto* const sale = google::protobuf::Arena::CreateMessage<SaleCompleted>(deciding.context.arena);
  TILL_ASSERT(sale->ParseFromString(state.sale()));
  return *sale;
}

const Aggregate& sale_aggregate() {
  static constexpr Aggregate kAggregate{"sale", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
