#include "ops/foodmart_converter.h"

#include <algorithm>
#include <tuple>

#include "commands/money.h"
#include "ops/seeded_random.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

constexpr std::string_view kUsd = "USD";
constexpr int kCentDecimals = 2;
constexpr std::uint64_t kSeed = 1997;
constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kOpenHour = 9, kCloseHour = 21;
constexpr std::int64_t kE5PerE4 = 10;
constexpr std::int64_t kUnitE5 = 100'000;
constexpr std::size_t kReceiptLinesMost = 500;

// Apart from the names of a made-up chain, so that both may stand in one tenant.
std::string store_name(std::int64_t id) {
  return "foodmart-" + std::to_string(id);
}
std::string customer_name(std::int64_t id) {
  return "foodmart-customer-" + std::to_string(id);
}
std::string terminal_name(std::int64_t store) {
  return store_name(store) + "-t1";
}

void set_price(schema::UnitPrice& price, std::int64_t amount_e4) {
  price.set_amount_e4(amount_e4);
  price.set_currency(std::string(kUsd));
}

// A basket with its moment, so that a store's sales can be put in order.
struct Timed {
  std::int64_t at_us;
  const FoodmartData::BasketKey* key;
  const std::vector<FoodmartData::SaleLine>* lines;
  SeededRandom random;
};

class Converter {
 public:
  Converter(const FoodmartData& data, const CommandSink& sink) : data_(data), sink_(sink) {}

