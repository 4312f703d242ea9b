#include "ops/foodmart_converter.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "commands/money.h"
#include "ops/foodmart_output.h"
#include "ops/foodmart_stock.h"
#include "ops/foodmart_tills.h"
#include "ops/seeded_random.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

void set_price(schema::UnitPrice& price, std::int64_t amount_e4) {
  price.set_amount_e4(amount_e4);
  price.set_currency(std::string(kFoodmartCurrency));
}

// A basket with its moment, so that a day's sales can be put in order.
struct Timed {
  std::int64_t at_us;
  const FoodmartData::BasketKey* key;
  const std::vector<FoodmartData::SaleLine>* lines;
  SeededRandom random;
};

class Converter {
 public:
  Converter(const FoodmartData& data, const CommandSink& sink, const FoodmartOptions& options)
      : data_(data), plain_(options.plain), out_(sink), stock_(data, out_), tills_(data, stock_, out_) {}

  Status run() {
    stores();
    products();
    customers();
    if (!plain_) tills_.set_up();
    auto receipt = data_.receipts.begin();
    auto basket = data_.baskets.begin();
    while (receipt != data_.receipts.end() || basket != data_.baskets.end()) {
      const std::int32_t day = std::min(receipt == data_.receipts.end() ? kNever : receipt->first.date,
                                        basket == data_.baskets.end() ? kNever : basket->first.date);
      for (; receipt != data_.receipts.end() && receipt->first.date == day; ++receipt) {
        receive(receipt->first, receipt->second);
      }
      std::vector<Timed> timed;
      for (; basket != data_.baskets.end() && basket->first.date == day; ++basket) {
        timed.push_back(time_basket(basket->first, basket->second));
      }
      std::stable_sort(timed.begin(), timed.end(), [](const Timed& a, const Timed& b) { return a.at_us < b.at_us; });
      const auto status = trade(day, timed);
      if (!status) return status;
    }
    if (!plain_) stock_.end_year();
    return {};
  }
  const FoodmartCounts& counts() const { return out_.counts; }

 private:
  static constexpr std::int32_t kNever = 99'999'999;
  static constexpr int kCentDecimals = 2;
  static constexpr std::int64_t kSecondUs = 1'000'000;
  static constexpr std::int64_t kOpenHour = 9, kCloseHour = 21;
  static constexpr std::int64_t kE5PerE4 = 10;
  static constexpr std::size_t kReceiptLinesMost = 500;
  static constexpr std::int64_t kVarianceLimit = 1'000;  // that a drawer may differ by without anybody's word

  void stores() {
    for (const auto& store : data_.stores) {
      const std::string id = foodmart_store(store.id);
      out_.emit(id, [&](schema::Command& command) {
        command.mutable_upsert_store()->set_store_id(id);
        command.mutable_upsert_store()->set_name(store.name);
      });
      out_.emit(id + ".policy", [&](schema::Command& command) {
        auto& policy = *command.mutable_set_store_policy();
        policy.set_store_id(id);
        // The year begins without an opening stock.
        policy.set_stock(schema::StorePolicy::ALLOW_NEGATIVE);
        policy.set_time_zone("UTC");
        if (plain_) return;
        policy.set_require_shift(true);
        policy.set_blind_count(true);
        set_money(*policy.mutable_variance_limit(), kVarianceLimit, kFoodmartCurrency);
      });
      for (std::uint64_t number = 1; number <= (plain_ ? 1 : kFoodmartTills); ++number) {
        const std::string terminal = foodmart_terminal(store.id, number);
        out_.emit(terminal, [&](schema::Command& command) {
          command.mutable_register_terminal()->set_store_id(id);
          command.mutable_register_terminal()->set_terminal_id(terminal);
        });
      }
    }
  }

  void products() {
    for (const auto& [id, product] : data_.products) {
      out_.emit("foodmart-product-" + product.sku, [&product = product, this](schema::Command& command) {
        auto& upsert = *command.mutable_upsert_product();
        upsert.set_sku(product.sku);
        upsert.set_name(product.name);
        upsert.set_category(product.category);
        set_price(*upsert.mutable_unit_price(), product.list_price_e4);
        upsert.set_tax_code(plain_ ? "NONE" : FoodmartTills::tax_code(product));
        if (product.cost_e4 > 0) set_price(*upsert.mutable_unit_cost(), product.cost_e4);
      });
    }
  }

  void customers() {
    for (const auto& customer : data_.customers) {
      out_.emit(foodmart_customer(customer.id), [&](schema::Command& command) {
        auto& registration = *command.mutable_register_customer();
        registration.set_customer_id(foodmart_customer(customer.id));
        registration.set_name(customer.name);
        registration.set_phone(customer.phone);
      });
    }
  }

  void receive(const FoodmartData::ReceiptKey& key, const std::vector<FoodmartData::ReceiptLine>& lines) {
    for (std::size_t first = 0; first < lines.size(); first += kReceiptLinesMost) {
      const std::string id = "foodmart-receipt-" + std::to_string(key.store) + "-" + std::to_string(key.date) +
                             (first == 0 ? "" : "-" + std::to_string(first / kReceiptLinesMost + 1));
      out_.emit(id, [&](schema::Command& command) {
        auto& receive = *command.mutable_receive_stock();
        receive.set_receipt_id(id);
        receive.set_store_id(foodmart_store(key.store));
        for (std::size_t i = first; i < std::min(first + kReceiptLinesMost, lines.size()); ++i) {
          auto& line = *receive.add_lines();
          line.set_sku(data_.products.at(lines[i].product).sku);
          line.set_quantity_e5(lines[i].units * kFoodmartUnitE5);
          set_price(*line.mutable_unit_cost(), lines[i].cost_e4);
          stock_.move(key.store, lines[i].product, line.quantity_e5());
        }
      });
    }
  }

