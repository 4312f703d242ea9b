// Promotions on open tickets: what the engine gives is what the sale keeps, to the cent, and what is frozen stays.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

#include "commands/money.h"
#include "commands/promotion_engine.h"
#include "commands/running_promotions.h"
#include "commands/ticket.h"
#include "commands/ticket_pricing.h"
#include "tests/memory_books.h"
#include "tests/priced_ticket.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::SaleCompleted;

constexpr int kPromotedArticles = 4;
const LocalTime kMondayAtTen{Micros(kTestStartUs), 10, 1};

schema::Command parsed(const std::string& text) {
  schema::Command command;
  if (!google::protobuf::TextFormat::ParseFromString(text, &command)) FAIL("not a command: " << text);
  return command;
}

MemoryTill::Sent give_text(MemoryTill& till, const std::string& text) {
  CAPTURE(text);
  return must(till, parsed(text));
}

std::string number(int from, int to) {
  return std::to_string(*rc::gen::inRange(from, to));
}

// An open sale in a shop of four articles in two categories.
void open_promoted_shop(MemoryTill& till) {
  give_text(till, R"(upsert_store { store_id: "S1" name: "High Street" })");
  give_text(till, R"(set_store_policy { store_id: "S1" stock: ALLOW_NEGATIVE time_zone: "UTC" })");
  give_text(till, R"(register_terminal { store_id: "S1" terminal_id: "T1" })");
  give_text(till, R"(define_tax { tax_id: "X" tax_code: "X" rate_ppm: 70000 kind: ADDITIVE phase: SUBTOTAL )"
                  R"(valid_from: 20200101 })");
  for (int i = 0; i < kPromotedArticles; ++i) {
    give_text(till, "upsert_product { sku: \"A" + std::to_string(i) + "\" name: \"Article\" category: \"C" +
                        std::to_string(i % 2) + "\" tax_code: \"X\" unit_price { amount: " +
                        std::to_string(99 + 317 * i) + " currency: \"EUR\" } }");
  }
  give_text(till, R"(open_sale { sale_id: "V1" store_id: "S1" terminal_id: "T1" currency: "EUR" })");
}

