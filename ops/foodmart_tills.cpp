#include "ops/foodmart_tills.h"

#include <algorithm>
#include <array>
#include <set>

#include "commands/money.h"

namespace till {
namespace {

struct FoodmartTax {
  const char* code;
  std::uint32_t ppm;
};
constexpr std::array kFoodmartTaxes{FoodmartTax{"FOOD", 20'000}, FoodmartTax{"GENERAL", 80'000}};
constexpr std::int64_t kPpm = 1'000'000;
constexpr std::int32_t kTaxedFrom = 19970101;

constexpr std::size_t kCheckersMost = 3;  // of a store
constexpr std::int64_t kPinLeast = 100'000, kPinMost = 999'999;

// Minor units.
constexpr std::int64_t kFloat = 15'000, kPickUp = 10'000;
constexpr std::int64_t kPaidOutLeast = 300, kPaidOutMost = 2'500;
constexpr std::int64_t kDifferenceMost = 300, kLargeDifference = 2'000;
constexpr std::uint64_t kMistakeOneIn = 100, kPaidOutOneIn = 12, kDifferenceOneIn = 8, kLargeOneIn = 300;
constexpr std::uint64_t kShiftSeed = 0x7368696674u;

void set_manager_permissions(schema::UpsertEmployee& employee) {
  for (const schema::Permission permission :
       {schema::PRICE_OVERRIDE, schema::DISCOUNT, schema::POST_VOID, schema::NO_SALE, schema::PAID_IN_OUT,
        schema::CASH_PICKUP, schema::SHIFT_CLOSE, schema::SHIFT_VARIANCE, schema::STOCK_ADJUST, schema::STOCK_COUNT,
        schema::STOCK_TRANSFER, schema::STORE_CREDIT}) {
    employee.add_permissions(permission);
  }
}

// Gives the tax.
std::int64_t add_tax_rows(const FoodmartSale& sale, schema::RingUpSale& command) {
  std::int64_t tax = 0;
  for (const FoodmartTax& rate : kFoodmartTaxes) {
    const auto taxable = sale.taxable.find(rate.code);
    if (taxable == sale.taxable.end()) continue;
    const auto amount = static_cast<std::int64_t>(divide_half_away(Wide{taxable->second} * rate.ppm, kPpm));
    auto& row = *command.add_taxes();
    row.set_tax_code(rate.code);
    set_money(*row.mutable_taxable(), taxable->second, kFoodmartCurrency);
    set_money(*row.mutable_amount(), amount, kFoodmartCurrency);
    tax += amount;
  }
  return tax;
}

}  // namespace

std::string FoodmartTills::tax_code(const FoodmartData::Product& product) {
  return product.family == "Food" ? kFoodmartTaxes[0].code : kFoodmartTaxes[1].code;
}

void FoodmartTills::set_up() {
  for (const FoodmartTax& rate : kFoodmartTaxes) {
    const std::string id = std::string("foodmart-tax-") + rate.code;
    out_.emit(id, [&](schema::Command& command) {
      auto& tax = *command.mutable_define_tax();
      tax.set_tax_id(id);
      tax.set_tax_code(rate.code);
      tax.set_rate_ppm(rate.ppm);
      tax.set_kind(schema::TaxRule::ADDITIVE);
      tax.set_phase(schema::TaxRule::SUBTOTAL);
      tax.set_valid_from(kTaxedFrom);
    });
  }
  wallets_.set_up();
  std::set<std::int64_t> selling;
  for (const auto& [key, lines] : data_.baskets) selling.insert(key.store);
  for (const FoodmartData::Employee& employee : data_.employees) {
    if (selling.contains(employee.store)) hire(employee);
  }
}

// A session would have to begin before its sales happened (E2), which those of a past year cannot: the tills' own key
// answers for them, and sales and shifts name who stood there.
void FoodmartTills::hire(const FoodmartData::Employee& employee) {
  Staff& staff = staff_[employee.store];
  if (employee.manages ? !staff.manager.empty() : staff.checkers.size() >= kCheckersMost) return;
  const std::string id = "foodmart-employee-" + std::to_string(employee.id);
  (employee.manages ? staff.manager : staff.checkers.emplace_back()) = id;
  out_.emit(id, [&](schema::Command& command) {
    auto& upsert = *command.mutable_upsert_employee();
    upsert.set_employee_id(id);
    upsert.set_name(employee.name);
    upsert.add_stores(foodmart_store(employee.store));
    if (employee.manages) set_manager_permissions(upsert);
  });
  out_.emit(id + ".pin", [&](schema::Command& command) {
    SeededRandom random(kFoodmartSeed ^ static_cast<std::uint64_t>(employee.id));
    command.mutable_set_employee_pin()->set_employee_id(id);
    command.mutable_set_employee_pin()->set_pin(std::to_string(random.between(kPinLeast, kPinMost)));
  });
}

FoodmartTills::Drawer& FoodmartTills::open_drawer(const FoodmartSale& sale, std::uint64_t number) {
  Drawer& drawer = drawers_[{sale.store, number}];
  if (!drawer.shift.empty()) return drawer;
  drawer.terminal = foodmart_terminal(sale.store, number);
  drawer.store = sale.store;
  drawer.shift = drawer.terminal + "-" + std::to_string(sale.date);
  drawer.cash = kFloat;
  drawer.card = 0;
  drawer.pickups = 0;
  drawer.random = SeededRandom(kFoodmartSeed ^ kShiftSeed ^ (static_cast<std::uint64_t>(sale.date) << 32) ^
                               (static_cast<std::uint64_t>(sale.store) << 8) ^ number);
  const std::vector<std::string>& checkers = staff_[sale.store].checkers;
  drawer.cashier = checkers.empty() ? std::string() : checkers[drawer.random.below(checkers.size())];
  out_.emit(drawer.shift, [&](schema::Command& command) {
    auto& open = *command.mutable_open_shift();
    open.set_shift_id(drawer.shift);
    open.set_store_id(foodmart_store(drawer.store));
    open.set_terminal_id(drawer.terminal);
    open.set_employee_id(drawer.cashier);
    set_money(*open.mutable_opening_float(), kFloat, kFoodmartCurrency);
  });
  ++out_.counts.shifts;
  return drawer;
}

void FoodmartTills::sell(FoodmartSale sale) {
  Drawer& drawer = open_drawer(sale, 1 + sale.random.below(kFoodmartTills));
  if (const auto returned = returns_.next(sale.store, sale.date)) {
    give_back(*returned, sale.command.occurred_at_us(), drawer);
  }
  sale.command.set_terminal_id(drawer.terminal);
  sale.command.set_shift_id(drawer.shift);
  sale.command.set_employee_id(drawer.cashier);
  const std::int64_t tax = add_tax_rows(sale, sale.command);
  const std::int64_t due = sale.net + tax;
  if (due > 0 && sale.random.one_in(kMistakeOneIn)) ring_up_mistake(sale, due, drawer);
  const FoodmartWallets::Paid paid = wallets_.pay(sale.customer, sale.net, due, sale.random, sale.command);
  ring_up(sale, drawer);
  drawer.cash += paid.cash;
  drawer.card += paid.card;
  out_.counts.tax += tax;
  out_.counts.gift_cards_sold += paid.gift_cards_sold;
  if (drawer.cash >= kFloat + kPickUp) pick_up(drawer);
  wallets_.make_up(sale.customer, sale.command, sale.random);
  if (returns_.plan(sale)) wallets_.keep_points(sale.customer);
}

void FoodmartTills::ring_up(const FoodmartSale& sale, Drawer& drawer) {
  out_.emit(sale.command.sale_id(), [&](schema::Command& command) {
    *command.mutable_ring_up_sale() = sale.command;
    command.mutable_ring_up_sale()->set_terminal_seq(++drawer.last_sequence);
  });
}

// The whole ticket is voided before the same goods are rung up again: what it takes from accounts and gives to them is
// what the void takes back.
void FoodmartTills::ring_up_mistake(const FoodmartSale& sale, std::int64_t due, Drawer& drawer) {
  FoodmartSale mistake = sale;
  mistake.command.set_sale_id(sale.command.sale_id() + "-mistake");
  set_money(*mistake.command.mutable_expected_total(), due, kFoodmartCurrency);
  auto& tender = *mistake.command.add_tenders();
  tender.set_type(schema::Tender::CARD);
  set_money(*tender.mutable_amount(), due, kFoodmartCurrency);
  ring_up(mistake, drawer);
  out_.emit(mistake.command.sale_id() + ".void", [&](schema::Command& command) {
    command.mutable_void_sale()->set_sale_id(mistake.command.sale_id());
    command.mutable_void_sale()->set_reason("wrong card");
  });
  ++out_.counts.voids;
}

void FoodmartTills::give_back(const FoodmartReturn& returned, std::int64_t at_us, Drawer& drawer) {
  const std::string id = "foodmart-return-" + returned.sale_id.substr(kFoodmartSale.size());
  out_.emit(id, [&](schema::Command& command) {
    auto& start = *command.mutable_start_return();
    start.set_return_id(id);
    start.set_sale_id(returned.sale_id);
    start.set_store_id(foodmart_store(drawer.store));
    start.set_terminal_id(drawer.terminal);
    auto& line = *start.add_lines();
    line.set_line_id(returned.line_id);
    line.set_quantity_e5(returned.quantity_e5);
    line.set_reason(schema::ReturnReason::UNWANTED);
    line.set_disposition(schema::Disposition::IN_STOCK);
  });
  out_.emit(id + ".complete", [&](schema::Command& command) {
    auto& complete = *command.mutable_complete_return();
    complete.set_return_id(id);
    complete.set_terminal_seq(++drawer.last_sequence);
    complete.set_occurred_at_us(at_us);
    complete.set_shift_id(drawer.shift);
    complete.set_employee_id(drawer.cashier);
    set_money(*complete.mutable_expected_total(), returned.total, kFoodmartCurrency);
    if (returned.total == 0) return;
    auto& refund = *complete.add_refunds();
    refund.set_type(returned.type);
    set_money(*refund.mutable_amount(), returned.total, kFoodmartCurrency);
  });
  (returned.type == schema::Tender::CASH ? drawer.cash : drawer.card) -= returned.total;
  stock_.move(drawer.store, returned.product, returned.quantity_e5);
  ++out_.counts.returns;
  out_.counts.returned += returned.total;
}

void FoodmartTills::pick_up(Drawer& drawer) {
  const std::int64_t amount = (drawer.cash - kFloat) / kPickUp * kPickUp;
  const std::string id = drawer.shift + "-pickup-" + std::to_string(++drawer.pickups);
  out_.emit(id, [&](schema::Command& command) {
    auto& pickup = *command.mutable_pick_up_cash();
    pickup.set_shift_id(drawer.shift);
    pickup.set_movement_id(id);
    set_money(*pickup.mutable_amount(), amount, kFoodmartCurrency);
  });
  drawer.cash -= amount;
}

void FoodmartTills::pay_out(Drawer& drawer) {
  const std::int64_t amount = drawer.random.between(kPaidOutLeast, kPaidOutMost);
  const std::string id = drawer.shift + "-paid-out";
  out_.emit(id, [&](schema::Command& command) {
    auto& out = *command.mutable_pay_out();
    out.set_shift_id(drawer.shift);
    out.set_movement_id(id);
    set_money(*out.mutable_amount(), amount, kFoodmartCurrency);
    out.set_reason("window cleaning");
  });
  drawer.cash -= amount;
}

void FoodmartTills::count(const Drawer& drawer, std::int64_t counted) {
  const std::string id = drawer.shift + "-count";
  out_.emit(id, [&](schema::Command& command) {
    auto& count = *command.mutable_count_shift();
    count.set_shift_id(drawer.shift);
    count.set_count_id(id);
    auto& cash = *count.add_counted();
    cash.set_type(schema::Tender::CASH);
    set_money(*cash.mutable_amount(), counted, kFoodmartCurrency);
    auto& card = *count.add_counted();
    card.set_type(schema::Tender::CARD);
    set_money(*card.mutable_amount(), std::max<std::int64_t>(drawer.card, 0), kFoodmartCurrency);
  });
}

// Whoever counts does not see what the drawer should hold; what is above the float goes into the safe.
void FoodmartTills::close(Drawer& drawer) {
  if (drawer.random.one_in(kPaidOutOneIn)) pay_out(drawer);
  const bool large = drawer.random.one_in(kLargeOneIn);
  std::int64_t difference = 0;
  if (drawer.random.one_in(kDifferenceOneIn)) difference = drawer.random.between(-kDifferenceMost, kDifferenceMost);
  if (large) difference = -kLargeDifference;
  const std::int64_t counted = drawer.cash + difference;
  out_.emit(drawer.shift + ".end",
            [&](schema::Command& command) { command.mutable_end_shift()->set_shift_id(drawer.shift); });
  count(drawer, counted);
  out_.emit(drawer.shift + ".close", [&](schema::Command& command) {
    auto& close = *command.mutable_close_shift();
    close.set_shift_id(drawer.shift);
    if (large) {
      close.set_accept_variance(true);
      close.set_reason("a note given out twice");
    }
    if (counted > kFloat) set_money(*close.mutable_to_safe(), counted - kFloat, kFoodmartCurrency);
  });
  drawer.shift.clear();
}

void FoodmartTills::close_day() {
  for (auto& [place, drawer] : drawers_) {
    if (!drawer.shift.empty()) close(drawer);
  }
}

}  // namespace till
