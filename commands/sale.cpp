#include "commands/sale.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/coupon.h"
#include "commands/customer.h"
#include "commands/draft_books.h"
#include "commands/money.h"
#include "commands/price.h"
#include "commands/product_status.h"
#include "commands/reservation.h"
#include "commands/sale_pricing.h"
#include "commands/scratch.h"
#include "commands/settlement.h"
#include "commands/shift.h"
#include "commands/shift_sales.h"
#include "commands/stock.h"
#include "commands/stock_alert.h"
#include "commands/stock_cost.h"
#include "commands/stock_count.h"
#include "commands/store.h"
#include "commands/store_day.h"
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

// What a sale id that is taken already leads to.
Decision decide_again(const RingUpSale& command, const schema::SaleState& known, const schema::TerminalChain* chain,
                      const Deciding& deciding) {
  if (same_content(sale_of(known, deciding).fingerprint(), deciding)) return AlreadyDone{Position(known.position())};
  if (command.terminal_seq() <= last_sequence(chain)) {
    return reject_fork(command.terminal_id(), last_sequence(chain));
  }
  return reject(schema::SALE_ID_REUSED, "Sale " + command.sale_id() + " was rung up with other content", "/sale_id");
}

Refusal check_place(const RingUpSale& command, const schema::StoreState* store, const Deciding& deciding) {
  if (store == nullptr) return reject(schema::STORE_NOT_FOUND, "No store " + command.store_id(), "/store_id");
  // A terminal that was moved or retired while its sales were under way has still made them.
  return or_note(deciding, check_terminal(deciding, command.terminal_id(), command.store_id()));
}

// A customer who is known has bought, blocked or erased since or not.
Refusal check_customer_of(const RingUpSale& command, const Deciding& deciding) {
  if (command.customer_id().empty()) return std::nullopt;
  Refusal refusal = check_buyer(deciding, command.customer_id());
  if (find_customer(deciding, command.customer_id()) == nullptr) return refusal;
  return or_note(deciding, std::move(refusal));
}

Refusal check_header(const RingUpSale& command, const Deciding& deciding) {
  if (auto refusal = check_customer_of(command, deciding)) return refusal;
  if (command.lines().empty()) return reject(schema::VALIDATION_FAILED, "A sale has at least one line", "/lines");
  return check_occurred_at(command.occurred_at_us(), deciding);
}

// Told when the sale is rung up, so that no sale is taken that could not be voided. Lines of everyday ids fit by far;
// about 140 of the longest ids and categories do. A record of 499 lines that take two stock events each fits as well:
// 64 KiB + 998 x 390 bytes of 512 KiB.
Refusal check_size(const SaleCompleted& sale) {
  if (sale.ByteSizeLong() <= kReceiptBytesMost) return std::nullopt;
  return reject(schema::TRANSACTION_TOO_LARGE,
                "The lines of a sale, with their ids and categories, take at most " +
                    std::to_string(kReceiptBytesMost) + " bytes; split the sale",
                "/lines");
}

Refusal find_products(const RingUpSale& command, const Deciding& deciding,
                      std::span<const schema::ProductUpserted*> products) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    const std::string& sku = command.lines(static_cast<int>(i)).sku();
    const auto* state = deciding.books.get<schema::ProductState>(kProduct, sku);
    if (state == nullptr) {
      return reject(schema::PRODUCT_NOT_FOUND, "No product " + sku, item_pointer("lines", i, "sku"));
    }
    if (may_be_blocked(*state)) {
      const std::string& batch = command.lines(static_cast<int>(i)).batch();
      Refusal refusal = check_sellable(*state, batch, item_pointer("lines", i, "sku"));
      if ((refusal = or_note(deciding, std::move(refusal)))) return refusal;
    }
    products[i] = &state->product();
  }
  return std::nullopt;
}

void write_header(const RingUpSale& command, const BusinessTime& time, const Deciding& deciding, SaleCompleted& sale) {
  sale.set_sale_id(command.sale_id());
  write_head(head_of(command), time, deciding, sale);
  sale.set_customer_id(command.customer_id());
  *sale.mutable_coupon_ids() = command.coupon_ids();
  *sale.mutable_reservations() = command.reservations();
  *sale.mutable_promotions() = command.promotions();
  const std::string_view fingerprint = as_bytes(deciding.context.fingerprint);
  sale.set_fingerprint(fingerprint.data(), fingerprint.size());
}

