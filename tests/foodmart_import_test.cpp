// FoodMart's year as commands: counts and money exact, the same lines each time.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <utility>

#include "commands/money.h"
#include "ops/foodmart_converter.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

constexpr FoodmartOptions kPlain{.plain = true};

std::string foodmart_directory() {
  return std::string(TILL_SOURCE_DIR) + "/../shared/data/foodmart";
}

bool foodmart_present() {
  if (std::filesystem::exists(foodmart_directory())) return true;
  std::cout << "skipped: data not found at " << foodmart_directory() << "\n";
  return false;
}

// What the commands do to tills and accounts, added up by code of its own.
class Ledger {
 public:
  void take(const schema::Command& command) {
    ++commands_[body_of(command).GetDescriptor()->name()];
    if (command.has_ring_up_sale()) ring_up(command.ring_up_sale(), 1);
    if (command.has_void_sale()) undo(command.void_sale().sale_id());
    if (command.has_open_shift()) open(command.open_shift());
    if (command.has_pay_out()) pay_out(command.pay_out().shift_id(), command.pay_out().amount().amount());
    if (command.has_pick_up_cash())
      pay_out(command.pick_up_cash().shift_id(), command.pick_up_cash().amount().amount());
    if (command.has_count_shift()) count(command.count_shift());
    if (command.has_close_shift()) close(command.close_shift());
    if (command.has_start_return()) start_return(command.start_return());
    if (command.has_complete_return()) complete_return(command.complete_return());
    if (command.has_issue_store_credit()) {
      credit_[command.issue_store_credit().customer_id()] += command.issue_store_credit().amount().amount();
    }
  }

  std::uint64_t seen(const std::string& command) const {
    const auto found = commands_.find(command);
    return found == commands_.end() ? 0 : found->second;
  }
  std::set<schema::Tender::Type> tenders;
  std::map<std::string, std::int64_t> net_by_store;
  std::int64_t tax = 0, gift_cards_sold = 0, units_e5 = 0, over_short = 0, returned = 0;
  std::uint64_t faults = 0;
  std::string first_fault;
  bool any_open() const { return !shift_of_.empty(); }

 private:
  void fault(bool wrong, const std::string& what) {
    if (!wrong) return;
    ++faults;
    if (first_fault.empty()) first_fault = what;
  }

  static std::int64_t net_of(const schema::RingUpSale& sale) {
    std::int64_t net = 0;
    for (const auto& line : sale.lines()) {
      net += static_cast<std::int64_t>(line_amount(line.quantity_e5(), line.unit_price().amount_e4(), 2));
    }
    return net;
  }

  void ring_up(const schema::RingUpSale& sale, std::int64_t sign) {
    const std::string& id = sale.sale_id();
    if (sign > 0) {
      fault(sale.terminal_seq() != ++sequences_[sale.terminal_id()], id + " has a gap in its terminal's order");
      fault(shift_of_[sale.terminal_id()] != sale.shift_id(), id + " is not of the terminal's open shift");
      sales_[id] = sale;
    }
    const std::int64_t net = net_of(sale);
    std::int64_t rows = 0, cards = 0, points = 0, paid = -sale.change().amount();
    drawer_[sale.shift_id()] -= sign * sale.change().amount();
    for (const auto& row : sale.taxes()) rows += row.amount().amount();
    for (const auto& card : sale.gift_cards()) {
      cards += card.amount().amount();
      cards_[card.gift_card_id()] += sign * card.amount().amount();
    }
    for (const auto& tender : sale.tenders()) {
      const std::int64_t amount = tender.amount().amount();
      paid += amount;
      tenders.insert(tender.type());
      if (tender.type() == schema::Tender::CASH) drawer_[sale.shift_id()] += sign * amount;
      if (tender.type() == schema::Tender::GIFT_CARD) fault((cards_[tender.gift_card_id()] -= sign * amount) < 0, id);
      if (tender.type() == schema::Tender::STORE_CREDIT) fault((credit_[sale.customer_id()] -= sign * amount) < 0, id);
      if (tender.type() != schema::Tender::LOYALTY_POINTS) continue;
      points += amount;
      fault((points_[sale.customer_id()] -= sign * tender.points()) < 0, id);
    }
    if (net > points) points_[sale.customer_id()] += sign * ((net - points) / 100);
    fault(paid != net + rows + cards || sale.expected_total().amount() != paid, id + " does not balance");
    net_by_store[sale.store_id()] += sign * net;
    tax += sign * rows;
    gift_cards_sold += sign * cards;
    for (const auto& line : sale.lines()) units_e5 += sign * line.quantity_e5();
  }

