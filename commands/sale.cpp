#include "commands/sale.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/sale_pricing.h"
#include "commands/scratch.h"
#include "commands/stock.h"
#include "commands/store.h"
#include "engine/result.h"

namespace till {
namespace {

using schema::RingUpSale;
using schema::SaleCompleted;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kTerminalChain = kind_of(schema::TERMINAL_CHAIN);
constexpr EntityKind kCustomer = kind_of(schema::CUSTOMER);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);

// How far a till's clock may run ahead of the server's.
constexpr std::int64_t kAheadMostUs = 24LL * 3'600 * 1'000'000;

// A sale is kept whole in its entity, whose door is 64 KiB; what a void adds there takes the rest. Its event and that
// of its void, with the sale in it, then fit the doors as well, and so does a record of 499 lines that take two stock
// events each: 64 KiB + 998 x 370 bytes of 512 KiB.
constexpr std::size_t kSaleBytesMost = 63 * 1024;

void needs_ring_up(const RingUpSale& command, std::vector<EntityRef>& out) {
  out.push_back({kSale, command.sale_id()});
  out.push_back({kTerminalChain, command.terminal_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  if (!command.customer_id().empty()) out.push_back({kCustomer, command.customer_id()});
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
  const auto* terminal = deciding.books.get<schema::TerminalState>(kTerminal, command.terminal_id());
  if (terminal == nullptr || terminal->store_id() != command.store_id()) {
    return reject(schema::TERMINAL_NOT_FOUND,
                  "No terminal " + command.terminal_id() + " in store " + command.store_id(), "/terminal_id");
  }
  return std::nullopt;
}

Refusal check_header(const RingUpSale& command, const Deciding& deciding) {
  if (!command.customer_id().empty() &&
      deciding.books.get<schema::CustomerState>(kCustomer, command.customer_id()) == nullptr) {
    return reject(schema::CUSTOMER_NOT_FOUND, "No customer " + command.customer_id(), "/customer_id");
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
  sale.set_employee_id(command.employee_id());
  sale.set_customer_id(command.customer_id());
  const std::string_view fingerprint = as_bytes(deciding.context.fingerprint);
  sale.set_fingerprint(fingerprint.data(), fingerprint.size());
}

// Takes the sold articles off the shelf, one event each, as the store's policy allows.
Refusal issue_stock(const RingUpSale& command, const schema::StoreState& store, const Deciding& deciding,
                    Acceptance& accepted) {
  const schema::StorePolicy::Stock rule = stock_rule(store);
  return for_each_article(
      command.lines(), [&](std::size_t line, const std::string& sku, std::int64_t quantity) -> Refusal {
        std::string id = stock_id(command.store_id(), sku);
        const std::int64_t before = on_hand(deciding.books, id);
        std::int64_t after = before;
        if (!move_stock(after, -quantity)) return reject_stock_bounds(item_pointer("lines", line, "quantity"));
        if (after < 0 && rule == schema::StorePolicy::DENY) {
          return reject(schema::INSUFFICIENT_STOCK, "Not enough of " + sku + " in store " + command.store_id(),
                        item_pointer("lines", line, "quantity"));
        }
        const bool alert = rule == schema::StorePolicy::ALLOW_WITH_ALERT && before >= 0 && after < 0;
        auto& issued =
            *add_event(accepted, deciding, schema::STOCK, id, schema::Event::kStockIssued).mutable_stock_issued();
        issued.set_store_id(command.store_id());
        issued.set_sku(sku);
        issued.set_quantity_e5(quantity);
        issued.set_sale_id(command.sale_id());
        issued.set_on_hand_after_e5(after);
        if (alert) {
          add_negative_alert(accepted, deciding, std::move(id), command.store_id(), sku, command.sale_id(), after);
        }
        return std::nullopt;
      });
}

void set_money(schema::Money& money, std::int64_t amount, const std::string& currency) {
  money.set_amount(amount);
  money.set_currency(currency);
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
  if (auto refusal = price_sale(command, products.all(), sale)) return *std::move(refusal);
  if (auto refusal = check_size(sale)) return *std::move(refusal);
  if (auto refusal = issue_stock(command, *store, deciding, accepted)) return *std::move(refusal);

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