// No till goes below the lowest price of a product. What it takes off the line beside is no price.
Refusal check_prices(const SaleCompleted& sale, std::span<const schema::ProductUpserted* const> products,
                     const Deciding& deciding) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    const SaleCompleted::Line& line = sale.lines(static_cast<int>(i));
    const std::int64_t floor_e4 = lowest_price_e4(*products[i], sale.currency());
    if (line.unit_price_e4() >= floor_e4) continue;
    const std::string pointer = item_pointer("lines", i, "unit_price");
    if (auto refusal = check_floor(deciding, line.sku(), line.unit_price_e4(), floor_e4, pointer)) return refusal;
  }
  return std::nullopt;
}

// Who lets no item go below zero is told where one did.
schema::StorePolicy::Stock rule_to_tell(schema::StorePolicy::Stock rule, const Deciding& deciding) {
  return deciding.offline() && rule == schema::StorePolicy::DENY ? schema::StorePolicy::ALLOW_WITH_ALERT : rule;
}

// Uses up the coupons of the sale, and frees what was reserved for it: the goods themselves leave the shelf with its
// lines, once.
Refusal take_claims(const RingUpSale& command, const Deciding& deciding, SaleOrigin origin, const SaleCompleted& sale,
                    Acceptance& accepted) {
  const CouponTime time = origin == SaleOrigin::kPaidTicket ? CouponTime::kPromised : CouponTime::kChecked;
  for (int i = 0; i < command.coupon_ids_size(); ++i) {
    const std::string pointer = item_pointer("coupon_ids", static_cast<std::size_t>(i));
    if (auto refusal = redeem_coupon(deciding, command.coupon_ids(i), sale.sale_id(), pointer, time, accepted)) {
      return refusal;
    }
  }
  for (int i = 0; i < command.reservations_size(); ++i) {
    const std::string pointer = item_pointer("reservations", static_cast<std::size_t>(i));
    if (auto refusal = hand_over_reservation(deciding, command.reservations(i), sale, pointer, accepted)) {
      return refusal;
    }
  }
  return std::nullopt;
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
        const bool seen = was_counted_since(item, Micros(command.occurred_at_us()));
        std::int64_t after = item.on_hand_e5();
        if (!move_stock(after, -quantity)) return reject_stock_bounds(item_pointer("lines", line, "quantity"));
        if (!seen && after < held_e5(item) && rule == schema::StorePolicy::DENY) {
          Rejection lack =
              reject(schema::INSUFFICIENT_STOCK, "Not enough of " + sku + " in store " + command.store_id(),
                     item_pointer("lines", line, "quantity"));
          if (auto refusal = or_note(deciding, std::move(lack))) return refusal;
        }
        auto& issued =
            *add_event(accepted, deciding, schema::STOCK, id, schema::Event::kStockIssued).mutable_stock_issued();
        issued.set_store_id(command.store_id());
        issued.set_sku(sku);
        issued.set_quantity_e5(quantity);
        issued.set_sale_id(command.sale_id());
        issued.set_on_hand_after_e5(after);
        issued.set_held_e5(held_e5(item));
        write_value_at_average(item, after, issued);
        if (seen) {
          keep_counted_level(item, issued, deciding, accepted);
          return std::nullopt;
        }
        add_alert(accepted, deciding, item, rule_to_tell(rule, deciding),
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

// What a sale moves beside itself: claims, stock, accounts, drawer.
Refusal move_the_rest(const RingUpSale& command, const schema::StoreState& store, const Deciding& deciding,
                      SaleOrigin origin, const SaleCompleted& sale, Acceptance& accepted) {
  if (command.coupon_ids_size() == 0 && command.reservations_size() == 0) {
    if (auto refusal = issue_stock(command, store, deciding, accepted)) return refusal;
  } else {
    // Two claims may be of one coupon or article, and the stock is what they have left.
    DraftBooks books(deciding, accepted);
    const Deciding drafting = on_books(deciding, books);
    if (auto refusal = take_claims(command, drafting, origin, sale, accepted)) return refusal;
    if (auto refusal = issue_stock(command, store, drafting, accepted)) return refusal;
  }
  if (auto refusal = settle_sale(deciding, sale, accepted)) return refusal;
  return book_on_shift(deciding, sale, schema::ShiftSaleBooked::SALE, accepted);
}

// Only an exchange takes goods in payment.
Refusal check_no_goods(const RingUpSale& command) {
  for (int i = 0; i < command.tenders_size(); ++i) {
    if (command.tenders(i).type() != schema::Tender::EXCHANGE) continue;
    return reject(schema::VALIDATION_FAILED, "Goods pay for others in an exchange only",
                  item_pointer("tenders", static_cast<std::size_t>(i), "type"));
  }
  return std::nullopt;
}

Decision decide_ring_up(const RingUpSale& command, const Deciding& deciding) {
  return decide_sale(command, deciding, SaleOrigin::kTill);
}

void evolve_completed(schema::SaleState& state, const SaleCompleted& fact, const schema::Record& record) {
  fact.SerializeToString(state.mutable_sale());
  state.set_position(record.position());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::ring_up_sale, need_sale, decide_ring_up>(Command::kRingUpSale),
};
constexpr std::array kEvents{
    event_rule<schema::SaleState, &Event::sale_completed, evolve_completed>(Event::kSaleCompleted, schema::SALE),
};
constexpr std::array kStates{state_rule<schema::SaleState>(schema::SALE)};

}  // namespace

ReceiptHead head_of(const RingUpSale& command) {
  return {command.store_id(), command.terminal_id(), command.terminal_seq(), command.occurred_at_us(),
          command.shift_id(), command.session_id(),  command.employee_id()};
}

void need_sale(const RingUpSale& command, std::vector<EntityRef>& out) {
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
  for (const std::string& coupon_id : command.coupon_ids()) need_coupon(coupon_id, out);
  for (const std::string& reservation_id : command.reservations()) need_reservation(reservation_id, out);
}

Decision decide_sale(const RingUpSale& command, const Deciding& deciding, SaleOrigin origin) {
  const schema::TerminalChain* const chain = terminal_chain(deciding.books, command.terminal_id());
  if (const auto* known = deciding.books.get<schema::SaleState>(kSale, command.sale_id())) {
    return decide_again(command, *known, chain, deciding);
  }
  if (origin != SaleOrigin::kExchange) {
    if (auto refusal = check_no_goods(command)) return *std::move(refusal);
  }
  const ReceiptHead head = head_of(command);
  const auto* store = deciding.books.get<schema::StoreState>(kStore, command.store_id());
  if (auto refusal = check_place(command, store, deciding)) return *std::move(refusal);
  if (auto refusal = check_sequence(head, chain, deciding)) return *std::move(refusal);
  if (auto refusal = check_header(command, deciding)) return *std::move(refusal);
  if (auto refusal = or_note(deciding, check_staff(head, store->policy(), deciding))) return *std::move(refusal);
  const auto count = static_cast<std::size_t>(command.lines_size());
  Scratch<const schema::ProductUpserted*> products(count);
  if (auto refusal = find_products(command, deciding, products.all())) return *std::move(refusal);

  const BusinessTime time = receipt_time(head, *store, chain, deciding);
  if (auto refusal = or_note(deciding, check_works_on(deciding, command.store_id(), store->policy(), time.business_date,
                                                      Micros(command.occurred_at_us())))) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  accepted.events.reserve(count + 1);
  SaleCompleted& sale = *add_event(accepted, deciding, schema::SALE, command.sale_id(), schema::Event::kSaleCompleted)
                             .mutable_sale_completed();
  write_header(command, time, deciding, sale);
  if (auto refusal = price_sale(command, products.all(), store->policy().cash_rounding(), sale)) {
    return *std::move(refusal);
  }
  if (origin == SaleOrigin::kTill || origin == SaleOrigin::kExchange) {
    if (auto refusal = check_prices(sale, products.all(), deciding)) return *std::move(refusal);
  }
  take_average_costs(deciding, sale);
  if (auto refusal = check_size(sale)) return *std::move(refusal);
  if (auto refusal = move_the_rest(command, *store, deciding, origin, sale, accepted)) return *std::move(refusal);
  take_sequence(head, time, accepted);
  write_answer(sale, set_answer(accepted, deciding));
  return accepted;
}

Refusal price_as_sale(const RingUpSale& command, const schema::StoreState& store, const Deciding& deciding,
                      SaleCompleted& sale) {
  if (auto refusal = check_no_goods(command)) return refusal;
  Scratch<const schema::ProductUpserted*> products(static_cast<std::size_t>(command.lines_size()));
  if (auto refusal = find_products(command, deciding, products.all())) return refusal;
  if (auto refusal = price_sale(command, products.all(), store.policy().cash_rounding(), sale)) return refusal;
  return check_prices(sale, products.all(), deciding);
}

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
