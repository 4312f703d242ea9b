// What a shift says of its day against what was done in it: its totals are folded as things happen (D6), and each is
// the sum of its parts.
#include <map>
#include <string>

#include <google/protobuf/text_format.h>
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::Tender;

constexpr std::int64_t kPrice = 1000;
constexpr std::int64_t kCard = 500;  // of a gift card that is sold
constexpr std::int64_t kFloat = 20'000;

std::string eur(std::int64_t amount) {
  return "{ currency: \"EUR\" amount: " + std::to_string(amount) + " }";
}

void give(MemoryTill& till, const std::string& text) {
  schema::Command command;
  RC_ASSERT(google::protobuf::TextFormat::ParseFromString(text, &command));
  const auto sent = till.send(command);
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision))
    RC_FAIL(std::string(rejection->code) + " of " + text);
}

// A sale of one line, as it was rung up.
struct RungUp {
  std::string id;
  std::int64_t discount = 0;
  std::int64_t of_sale = 0, of_employee = 0, of_coupon = 0;
  std::int64_t total = 0;
  std::int64_t gift_cards = 0;
  Tender::Type paid_with = Tender::CASH;
};

// The day as a clerk would keep it with a pencil.
struct Day {
  std::int64_t sold = 0, voided = 0, returned = 0, unlinked = 0;
  std::int64_t line = 0, sale = 0, employee = 0, coupon = 0;
  std::uint64_t line_voids = 0, cancelled_tickets = 0;
  std::int64_t line_voided = 0, cancelled = 0, gift_cards = 0;
  std::map<int, std::int64_t> paid;

  void add(const RungUp& sale_of, std::int64_t sign) {
    (sign > 0 ? sold : voided) += sale_of.total;
    sale += sign * sale_of.of_sale;
    employee += sign * sale_of.of_employee;
    coupon += sign * sale_of.of_coupon;
    line += sign * (sale_of.discount - sale_of.of_sale - sale_of.of_employee - sale_of.of_coupon);
    gift_cards += sign * sale_of.gift_cards;
    paid[sale_of.paid_with] += sign * sale_of.total;
  }
};

class Shift {
 public:
  explicit Shift(MemoryTill& till) : till_(till) {
    give(till_, R"(upsert_store { store_id: "S1" name: "High Street" })");
    give(till_, R"(set_store_policy { store_id: "S1" stock: ALLOW_NEGATIVE time_zone: "UTC" })");
    give(till_, R"(register_terminal { store_id: "S1" terminal_id: "T1" })");
    give(till_, R"(upsert_product { sku: "A" name: "A" category: "C" tax_code: "X" unit_price )" + eur(kPrice) + " }");
    give(till_, R"(open_shift { shift_id: "SH1" store_id: "S1" terminal_id: "T1" opening_float )" + eur(kFloat) + " }");
  }

  void step() {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        return take_back();
      case 1:
        return cancel();
      case 2:
        return reverse();
      case 3:
        return correct();
      default:
        return sell();
    }
  }

  const Day& day() const { return day_; }
  const schema::ShiftState& state() { return *till_.books().get<schema::ShiftState>(kind_of(schema::SHIFT), "SH1"); }

 private:
  std::string next(const char* kind) { return kind + std::to_string(++ids_); }
  std::string head() {
    return " terminal_seq: " + std::to_string(++sequence_) +
           " occurred_at_us: 1772445600000000 shift_id: \"SH1\" expected_total ";
  }

  void sell() {
    RungUp sale;
    sale.id = next("V");
    sale.of_sale = *rc::gen::inRange(0, 200);
    sale.of_employee = *rc::gen::inRange(0, 200);
    sale.of_coupon = *rc::gen::inRange(0, 200);
    sale.discount = sale.of_sale + sale.of_employee + sale.of_coupon + *rc::gen::inRange(0, 200);
    sale.gift_cards = *rc::gen::inRange(0, 4) == 0 ? kCard : 0;
    sale.total = kPrice - sale.discount + sale.gift_cards;
    sale.paid_with = *rc::gen::element(Tender::CASH, Tender::CARD, Tender::CHEQUE);
    const int voids = *rc::gen::inRange(0, 3);
    give(till_,
         "ring_up_sale { sale_id: \"" + sale.id + R"(" store_id: "S1" terminal_id: "T1")" + head() + eur(sale.total) +
             R"( lines { line_id: "1" sku: "A" quantity_e5: 100000 unit_price )" + eur(kPrice) + " discount " +
             eur(sale.discount) + " } discount_scopes { sale " + eur(sale.of_sale) + " employee " +
             eur(sale.of_employee) + " coupon " + eur(sale.of_coupon) +
             " } line_voids { count: " + std::to_string(voids) + " amount " + eur(voids * kPrice) + " }" +
             (sale.gift_cards == 0 ? ""
                                   : " gift_cards { gift_card_id: \"" + sale.id + "\" amount " + eur(kCard) + " }") +
             " tenders { type: " + Tender::Type_Name(sale.paid_with) + " amount " + eur(sale.total) + " } }");
    day_.add(sale, 1);
    day_.line_voids += static_cast<std::uint64_t>(voids);
    day_.line_voided += voids * kPrice;
    last_ = sale;
  }

  void reverse() {
    if (last_.id.empty()) return;
    give(till_, "void_sale { sale_id: \"" + last_.id + "\" reason: \"x\" }");
    day_.add(last_, -1);
    last_ = {};
  }

  void correct() {
    if (last_.id.empty()) return;
    const Tender::Type to = last_.paid_with == Tender::CARD ? Tender::CASH : Tender::CARD;
    give(till_, "change_tender_type { sale_id: \"" + last_.id + "\" correction_id: \"" + next("C") +
                    "\" from: " + Tender::Type_Name(last_.paid_with) + " to: " + Tender::Type_Name(to) + " }");
    day_.paid[last_.paid_with] -= last_.total;
    day_.paid[to] += last_.total;
    last_.paid_with = to;
  }

  void take_back() {
    const std::string id = next("U");
    const std::int64_t worth = *rc::gen::inRange<std::int64_t>(1, 10);
    give(till_, "start_unlinked_return { return_id: \"" + id + R"(" store_id: "S1" terminal_id: "T1")" +
                    R"( lines { line_id: "1" sku: "A" quantity_e5: 100000 unit_price )" + eur(worth) + " } }");
    give(till_, "complete_return { return_id: \"" + id + "\"" + head() + eur(worth) + " refunds { type: CASH amount " +
                    eur(worth) + " } }");
    day_.returned += worth;
    day_.unlinked += worth;
    day_.paid[Tender::CASH] -= worth;
  }

  void cancel() {
    const std::string ticket = "sale_id: \"" + next("K") + "\"";
    const int lines = *rc::gen::inRange(0, 3);
    give(till_, "open_sale { " + ticket + R"( store_id: "S1" terminal_id: "T1" currency: "EUR" shift_id: "SH1" })");
    for (int i = 0; i < lines; ++i) {
      give(till_,
           "add_sale_line { " + ticket + " line_id: \"" + std::to_string(i) + R"(" sku: "A" quantity_e5: 100000 })");
    }
    if (lines > 0) give(till_, "void_sale_line { " + ticket + R"( line_id: "0" })");
    give(till_, "cancel_sale { " + ticket + " }");
    ++day_.cancelled_tickets;
    if (lines == 0) return;
    ++day_.line_voids;
    day_.line_voided += kPrice;
    day_.cancelled += (lines - 1) * kPrice;
  }

  MemoryTill& till_;
  Day day_;
  RungUp last_;
  int ids_ = 0;
  int sequence_ = 0;
};