void add_random_goods(MemoryTill& till) {
  const int lines = *rc::gen::inRange(1, 9);
  for (int i = 0; i < lines; ++i) {
    const std::string quantity = std::to_string(*rc::gen::inRange(1, 6) * *rc::gen::element(100'000, 100'000, 12'345));
    give_text(till, "add_sale_line { sale_id: \"V1\" line_id: \"" + std::to_string(i) + "\" sku: \"A" +
                        number(0, kPromotedArticles) + "\" quantity_e5: " + quantity + " }");
  }
  if (lines > 1) give_text(till, R"(void_sale_line { sale_id: "V1" line_id: "0" })");
  give_text(till, R"(add_service_charge { sale_id: "V1" charge_id: "BAG" amount { currency: "EUR" amount: 37 } })");
}

std::string random_rule() {
  const std::string percent = " percent_ppm: " + number(1, 1'000'001);
  const std::string amount = " amount { currency: \"EUR\" amount: " + number(1, 600) + " }";
  const std::vector<std::string> kinds{
      "kind: PERCENT_OFF" + percent, "kind: AMOUNT_OFF" + amount,
      "kind: BUY_X_GET_Y buy: " + number(1, 4) + " get: " + number(1, 3) + percent,
      "kind: MIX_MATCH buy: " + number(1, 4) + amount,
      "kind: THRESHOLD threshold { currency: \"EUR\" amount: " + number(1, 3'000) + " }" + amount};
  std::string rule = kinds[*rc::gen::inRange<std::size_t>(0, kinds.size())] + " priority: " + number(0, 3);
  if (*rc::gen::arbitrary<bool>()) rule += " categories: \"C" + number(0, 2) + "\"";
  if (*rc::gen::arbitrary<bool>()) rule += R"( exclusivity_group: "G")";
  return rule;
}

void define_promotion(MemoryTill& till, const std::string& id) {
  give_text(till, "define_promotion { promotion_id: \"" + id + "\" name: \"P\" " + random_rule() + " }");
}

void define_coupon(MemoryTill& till, const std::string& promotion_id) {
  give_text(till, "define_coupon { coupon_id: \"K" + promotion_id + "\" promotion_id: \"" + promotion_id +
                      "\" valid_from_us: 1772323200000000 }");
}

// The ids of those that apply to the open sale: those that run, and those of its coupons.
std::vector<std::string> define_random_promotions(MemoryTill& till) {
  std::vector<std::string> applied;
  const int count = *rc::gen::inRange(1, 7);
  for (int i = 0; i < count; ++i) {
    const std::string id = "P" + std::to_string(i);
    define_promotion(till, id);
    const int fate = *rc::gen::inRange(0, 5);
    if (fate == 0) {
      give_text(till, "end_promotion { promotion_id: \"" + id + "\" }");
      continue;
    }
    if (fate <= 2) define_coupon(till, id);
    if (fate == 1) continue;
    if (fate == 2) give_text(till, "apply_coupon { sale_id: \"V1\" coupon_id: \"K" + id + "\" }");
    applied.push_back(id);
  }
  return applied;
}

const schema::TicketState& ticket_of(MemoryTill& till) {
  return *till.books().get<schema::TicketState>(kind_of(schema::TICKET), "V1");
}

std::string row_of(const std::string& promotion_id, std::uint64_t version, const std::string& line_id,
                   std::int64_t amount) {
  return promotion_id + "@" + std::to_string(version) + " " + line_id + " " + std::to_string(amount) + "\n";
}

// What the engine gives the ticket, one row a promotion and line.
std::string rows_of_engine(MemoryTill& till, const std::vector<std::string>& ids) {
  std::vector<CartLine> cart;
  std::vector<std::string> line_ids;
  for (const schema::TicketLine& line : ticket_of(till).lines()) {
    if (line.voided()) continue;
    const auto& product = *till.books().get<schema::ProductState>(kind_of(schema::PRODUCT), line.sku());
    const Wide gross = line_amount(line.quantity_e5(), line.unit_price().amount_e4(), 2);
    cart.push_back({line.sku(), product.product().category(), line.quantity_e5(), static_cast<std::int64_t>(gross)});
    line_ids.push_back(line.line_id());
  }
  std::vector<ActivePromotion> active;
  for (const std::string& id : ids) {
    const auto& promotion = *till.books().get<schema::PromotionState>(kind_of(schema::PROMOTION), id);
    active.push_back({promotion.promotion_id(), promotion.version(), &promotion.promotion()});
  }
  std::string rows;
  for (const LineDiscount& discount : apply_promotions({"EUR", {}, cart}, active, kMondayAtTen)) {
    rows += row_of(discount.promotion_id, discount.version, line_ids[discount.line], discount.amount);
  }
  return rows;
}

std::string rows_of_sale(const SaleCompleted& sale) {
  std::string rows;
  for (const schema::AppliedPromotion& promotion : sale.promotions()) {
    for (int i = 0; i < promotion.lines_size(); ++i) {
      const std::string& line_id = sale.lines(static_cast<int>(promotion.lines(i))).line_id();
      rows += row_of(promotion.promotion_id(), promotion.version(), line_id, promotion.amounts(i));
    }
  }
  return rows;
}

SaleCompleted complete_at(MemoryTill& till, std::int64_t total) {
  const std::string money = "{ currency: \"EUR\" amount: " + std::to_string(total) + " }";
  const auto sent = till.send(
      parsed(R"(complete_sale { sale_id: "V1" terminal_id: "T1" terminal_seq: 1 occurred_at_us: 1772445590000000 )"
             "expected_total " +
             money + " tenders { type: CARD amount " + money + " } }"));
  RC_ASSERT(code_of(sent) == "");
  return sent.events.at(0).sale_completed();
}

// Each promotion is the sum of its parts, the parts of a line are part of its discount, the lines' of the sale's.
void check_discounts(const SaleCompleted& sale) {
  std::set<std::string> ids;
  std::int64_t discount = 0;
  std::vector<std::int64_t> promoted(static_cast<std::size_t>(sale.lines_size()));
  for (const schema::AppliedPromotion& promotion : sale.promotions()) {
    RC_ASSERT(promotion.lines_size() == promotion.amounts_size());
    for (int i = 0; i < promotion.lines_size(); ++i) promoted.at(promotion.lines(i)) += promotion.amounts(i);
  }
  for (int i = 0; i < sale.lines_size(); ++i) {
    const SaleCompleted::Line& line = sale.lines(i);
    RC_ASSERT(promoted[static_cast<std::size_t>(i)] <= line.discount());
    RC_ASSERT(line.discount() <= line.gross());
    discount += line.discount();
  }
  RC_ASSERT(discount == sale.discount());
  for (const schema::AppliedPromotion& promotion : sale.promotions()) {
    RC_ASSERT(ids.insert(promotion.promotion_id()).second);
    std::int64_t sum = 0;
    for (const std::int64_t amount : promotion.amounts()) {
      RC_ASSERT(amount > 0);
      sum += amount;
    }
    RC_ASSERT(sum == promotion.amount());
  }
}

void discount_at_random(MemoryTill& till) {
  const int discounts = *rc::gen::inRange(0, 4);
  for (int i = 0; i < discounts; ++i) {
    const std::string line = *rc::gen::arbitrary<bool>() ? " line_id: \"" + number(0, 9) + "\"" : "";
    till.send(parsed("apply_discount { sale_id: \"V1\" discount_id: \"" + std::to_string(i) + "\"" + line +
                     " percent_ppm: " + number(1, 1'000'000) + " }"));
  }
}

}  // namespace

TEST_CASE("I9 a sale keeps what the engine gives its ticket, to the cent",
          "[commands][invariants][ticket][promotion]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_promoted_shop(till);
    add_random_goods(till);
    const std::vector<std::string> applied = define_random_promotions(till);
    discount_at_random(till);
    const std::string wanted = rows_of_engine(till, applied);
    const SaleCompleted sale = complete_at(till, priced_of(till).total);
    RC_ASSERT(rows_of_sale(sale) == wanted);
    check_discounts(sale);
    if (ticket_of(till).discounts().empty()) {
      std::int64_t sum = 0;
      for (const schema::AppliedPromotion& promotion : sale.promotions()) sum += promotion.amount();
      RC_ASSERT(sum == sale.discount());
    }
  }));
}

