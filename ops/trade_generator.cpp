#include "ops/trade_generator.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "commands/calendar.h"
#include "commands/money.h"

namespace till {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kHourUs = 3600 * kSecondUs;
constexpr std::int64_t kUnitE5 = 100'000;
constexpr int kCentDecimals = 2;  // of kTradeCurrency
constexpr std::int64_t kMillion = 1'000'000;

constexpr std::array<std::string_view, 12> kCategories = {"Bakery",  "Beverages", "Canned Food", "Dairy",
                                                          "Deli",    "Frozen",    "Household",   "Meat",
                                                          "Produce", "Seafood",   "Snacks",      "Starchy Food"};
constexpr std::array<std::string_view, 10> kAdjectives = {"Fresh", "Golden", "Country", "Classic", "Organic",
                                                          "Light", "Family", "Spicy",   "Mild",    "Premium"};
constexpr std::array<std::string_view, 12> kNouns = {"Bread",  "Juice", "Beans",  "Yogurt", "Ham",    "Pizza",
                                                     "Napkin", "Steak", "Apples", "Shrimp", "Crisps", "Noodles"};
constexpr std::array<std::string_view, 8> kFirstNames = {"Ada", "Ben", "Chen", "Dora", "Emil", "Fay", "Gus", "Hana"};
constexpr std::array<std::string_view, 8> kLastNames = {"Adler", "Bauer",  "Costa",  "Diaz",
                                                        "Evans", "Fujita", "Garcia", "Hansen"};

// From 0 to 23: closed at night, a peak at noon and a higher one after work.
std::vector<std::uint64_t> hour_weights() {
  return {0, 0, 0, 0, 0, 0, 0, 2, 4, 6, 8, 10, 14, 11, 8, 8, 10, 15, 17, 12, 7, 3, 0, 0};
}

std::vector<std::uint64_t> store_weights(std::size_t stores) {
  std::vector<std::uint64_t> weights(stores);
  for (std::size_t i = 0; i < stores; ++i) weights[i] = 2 * stores - i;  // the largest sells twice the smallest
  return weights;
}

std::string numbered(const char* prefix, std::size_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::string store_name(std::size_t store) {
  return "store-" + std::to_string(store + 1);
}

template <class Fill>
void emit(const CommandSink& sink, std::string key, Fill&& fill) {
  KeyedCommand keyed;
  keyed.idempotency_key = std::move(key);
  fill(keyed.command);
  sink(keyed);
}

}  // namespace

std::int64_t TradeTax::of(std::int64_t taxable) const {
  return static_cast<std::int64_t>(divide_half_away(Wide{taxable} * ppm, kMillion));
}

std::int64_t midnight_us(std::int32_t date) {
  using namespace std::chrono;
  const auto day = year_month_day(year(date / 10000), month(static_cast<unsigned>(date / 100 % 100)),
                                  std::chrono::day(static_cast<unsigned>(date % 100)));
  return duration_cast<microseconds>(sys_days(day).time_since_epoch()).count();
}

std::int32_t date_of(std::int64_t at_us) {
  return civil_date(std::chrono::floor<std::chrono::days>(std::chrono::microseconds(at_us)).count());
}

TradeGenerator::TradeGenerator(const TradeShape& shape)
    : shape_(shape),
      random_(shape.seed),
      popularity_(WeightedChoice::zipf(shape.products)),
      busy_hours_(hour_weights()),
      basket_size_({20, 22, 18, 13, 9, 6, 4, 3, 2, 1, 1, 1}),
      store_size_(store_weights(shape.stores)) {
  make_products();
  for (std::size_t store = 0; store < shape_.stores; ++store) {
    for (std::size_t i = 0; i < shape_.terminals_per_store; ++i) {
      terminals_.push_back({store_name(store) + "-t" + std::to_string(i + 1), store_name(store), 1});
    }
  }
}

// Products have their own stream of random numbers, so that set-up does not depend on what was traded before.
void TradeGenerator::make_products() {
  SeededRandom random(shape_.seed ^ 0x70726F6475637473u);
  for (std::size_t i = 0; i < shape_.products; ++i) {
    Product product;
    product.sku = numbered("sku-", i + 1, 5);
    const auto kind = random.below(kCategories.size());
    product.category = kCategories[kind];
    product.name = std::string(kAdjectives[random.below(kAdjectives.size())]) + " " + std::string(kNouns[kind]) + " " +
                   std::to_string(i + 1);
    const auto tax = random.below(20);
    product.tax_code = tax == 0 ? "NONE" : tax < 8 ? "REDUCED" : "STANDARD";
    product.price = random.between(9, 200) * (random.one_in(10) ? 50 : 5) - 1;
    product.cost_e4 = product.price * random.between(55, 80);  // cents x percent = 1e-4 of the major unit
    product.by_weight = random.one_in(20);
    products_.push_back(std::move(product));
  }
}

void TradeGenerator::make_setup(const CommandSink& sink) const {
  for (std::size_t i = 0; i < shape_.stores; ++i) {
    const std::string store = store_name(i);
    emit(sink, "setup." + store, [&](schema::Command& command) {
      command.mutable_upsert_store()->set_store_id(store);
      command.mutable_upsert_store()->set_name("Store " + std::to_string(i + 1));
    });
    emit(sink, "setup.policy." + store, [&](schema::Command& command) {
      auto& policy = *command.mutable_set_store_policy();
      policy.set_store_id(store);
      policy.set_stock(shape_.stock_policy);
      policy.set_time_zone("UTC");
    });
  }
  for (const auto& terminal : terminals_) {
    emit(sink, "setup." + terminal.id, [&](schema::Command& command) {
      command.mutable_register_terminal()->set_store_id(terminal.store);
      command.mutable_register_terminal()->set_terminal_id(terminal.id);
      command.mutable_register_terminal()->set_name("Till " + terminal.id);
    });
  }
  for (const auto& product : products_) {
    emit(sink, "setup." + product.sku, [&](schema::Command& command) {
      auto& upsert = *command.mutable_upsert_product();
      upsert.set_sku(product.sku);
      upsert.set_name(product.name);
      upsert.set_category(product.category);
      upsert.mutable_unit_price()->set_amount(product.price);
      upsert.mutable_unit_price()->set_currency(std::string(kTradeCurrency));
      upsert.set_tax_code(product.tax_code);
      upsert.mutable_unit_cost()->set_amount_e4(product.cost_e4);
      upsert.mutable_unit_cost()->set_currency(std::string(kTradeCurrency));
    });
  }
  for (std::size_t i = 0; i < shape_.customers; ++i) {
    emit(sink, "setup." + customer_id(i), [&](schema::Command& command) {
      auto& customer = *command.mutable_register_customer();
      customer.set_customer_id(customer_id(i));
      customer.set_name(std::string(kFirstNames[i % kFirstNames.size()]) + " " +
                        std::string(kLastNames[i / kFirstNames.size() % kLastNames.size()]));
      customer.set_phone(numbered("555-", i + 1, 4));
    });
  }
  if (shape_.stock_units > 0) make_stock(sink);
}

void TradeGenerator::make_stock(const CommandSink& sink) const {
  constexpr std::size_t kLinesPerReceipt = 200;
  for (std::size_t i = 0; i < shape_.stores; ++i) {
    for (std::size_t first = 0; first < products_.size(); first += kLinesPerReceipt) {
      const std::string receipt = store_name(i) + "-opening-" + std::to_string(first / kLinesPerReceipt + 1);
      emit(sink, "setup." + receipt, [&](schema::Command& command) {
        auto& receive = *command.mutable_receive_stock();
        receive.set_receipt_id(receipt);
        receive.set_store_id(store_name(i));
        for (std::size_t p = first; p < std::min(first + kLinesPerReceipt, products_.size()); ++p) {
          auto& line = *receive.add_lines();
          line.set_sku(products_[p].sku);
          line.set_quantity_e5(shape_.stock_units * kUnitE5);
          line.mutable_unit_cost()->set_amount_e4(products_[p].cost_e4);
          line.mutable_unit_cost()->set_currency(std::string(kTradeCurrency));
        }
      });
    }
  }
}

std::string TradeGenerator::customer_id(std::size_t customer) {
  return numbered("customer-", customer + 1, 4);
}

std::size_t TradeGenerator::draw_terminal() {
  const std::size_t store = store_size_.draw(random_);
  return store * shape_.terminals_per_store + random_.below(shape_.terminals_per_store);
}

void TradeGenerator::make_day(std::int32_t date, std::size_t sales, const CommandSink& sink) {
  const std::int64_t midnight = midnight_us(date);
  std::vector<std::pair<std::int64_t, std::size_t>> moments(sales);
  for (auto& [at_us, terminal] : moments) {
    at_us = midnight + static_cast<std::int64_t>(busy_hours_.draw(random_)) * kHourUs +
            random_.between(0, 3599) * kSecondUs;
    terminal = draw_terminal();
  }
  std::stable_sort(moments.begin(), moments.end());
  for (const auto& [at_us, terminal] : moments) make_sale(terminal, at_us, sink);
}

void TradeGenerator::make_sale(std::size_t index, std::int64_t occurred_at_us, const CommandSink& sink) {
  Terminal& terminal = terminals_[index];
  KeyedCommand keyed;
  auto& sale = *keyed.command.mutable_ring_up_sale();
  sale.set_sale_id(terminal.id + "-" + std::to_string(terminal.next_sequence));
  sale.set_store_id(terminal.store);
  sale.set_terminal_id(terminal.id);
  sale.set_terminal_seq(terminal.next_sequence++);
  sale.set_occurred_at_us(occurred_at_us);
  sale.set_employee_id("employee-" + std::to_string(random_.below(4) + 1));
  if (shape_.customers > 0 && random_.one_in(5)) {
    sale.set_customer_id(customer_id(random_.below(shape_.customers)));
  }
  keyed.idempotency_key = "sale." + sale.sale_id();
  TradeSum sum;
  sum.sales = 1;
  add_lines(sale, sum);
  set_money(*sale.mutable_expected_total(), sum.total, kTradeCurrency);
  add_tenders(sale, sum.total);
  sink(keyed);

  ++totals_.completed;
  totals_.lines += sale.lines_size();
  if (!random_.one_in(kVoidOneIn)) return count(terminal.store, sum, date_of(occurred_at_us));
  ++totals_.voids;
  emit(sink, "void." + sale.sale_id(), [&](schema::Command& command) {
    command.mutable_void_sale()->set_sale_id(sale.sale_id());
    command.mutable_void_sale()->set_reason("wrong item");
  });
}

void TradeGenerator::add_lines(schema::RingUpSale& sale, TradeSum& sum) {
  basket_.clear();
  std::map<std::string, std::int64_t> taxable;
  const std::size_t lines = basket_size_.draw(random_) + 1;
  for (std::size_t i = 0; i < lines; ++i) {
    const Product& product = products_[popularity_.draw(random_)];
    auto& line = *sale.add_lines();
    line.set_line_id(std::to_string(i + 1));
    line.set_sku(product.sku);
    const std::int64_t quantity =
        product.by_weight ? random_.between(80, 2500) * 100 : (random_.one_in(4) ? random_.between(2, 6) : 1) * kUnitE5;
    line.set_quantity_e5(quantity);
    line.mutable_unit_price()->set_amount(product.price);
    line.mutable_unit_price()->set_currency(std::string(kTradeCurrency));
    const auto gross = static_cast<std::int64_t>(line_amount(quantity, product.price * 100, kCentDecimals));
    const std::int64_t discount = random_.one_in(20) ? gross / 10 : 0;
    if (discount > 0) set_money(*line.mutable_discount(), discount, kTradeCurrency);
    taxable[product.tax_code] += gross - discount;
    for (TradeSum* part : {&sum, &basket_[product.sku]}) {
      part->units_e5 += quantity;
      part->gross += gross;
      part->discount += discount;
      part->net += gross - discount;
    }
  }
  add_taxes(sale, taxable, sum);
  sum.total = sum.net + sum.tax;
}

void TradeGenerator::add_taxes(schema::RingUpSale& sale, const std::map<std::string, std::int64_t>& taxable,
                               TradeSum& sum) {
  for (const TradeTax& rate : kTradeTaxes) {
    const auto found = taxable.find(std::string(rate.code));
    if (found == taxable.end()) continue;
    const std::int64_t amount = rate.of(found->second);
    auto& row = *sale.add_taxes();
    row.set_tax_code(std::string(rate.code));
    set_money(*row.mutable_taxable(), found->second, kTradeCurrency);
    set_money(*row.mutable_amount(), amount, kTradeCurrency);
    sum.tax += amount;
  }
}

void TradeGenerator::add_tenders(schema::RingUpSale& sale, std::int64_t total) {
  if (total <= 0) return;
  const auto add = [&](schema::Tender::Type type, std::int64_t amount) {
    auto& tender = *sale.add_tenders();
    tender.set_type(type);
    set_money(*tender.mutable_amount(), amount, kTradeCurrency);
  };
  const auto way = random_.below(100);
  if (way < 30) {
    constexpr std::int64_t kSmallestNote = 500;
    const std::int64_t given = (total + kSmallestNote - 1) / kSmallestNote * kSmallestNote;
    add(schema::Tender::CASH, given);
    if (given > total) set_money(*sale.mutable_change(), given - total, kTradeCurrency);
  } else if (way < 90) {
    add(schema::Tender::CARD, total);
  } else if (way < 95 || total < 2) {
    add(schema::Tender::WALLET, total);
  } else {
    const std::int64_t first = random_.between(1, total - 1);
    add(schema::Tender::GIFT_CARD, first);
    add(schema::Tender::CARD, total - first);
  }
}

void TradeGenerator::count(const std::string& store, const TradeSum& sum, std::int32_t date) {
  const auto add = [](TradeSum& to, const TradeSum& from) {
    to.sales += from.sales;
    to.units_e5 += from.units_e5;
    to.gross += from.gross;
    to.discount += from.discount;
    to.net += from.net;
    to.tax += from.tax;
    to.total += from.total;
  };
  add(totals_.all, sum);
  add(totals_.by_store[store], sum);
  add(totals_.by_day[date], sum);
  for (auto& [sku, part] : basket_) {
    part.sales = 1;
    add(totals_.by_product[sku], part);
  }
}

KeyedCommand TradeGenerator::sequence_probe(std::size_t terminal) const {
  constexpr std::uint64_t kFarAhead = 1ULL << 62;
  KeyedCommand keyed;
  keyed.idempotency_key = "probe." + terminals_[terminal].id;
  auto& sale = *keyed.command.mutable_ring_up_sale();
  sale.set_sale_id("probe." + terminals_[terminal].id);
  sale.set_store_id(terminals_[terminal].store);
  sale.set_terminal_id(terminals_[terminal].id);
  sale.set_terminal_seq(kFarAhead);
  auto& line = *sale.add_lines();
  line.set_line_id("1");
  line.set_sku(products_.front().sku);
  line.set_quantity_e5(kUnitE5);
  line.mutable_unit_price()->set_amount(products_.front().price);
  line.mutable_unit_price()->set_currency(std::string(kTradeCurrency));
  sale.set_occurred_at_us(kSecondUs);
  set_money(*sale.mutable_expected_total(), products_.front().price, kTradeCurrency);
  return keyed;
}

TradeTotals generate_year(std::uint64_t seed, std::size_t stores, std::size_t baskets, const CommandSink& sink) {
  constexpr std::size_t kTradingDays = 323;
  constexpr std::int64_t kDayUs = 24 * kHourUs;
  TradeShape shape;
  shape.seed = seed;
  shape.stores = stores;
  shape.terminals_per_store = 1;
  shape.products = 1559;
  shape.customers = 500;
  shape.stock_units = 100;
  TradeGenerator generator(shape);
  generator.make_setup(sink);
  const std::int64_t first_day = midnight_us(19970101);
  for (std::size_t day = 0; day < kTradingDays; ++day) {
    const std::size_t sales = baskets * (day + 1) / kTradingDays - baskets * day / kTradingDays;
    // A closed day now and then: 323 trading days over 364.
    const auto offset = static_cast<std::int64_t>(day * 364 / kTradingDays);
    generator.make_day(date_of(first_day + offset * kDayUs), sales, sink);
  }
  return generator.totals();
}

}  // namespace till