  void undo(const std::string& sale_id) {
    const auto sale = sales_.find(sale_id);
    fault(sale == sales_.end(), sale_id + " was not rung up");
    if (sale == sales_.end()) return;
    fault(shift_of_[sale->second.terminal_id()] != sale->second.shift_id(), sale_id + " is voided after its shift");
    ring_up(sale->second, -1);
    sales_.erase(sale);
  }

  void start_return(const schema::StartReturn& started) {
    const auto sale = sales_.find(started.sale_id());
    fault(sale == sales_.end(), started.return_id() + " is of no sale");
    if (sale != sales_.end()) returns_[started.return_id()] = {started, sale->second};
    fault(!returned_.insert(started.sale_id() + "/" + started.lines(0).line_id()).second,
          started.return_id() + " takes a line back again");
  }

  // A line comes back for its price and a share of the tax, of which no rate is above eight percent.
  void complete_return(const schema::CompleteReturn& completed) {
    const std::string& id = completed.return_id();
    const auto& [started, sale] = returns_[id];
    fault(completed.terminal_seq() != ++sequences_[started.terminal_id()], id + " has a gap in its terminal's order");
    fault(shift_of_[started.terminal_id()] != completed.shift_id(), id + " is not of the terminal's open shift");
    const std::int64_t total = completed.expected_total().amount();
    for (const auto& line : sale.lines()) {
      if (line.line_id() != started.lines(0).line_id()) continue;
      const auto gross = static_cast<std::int64_t>(line_amount(line.quantity_e5(), line.unit_price().amount_e4(), 2));
      fault(line.quantity_e5() != started.lines(0).quantity_e5(), id + " is not of the whole line");
      fault(total < gross || total > gross + gross * 8 / 100 + 1, id + " gives another amount back");
    }
    std::int64_t refunded = 0;
    for (const auto& refund : completed.refunds()) {
      refunded += refund.amount().amount();
      fault(sale.tenders_size() != 1 || refund.type() != sale.tenders(0).type(), id + " is paid otherwise");
      if (refund.type() == schema::Tender::CASH) pay_out(completed.shift_id(), refund.amount().amount());
    }
    fault(refunded != total, id + " does not balance");
    returned += refunded;
  }

  void open(const schema::OpenShift& shift) {
    fault(shift_of_.contains(shift.terminal_id()), shift.shift_id() + " is not the only one of its terminal");
    shift_of_[shift.terminal_id()] = shift.shift_id();
    terminal_of_[shift.shift_id()] = shift.terminal_id();
    drawer_[shift.shift_id()] = shift.opening_float().amount();
  }

  void pay_out(const std::string& shift, std::int64_t amount) {
    fault((drawer_[shift] -= amount) < 0, shift + " pays out more than it has");
  }

  void count(const schema::CountShift& count) {
    for (const auto& part : count.counted()) {
      if (part.type() != schema::Tender::CASH) continue;
      const std::int64_t difference = part.amount().amount() - drawer_[count.shift_id()];
      over_short += difference == 0 ? 0 : 1;
      counted_[count.shift_id()] = {part.amount().amount(), difference};
    }
  }

  void close(const schema::CloseShift& close) {
    constexpr std::int64_t kLimit = 1'000;
    const auto [cash, difference] = counted_[close.shift_id()];
    fault(std::abs(difference) > kLimit && !close.accept_variance(), close.shift_id() + " differs too much");
    fault(close.to_safe().amount() > cash, close.shift_id() + " gives the safe more than there is");
    shift_of_.erase(terminal_of_[close.shift_id()]);
  }

  std::map<std::string, std::uint64_t> commands_;
  std::map<std::string, schema::RingUpSale> sales_;
  std::map<std::string, std::pair<schema::StartReturn, schema::RingUpSale>> returns_;
  std::set<std::string> returned_;  // sale and line
  std::map<std::string, std::uint64_t> sequences_;
  std::map<std::string, std::string> shift_of_, terminal_of_;  // open shift by terminal; terminal by shift
  std::map<std::string, std::int64_t> drawer_, cards_, credit_, points_;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> counted_;  // cash and difference by shift
};