  // The draw depends on the basket alone, not on what was drawn before it.
  static Timed time_basket(const FoodmartData::BasketKey& key, const std::vector<FoodmartData::SaleLine>& lines) {
    SeededRandom random(kFoodmartSeed ^ (static_cast<std::uint64_t>(key.date) << 32) ^
                        (static_cast<std::uint64_t>(key.store) << 24) ^ static_cast<std::uint64_t>(key.customer));
    const std::int64_t second = random.between(kOpenHour * 3600, kCloseHour * 3600 - 1);
    return {midnight_us(key.date) + second * kSecondUs, &key, &lines, random};
  }

  Status trade(std::int32_t day, const std::vector<Timed>& timed) {
    if (!plain_ && !timed.empty()) stock_.begin_day(day);
    for (const Timed& basket : timed) {
      const auto status = sell(basket);
      if (!status) return status;
    }
    if (!plain_) tills_.close_day();
    return {};
  }

  Status sell(const Timed& timed) {
    const auto& key = *timed.key;
    FoodmartSale sale{key.store, key.customer, key.date, 0, {}, {}, timed.random, {}};
    sale.command.set_sale_id(std::string(kFoodmartSale) + std::to_string(key.store) + "-" +
                             std::to_string(key.customer) + "-" + std::to_string(key.date));
    sale.command.set_store_id(foodmart_store(key.store));
    sale.command.set_occurred_at_us(timed.at_us);
    sale.command.set_customer_id(foodmart_customer(key.customer));
    for (const auto& line : *timed.lines) {
      const auto status = add_line(line, sale);
      if (!status) return status;
    }
    ++out_.counts.sales;
    out_.counts.lines += timed.lines->size();
    out_.counts.amount += sale.net;
    if (plain_) {
      ring_up_plainly(sale);
    } else {
      tills_.sell(std::move(sale));
    }
    return {};
  }

  // amount / units as a price of 4 decimals, and back: both must be exact.
  Status add_line(const FoodmartData::SaleLine& row, FoodmartSale& sale) {
    constexpr std::int64_t kOneE4 = 10'000;
    const auto exact = Wide{row.amount_e4} * kOneE4;
    const std::int64_t quantity_e5 = row.units_e4 * kE5PerE4;
    if (row.units_e4 <= 0 || exact % row.units_e4 != 0) {
      return Error{ErrorKind::kInvalid, "sale " + sale.command.sale_id() + " has a line without an exact unit price"};
    }
    const auto price_e4 = static_cast<std::int64_t>(exact / row.units_e4);
    const auto gross = static_cast<std::int64_t>(line_amount(quantity_e5, price_e4, kCentDecimals));
    if (gross * 100 != row.amount_e4) {
      return Error{ErrorKind::kInvalid, "sale " + sale.command.sale_id() + " has a line that is not exact to the cent"};
    }
    const auto& product = data_.products.at(row.product);
    auto& line = *sale.command.add_lines();
    line.set_line_id(std::to_string(sale.command.lines_size()));
    line.set_sku(product.sku);
    line.set_quantity_e5(quantity_e5);
    set_price(*line.mutable_unit_price(), price_e4);
    sale.products.push_back(row.product);
    sale.net += gross;
    sale.taxable[FoodmartTills::tax_code(product)] += gross;
    stock_.move(sale.store, row.product, -quantity_e5);
    return {};
  }

  void ring_up_plainly(FoodmartSale& sale) {
    sale.command.set_terminal_id(foodmart_terminal(sale.store, 1));
    sale.command.set_terminal_seq(++sequences_[sale.store]);
    set_money(*sale.command.mutable_expected_total(), sale.net, kFoodmartCurrency);
    pay_plainly(sale.net, sale.random, sale.command);
    out_.emit(sale.command.sale_id(),
              [&](schema::Command& command) { *command.mutable_ring_up_sale() = std::move(sale.command); });
  }

  static void pay_plainly(std::int64_t total, SeededRandom& random, schema::RingUpSale& sale) {
    constexpr std::int64_t kNote = 500;
    if (total <= 0) return;
    auto& tender = *sale.add_tenders();
    const bool cash = random.below(100) < 40;
    tender.set_type(cash ? schema::Tender::CASH : schema::Tender::CARD);
    const std::int64_t given = cash ? (total + kNote - 1) / kNote * kNote : total;
    set_money(*tender.mutable_amount(), given, kFoodmartCurrency);
    if (given > total) set_money(*sale.mutable_change(), given - total, kFoodmartCurrency);
  }

  const FoodmartData& data_;
  const bool plain_;
  FoodmartOutput out_;
  FoodmartStock stock_;
  FoodmartTills tills_;
  std::map<std::int64_t, std::uint64_t> sequences_;  // plain: last of each store's terminal
};

}  // namespace

Result<FoodmartCounts> convert_foodmart(const FoodmartData& data, const CommandSink& sink,
                                        const FoodmartOptions& options) {
  Converter converter(data, sink, options);
  const auto status = converter.run();
  if (!status) return status.error();
  return converter.counts();
}

}  // namespace till