TEST_CASE("what is due stays once something is paid, and the log alone tells it again",
          "[commands][invariants][ticket][promotion]") {
  CHECK(rc::check([] {
    MemoryTill till;
    open_promoted_shop(till);
    add_random_goods(till);
    const std::vector<std::string> applied = define_random_promotions(till);
    const std::string wanted = rows_of_engine(till, applied);
    const std::int64_t total = priced_of(till).total;
    RC_PRE(total > 1);
    give_text(till, R"(record_card_authorization { payment_id: "Q" store_id: "S1" terminal_id: "T1" sale_id: "V1" )"
                    R"(requested { currency: "EUR" amount: 1 } approved { currency: "EUR" amount: 1 } })");
    define_promotion(till, "AFTER");
    // One of a coupon stays: the coupon would expire with it.
    for (const std::string& id : applied) {
      if (ticket_of(till).coupon_ids().empty()) give_text(till, "end_promotion { promotion_id: \"" + id + "\" }");
    }
    RC_ASSERT(priced_of(till).total == total);
    const std::string rest = "{ currency: \"EUR\" amount: " + std::to_string(total - 1) + " }";
    const auto sent = till.send(
        parsed(R"(complete_sale { sale_id: "V1" terminal_id: "T1" terminal_seq: 1 occurred_at_us: 1772445590000000 )"
               "expected_total { currency: \"EUR\" amount: " +
               std::to_string(total) + " } tenders { type: CARD amount " + rest + " } }"));
    RC_ASSERT(code_of(sent) == "");
    RC_ASSERT(rows_of_sale(sent.events.at(0).sale_completed()) == wanted);

    MemoryBooks again(till.domain());
    for (const schema::Record& record : till.log()) again.apply(record);
    RC_ASSERT(again.images() == till.books().images());
  }));
}

TEST_CASE("a payment that is reversed frees the promotions of its ticket", "[commands][ticket][promotion]") {
  MemoryTill till;
  open_promoted_shop(till);
  give_text(till, R"(add_sale_line { sale_id: "V1" line_id: "1" sku: "A0" quantity_e5: 100000 })");
  give_text(till, R"(define_promotion { promotion_id: "P" name: "P" kind: PERCENT_OFF percent_ppm: 500000 })");
  for (const char* id : {"Q1", "Q2"}) {
    give_text(till, std::string("record_card_authorization { payment_id: \"") + id +
                        R"(" store_id: "S1" terminal_id: "T1" sale_id: "V1" requested { currency: "EUR" amount: 10 } )"
                        R"(approved { currency: "EUR" amount: 10 } })");
  }
  CHECK(ticket_of(till).promotions_size() == 1);
  give_text(till, R"(void_authorization { payment_id: "Q1" })");
  CHECK(ticket_of(till).promotions_size() == 1);
  give_text(till, R"(void_authorization { payment_id: "Q2" })");
  CHECK(ticket_of(till).promotions_size() == 0);
}

TEST_CASE("the list of running promotions is what was defined, did not end and is given by no coupon",
          "[commands][promotion][property]") {
  CHECK(rc::check([] {
    MemoryTill till;
    std::set<std::string> running;
    std::set<std::string> restricted;
    std::set<std::string> ended;
    const int steps = *rc::gen::inRange(1, 30);
    for (int i = 0; i < steps; ++i) {
      const std::string id = "P" + number(0, 6);
      const bool known = till.books().get<schema::PromotionState>(kind_of(schema::PROMOTION), id) != nullptr;
      const int act = *rc::gen::inRange(0, 4);
      if (act <= 1 && !ended.contains(id)) {
        define_promotion(till, id);
        if (!restricted.contains(id)) running.insert(id);
      } else if (act == 2 && known) {
        define_coupon(till, id);
        restricted.insert(id);
        running.erase(id);
      } else if (act == 3 && known && ended.insert(id).second) {
        give_text(till, "end_promotion { promotion_id: \"" + id + "\" }");
        running.erase(id);
      }
    }
    google::protobuf::Arena arena;
    DecideContext context;
    context.arena = &arena;
    const Deciding deciding{context, till.books(), till.domain().zones(), till.domain()};
    std::set<std::string> listed;
    for (const std::string_view id : running_promotions(deciding, Micros(till.now()))) listed.emplace(id);
    RC_ASSERT(listed == running);
  }));
}

}  // namespace till::testing