TEST_CASE("foodmart: the plain year's counts and sums, by store too", "[ops][foodmart]") {
  if (!foodmart_present()) return;
  auto data = read_foodmart(foodmart_directory());
  REQUIRE(data.ok());
  std::map<std::string, std::int64_t> by_store;
  std::map<std::string, std::uint64_t> sequences;
  std::map<std::string, std::int32_t> last_day;
  std::set<std::string> keys, sold, days;
  std::int64_t units_e5 = 0;
  std::uint64_t not_in_order = 0, unbalanced = 0;
  const auto take = [&](const KeyedCommand& keyed) {
    keys.insert(keyed.idempotency_key);
    if (!keyed.command.has_ring_up_sale()) return;
    const auto& sale = keyed.command.ring_up_sale();
    by_store[sale.store_id()] += sale.expected_total().amount();
    if (sale.terminal_seq() != ++sequences[sale.terminal_id()]) ++not_in_order;
    const auto day = date_of(sale.occurred_at_us());
    if (day < std::exchange(last_day[sale.terminal_id()], day)) ++not_in_order;
    days.insert(std::to_string(day));
    std::int64_t paid = -sale.change().amount();
    for (const auto& tender : sale.tenders()) paid += tender.amount().amount();
    if (paid != sale.expected_total().amount()) ++unbalanced;
    for (const auto& line : sale.lines()) {
      sold.insert(line.sku());
      units_e5 += line.quantity_e5();
    }
  };
  const auto counts = convert_foodmart(*data, take, kPlain);
  REQUIRE(counts.ok());
  CHECK(counts.value().sales == 20'530);
  CHECK(counts.value().lines == 86'837);
  CHECK(counts.value().amount == 56'523'813);
  CHECK(units_e5 == 266'773LL * 100'000);
  CHECK(by_store.size() == 13);
  CHECK(by_store["foodmart-13"] == 8'721'828);
  CHECK(by_store["foodmart-14"] == 444'118);
  CHECK(sold.size() == 1559);
  CHECK(days.size() == 323);
  CHECK(keys.size() == counts.value().commands);
  CHECK(not_in_order == 0);
  CHECK(unbalanced == 0);
}

TEST_CASE("foodmart: in the whole year tills, accounts and money agree", "[ops][foodmart]") {
  if (!foodmart_present()) return;
  auto data = read_foodmart(foodmart_directory());
  REQUIRE(data.ok());
  Ledger ledger;
  std::set<std::string> keys;
  const auto counts = convert_foodmart(*data, [&](const KeyedCommand& keyed) {
    keys.insert(keyed.idempotency_key);
    ledger.take(keyed.command);
  });
  REQUIRE(counts.ok());
  INFO(ledger.first_fault);
  CHECK(ledger.faults == 0);
  CHECK_FALSE(ledger.any_open());
  CHECK(keys.size() == counts->commands);
  CHECK(counts->sales == 20'530);
  CHECK(counts->lines == 86'837);
  CHECK(counts->amount == 56'523'813);
  CHECK(counts->tax == ledger.tax);
  CHECK(counts->gift_cards_sold == ledger.gift_cards_sold);
  CHECK(counts->voids == ledger.seen("VoidSale"));
  CHECK(counts->shifts == ledger.seen("CloseShift"));
  CHECK(counts->returns > 100);
  CHECK(counts->returns == ledger.seen("StartReturn"));
  CHECK(counts->returns == ledger.seen("CompleteReturn"));
  CHECK(counts->returned == ledger.returned);
  CHECK(ledger.seen("RingUpSale") == counts->sales + counts->voids);
  CHECK(ledger.units_e5 == 266'773LL * 100'000);
  CHECK(ledger.net_by_store.size() == 13);
  CHECK(ledger.net_by_store["foodmart-13"] == 8'721'828);
  CHECK(ledger.net_by_store["foodmart-14"] == 444'118);
  CHECK(ledger.over_short > 0);
  CHECK(ledger.tenders == std::set<schema::Tender::Type>{schema::Tender::CASH, schema::Tender::CARD,
                                                         schema::Tender::GIFT_CARD, schema::Tender::STORE_CREDIT,
                                                         schema::Tender::LOYALTY_POINTS});
  for (const char* const command :
       {"DefineTax", "SetLoyaltyProgram", "UpsertEmployee", "SetEmployeePin", "OpenShift", "PayOut", "PickUpCash",
        "CountShift", "IssueStoreCredit", "CreateTransfer", "ShipTransfer", "ReceiveTransfer", "SetStock"}) {
    CAPTURE(command);
    CHECK(ledger.seen(command) > 0);
  }
}

TEST_CASE("foodmart: a second conversion gives the same lines", "[ops][foodmart]") {
  if (!foodmart_present()) return;
  auto data = read_foodmart(foodmart_directory());
  REQUIRE(data.ok());
  const auto hash_of = [&data](const FoodmartOptions& options) {
    std::size_t hash = 0;
    std::string line;
    const auto take = [&](const KeyedCommand& keyed) {
      line.clear();
      append_batch_item(keyed, line);
      hash = hash * 31 + std::hash<std::string>()(line);
    };
    REQUIRE(convert_foodmart(*data, take, options).ok());
    return hash;
  };
  CHECK(hash_of({}) == hash_of({}));
  CHECK(hash_of(kPlain) == hash_of(kPlain));
  CHECK(hash_of({}) != hash_of(kPlain));
}

TEST_CASE("foodmart: a folder without the files says which one is missing", "[ops][foodmart]") {
  const auto data = read_foodmart("/nonexistent");
  REQUIRE_FALSE(data.ok());
  CHECK(data.error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace till