void check_totals(const schema::ShiftTotals& totals, const Day& day) {
  RC_ASSERT(totals.gross_positive().amount() == day.sold);
  RC_ASSERT(totals.voided().amount() == day.voided);
  RC_ASSERT(totals.returned().amount() == day.returned);
  RC_ASSERT(totals.unlinked_returned().amount() == day.unlinked);
  RC_ASSERT(totals.gross_negative().amount() == day.voided + day.returned);
  RC_ASSERT(totals.total().amount() == day.sold - day.voided - day.returned);
  RC_ASSERT(totals.line_discount().amount() == day.line);
  RC_ASSERT(totals.sale_discount().amount() == day.sale);
  RC_ASSERT(totals.employee_discount().amount() == day.employee);
  RC_ASSERT(totals.coupon_discount().amount() == day.coupon);
  RC_ASSERT(totals.discount().amount() + totals.returned_discount().amount() ==
            day.line + day.sale + day.employee + day.coupon);
  RC_ASSERT(totals.line_voids() == day.line_voids);
  RC_ASSERT(totals.line_voided().amount() == day.line_voided);
  RC_ASSERT(totals.cancelled_tickets() == day.cancelled_tickets);
  RC_ASSERT(totals.cancelled().amount() == day.cancelled);
  RC_ASSERT(totals.gift_cards_sold().amount() == day.gift_cards);
  for (const auto& tender : totals.tenders()) {
    const auto paid = day.paid.find(tender.type());
    RC_ASSERT(tender.amount().amount() == (paid == day.paid.end() ? 0 : paid->second));
  }
}

}  // namespace

TEST_CASE("D6 the totals of a shift are what was done in it, and make their whole", "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    Shift shift(till);
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) shift.step();
    check_totals(shift.state().totals(), shift.day());
  }));
}

TEST_CASE("D2 every type of tender is over or short by what was counted less what it brought",
          "[commands][invariants]") {
  CHECK(rc::check([] {
    MemoryTill till;
    Shift shift(till);
    const int steps = *rc::gen::inRange(1, 20);
    for (int i = 0; i < steps; ++i) shift.step();
    std::map<int, std::int64_t> expected = shift.day().paid;
    expected[Tender::CASH] += kFloat;
    const std::int64_t cash = *rc::gen::inRange<std::int64_t>(0, 50'000);
    const std::int64_t card = *rc::gen::inRange<std::int64_t>(0, 50'000);
    give(till, R"(end_shift { shift_id: "SH1" })");
    give(till, R"(count_shift { shift_id: "SH1" count_id: "N1" counted { type: CASH amount )" + eur(cash) +
                   " } counted { type: CARD amount " + eur(card) + " } }");
    give(till, R"(close_shift { shift_id: "SH1" })");
    const schema::ShiftState& state = shift.state();
    RC_ASSERT(state.over_short().amount() == cash - expected[Tender::CASH]);
    for (const schema::TenderVariance& variance : state.variances()) {
      RC_ASSERT(variance.expected().amount() == expected[variance.type()]);
      const bool counted = variance.type() == Tender::CASH || variance.type() == Tender::CARD;
      RC_ASSERT(variance.has_counted() == counted);
      RC_ASSERT(variance.has_over_short() == counted);
      if (!counted) continue;
      const std::int64_t count = variance.type() == Tender::CASH ? cash : card;
      RC_ASSERT(variance.over_short().amount() == count - expected[variance.type()]);
    }
    RC_ASSERT(state.variances_size() >= 2);
  }));
}

}  // namespace till::testing