  Status run() {
    stores();
    products();
    customers();
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
      for (auto& sale : timed) {
        const auto status = ring_up(sale);
        if (!status) return status;
      }
    }
    return {};
  }
  const FoodmartCounts& counts() const { return counts_; }

 private:
  static constexpr std::int32_t kNever = 99'999'999;

  template <class Fill>
  void emit(std::string key, Fill&& fill) {
    KeyedCommand keyed;
    keyed.idempotency_key = std::move(key);
    fill(keyed.command);
    ++counts_.commands;
    sink_(keyed);
  }

  void stores() {
    for (const auto& store : data_.stores) {
      const std::string id = store_name(store.id);
      emit(id, [&](schema::Command& command) {
        command.mutable_upsert_store()->set_store_id(id);
        command.mutable_upsert_store()->set_name(store.name);
      });
      emit(id + ".policy", [&](schema::Command& command) {
        auto& policy = *command.mutable_set_store_policy();
        policy.set_store_id(id);
        // The year begins without an opening stock.
        policy.set_stock(schema::StorePolicy::ALLOW_NEGATIVE);
        policy.set_time_zone("UTC");
      });
      emit(terminal_name(store.id), [&](schema::Command& command) {
        command.mutable_register_terminal()->set_store_id(id);
        command.mutable_register_terminal()->set_terminal_id(terminal_name(store.id));
      });
    }
  }

  void products() {
    for (const auto& [id, product] : data_.products) {
      emit("foodmart-product-" + product.sku, [&product = product](schema::Command& command) {
        auto& upsert = *command.mutable_upsert_product();
        upsert.set_sku(product.sku);
        upsert.set_name(product.name);
        upsert.set_category(product.category);
        set_price(*upsert.mutable_unit_price(), product.list_price_e4);
        upsert.set_tax_code("NONE");
        if (product.cost_e4 > 0) set_price(*upsert.mutable_unit_cost(), product.cost_e4);
      });
    }
  }

  void customers() {
    for (const auto& customer : data_.customers) {
      emit(customer_name(customer.id), [&](schema::Command& command) {
        auto& registration = *command.mutable_register_customer();
        registration.set_customer_id(customer_name(customer.id));
        registration.set_name(customer.name);
        registration.set_phone(customer.phone);
      });
    }
  }

  void receive(const FoodmartData::ReceiptKey& key, const std::vector<FoodmartData::ReceiptLine>& lines) {
    for (std::size_t first = 0; first < lines.size(); first += kReceiptLinesMost) {
      const std::string id = "foodmart-receipt-" + std::to_string(key.store) + "-" + std::to_string(key.date) +
                             (first == 0 ? "" : "-" + std::to_string(first / kReceiptLinesMost + 1));
      emit(id, [&](schema::Command& command) {
        auto& receive = *command.mutable_receive_stock();
        receive.set_receipt_id(id);
        receive.set_store_id(store_name(key.store));
        for (std::size_t i = first; i < std::min(first + kReceiptLinesMost, lines.size()); ++i) {
          auto& line = *receive.add_lines();
          line.set_sku(data_.products.at(lines[i].product).sku);
          line.set_quantity_e5(lines[i].units * kUnitE5);
          set_price(*line.mutable_unit_cost(), lines[i].cost_e4);
        }
      });
    }
  }

  // The draw depends on the basket alone, not on what was drawn before it.
  static Timed time_basket(const FoodmartData::BasketKey& key, const std::vector<FoodmartData::SaleLine>& lines) {
    SeededRandom random(kSeed ^ (static_cast<std::uint64_t>(key.date) << 32) ^
                        (static_cast<std::uint64_t>(key.store) << 24) ^ static_cast<std::uint64_t>(key.customer));
    const std::int64_t second = random.between(kOpenHour * 3600, kCloseHour * 3600 - 1);
    return {midnight_us(key.date) + second * kSecondUs, &key, &lines, random};
  }

  Status ring_up(Timed& timed) {
    const auto& key = *timed.key;
    const std::string id = "foodmart-sale-" + std::to_string(key.store) + "-" + std::to_string(key.customer) + "-" +
                           std::to_string(key.date);
    Status status;
    emit(id, [&](schema::Command& command) {
      auto& sale = *command.mutable_ring_up_sale();
      sale.set_sale_id(id);
      sale.set_store_id(store_name(key.store));
      sale.set_terminal_id(terminal_name(key.store));
      sale.set_terminal_seq(++sequences_[key.store]);
      sale.set_occurred_at_us(timed.at_us);
      sale.set_customer_id(customer_name(key.customer));
      std::int64_t total = 0;
      for (const auto& line : *timed.lines) {
        if (status) status = add_line(line, sale, total);
      }
      set_money(*sale.mutable_expected_total(), total, kUsd);
      pay(sale, total, timed.random);
      counts_.amount += total;
      counts_.lines += timed.lines->size();
      ++counts_.sales;
    });
    return status;
  }

  // amount / units as a price of 4 decimals, and back: both must be exact.
  Status add_line(const FoodmartData::SaleLine& row, schema::RingUpSale& sale, std::int64_t& total) {
    constexpr std::int64_t kOneE4 = 10'000;
    const auto exact = Wide{row.amount_e4} * kOneE4;
    const std::int64_t quantity_e5 = row.units_e4 * kE5PerE4;
    if (row.units_e4 <= 0 || exact % row.units_e4 != 0) {
      return Error{ErrorKind::kInvalid, "sale " + sale.sale_id() + " has a line without an exact unit price"};
    }
    const auto price_e4 = static_cast<std::int64_t>(exact / row.units_e4);
    const auto gross = static_cast<std::int64_t>(line_amount(quantity_e5, price_e4, kCentDecimals));
    if (gross * 100 != row.amount_e4) {
      return Error{ErrorKind::kInvalid, "sale " + sale.sale_id() + " has a line that is not exact to the cent"};
    }
    auto& line = *sale.add_lines();
    line.set_line_id(std::to_string(sale.lines_size()));
    line.set_sku(data_.products.at(row.product).sku);
    line.set_quantity_e5(quantity_e5);
    set_price(*line.mutable_unit_price(), price_e4);
    total += gross;
    return {};
  }

  static void pay(schema::RingUpSale& sale, std::int64_t total, SeededRandom& random) {
    constexpr std::int64_t kNote = 500;
    if (total <= 0) return;
    auto& tender = *sale.add_tenders();
    const bool cash = random.below(100) < 40;
    tender.set_type(cash ? schema::Tender::CASH : schema::Tender::CARD);
    const std::int64_t given = cash ? (total + kNote - 1) / kNote * kNote : total;
    set_money(*tender.mutable_amount(), given, kUsd);
    if (given > total) set_money(*sale.mutable_change(), given - total, kUsd);
  }

  const FoodmartData& data_;
  const CommandSink& sink_;
  std::map<std::int64_t, std::uint64_t> sequences_;  // last of each store's terminal
  FoodmartCounts counts_;
};

}  // namespace

Result<FoodmartCounts> convert_foodmart(const FoodmartData& data, const CommandSink& sink) {
  Converter converter(data, sink);
  const auto status = converter.run();
  if (!status) return status.error();
  return converter.counts();
}

}  // namespace till
