// A made-up chain that trades like a real one: a few products sell most, noon and evening are busy, most pay by card,
// some tickets are voided. The same seed and calls give the same commands on every machine. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ops/keyed_command.h"
#include "ops/seeded_random.h"

namespace till {

struct TradeShape {
  std::uint64_t seed = 1;
  std::size_t stores = 3;
  std::size_t terminals_per_store = 2;
  std::size_t products = 200;
  std::size_t customers = 50;
  std::int64_t stock_units = 1000;  // received of each product in each store at set-up; 0: none
  schema::StorePolicy::Stock stock_policy = schema::StorePolicy::ALLOW_NEGATIVE;
};

// Sums of sales that were not voided; money in minor units of kTradeCurrency.
struct TradeSum {
  std::int64_t sales = 0;
  std::int64_t units_e5 = 0;
  std::int64_t gross = 0;
  std::int64_t discount = 0;
  std::int64_t net = 0;
  std::int64_t tax = 0;    // 0 in by_product: tax is a fact of the ticket
  std::int64_t total = 0;  // likewise
  friend bool operator==(const TradeSum&, const TradeSum&) = default;
};

// What a correct report says about all commands made so far.
struct TradeTotals {
  TradeSum all;
  std::int64_t completed = 0;  // voided ones included
  std::int64_t voids = 0;
  std::int64_t lines = 0;  // voided ones included
  std::map<std::string, TradeSum> by_store;
  std::map<std::int32_t, TradeSum> by_day;  // yyyymmdd
  std::map<std::string, TradeSum> by_product;
};

inline constexpr std::string_view kTradeCurrency = "USD";

// Taxes on top of the price, by the tax codes of products; no other code is taxed.
struct TradeTax {
  std::string_view code;
  std::uint32_t ppm;  // x 1e-6
  // Of an amount in minor units, rounded half away from zero.
  std::int64_t of(std::int64_t taxable) const;
};
inline constexpr std::array kTradeTaxes{TradeTax{"REDUCED", 20'000}, TradeTax{"STANDARD", 80'000}};

class TradeGenerator {
 public:
  explicit TradeGenerator(const TradeShape& shape);

  // Stores with policy and terminals, products, customers, stock. Keys depend on ids only, so that doing it again is a
  // replay.
  void make_setup(const CommandSink& sink) const;

  // One trading day of the whole chain, in the order of time. `date` is yyyymmdd; UTC is every store's zone.
  void make_day(std::int32_t date, std::size_t sales, const CommandSink& sink);

  // One sale of a terminal at a moment; every kVoidOneIn-th is followed by its void.
  void make_sale(std::size_t terminal, std::int64_t occurred_at_us, const CommandSink& sink);
  static constexpr std::uint64_t kVoidOneIn = 100;

  std::size_t terminal_count() const { return terminals_.size(); }
  const std::string& terminal_id(std::size_t terminal) const { return terminals_[terminal].id; }
  const std::string& store_id(std::size_t terminal) const { return terminals_[terminal].store; }
  // A sale that every server refuses with TERMINAL_SEQUENCE_GAP, whose answer tells where the terminal stands.
  KeyedCommand sequence_probe(std::size_t terminal) const;
  std::uint64_t next_sequence(std::size_t terminal) const { return terminals_[terminal].next_sequence; }
  void continue_at(std::size_t terminal, std::uint64_t next_sequence) {
    terminals_[terminal].next_sequence = next_sequence;
  }
  // Of the product and the customer at a place of the set-up, from 0.
  const std::string& tax_code(std::size_t product) const { return products_[product].tax_code; }
  static std::string customer_id(std::size_t customer);
  std::size_t customer_count() const { return shape_.customers; }
  // A terminal drawn by the size of its store.
  std::size_t draw_terminal();

  const TradeTotals& totals() const { return totals_; }

 private:
  struct Product {
    std::string sku;
    std::string name;
    std::string category;
    std::string tax_code;
    std::int64_t price;  // of a unit, or of a kilogram
    std::int64_t cost_e4;
    bool by_weight;
  };
  struct Terminal {
    std::string id;
    std::string store;
    std::uint64_t next_sequence = 1;
  };

  void make_products();
  void make_stock(const CommandSink& sink) const;
  void add_lines(schema::RingUpSale& sale, TradeSum& sum);
  void add_taxes(schema::RingUpSale& sale, const std::map<std::string, std::int64_t>& taxable, TradeSum& sum);
  void add_tenders(schema::RingUpSale& sale, std::int64_t total);
  void count(const std::string& store, const TradeSum& sum, std::int32_t date);

  const TradeShape shape_;
  SeededRandom random_;
  WeightedChoice popularity_;
  WeightedChoice busy_hours_;
  WeightedChoice basket_size_;
  WeightedChoice store_size_;
  std::vector<Product> products_;
  std::vector<Terminal> terminals_;
  std::map<std::string, TradeSum> basket_;  // of the sale in hand, by SKU
  TradeTotals totals_;
};

// A year of the same shape as FoodMart's: `baskets` sales over 323 days of 1997 in `stores` stores, 1,559 products;
// set-up first. Returns what a correct report says.
TradeTotals generate_year(std::uint64_t seed, std::size_t stores, std::size_t baskets, const CommandSink& sink);

// Microseconds since 1970 of midnight UTC of a yyyymmdd date, and back.
std::int64_t midnight_us(std::int32_t date);
std::int32_t date_of(std::int64_t at_us);

}  // namespace till
