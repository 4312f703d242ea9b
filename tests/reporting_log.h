// Logs of sales made by hand and by chance, for the reporting model's tests.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/fake_feed.h"

namespace till {

struct TestTender {
  schema::Tender::Type type;
  std::int64_t amount;
};

// A sale of one SKU a line at 10.00 each, taxed with 10 %, paid in cash unless told otherwise.
struct TestSale {
  std::string sale_id;
  std::string store_id = "S1";
  std::string sku = "A";
  std::string category = "Food";
  std::int32_t business_date = 20261123;
  std::uint32_t hour = 9;
  std::string currency = "USD";
  int lines = 1;
  std::vector<TestTender> tenders = {};
  std::int64_t change = 0;
  std::string employee_id = {};
  std::int64_t charged = 0;
  std::int64_t tip = 0;
  std::int64_t gift_cards_sold = 0;
  std::int64_t cash_rounding = 0;
  std::string shift_id = {};
  std::uint64_t terminal_seq = 1;
  std::string customer_id = {};
  std::string terminal_id = "T1";
  std::int64_t discount = 0;  // off the first line; what of it was not given on the line:
  std::int64_t sale_discount = 0;
  std::int64_t employee_discount = 0;
  std::int64_t coupon_discount = 0;
  std::uint32_t line_voids = 0;  // at 10.00 each
};

schema::SaleCompleted completed(const TestSale& sale);
schema::Event returned(const TestSale& receipt, const std::string& source_sale_id);

class ReportingLog {
 public:
  explicit ReportingLog(std::uint8_t log_number = 1) : feed_(LogId{log_number, 2, 3}) {}
  FakeFeed& feed() { return feed_; }

  TransactionPtr append(const std::string& tenant, const std::vector<schema::Event>& events);
  TransactionPtr sell(const std::string& tenant, const TestSale& sale);
  TransactionPtr void_sale(const std::string& tenant, const TestSale& sale);
  // `receipt` is what comes back and what is given back for it, under the return's own id; `source_sale_id` empty:
  // without a receipt.
  TransactionPtr give_back(const std::string& tenant, const TestSale& receipt, const std::string& source_sale_id);
  // Shifts with sales, returns and cash, gift cards, points, store credit, house accounts, reservations and transfers
  // of two tenants, by chance but the same in every run.
  void append_random_values(int rounds);
  // Sales with stock, voids, receipts, adjustments, stores, products and customers of three tenants, by chance but the
  // same in every run.
  void append_random(int transactions);

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  void append_random_shift(const std::string& tenant, int number);
  std::vector<schema::Event> random_card(const std::string& tenant);
  std::vector<schema::Event> random_customer(const std::string& tenant);
  std::vector<schema::Event> random_transfer(const std::string& tenant);
  schema::SaleCompleted random_sale(const std::string& tenant);
  std::vector<schema::Event> random_sold(const std::string& tenant);
  std::vector<schema::Event> random_voided(const std::string& tenant);
  std::vector<schema::Event> random_setup();
  std::int64_t move_stock(const std::string& tenant, const std::string& store, const std::string& sku,
                          std::int64_t change);

  FakeFeed feed_;
  std::mt19937 random_{4711};
  std::map<std::string, std::vector<schema::SaleCompleted>> open_sales_;
  std::map<std::string, std::int64_t> on_hand_;
  std::map<std::string, std::uint64_t> terminal_seqs_;  // by tenant and terminal
  std::map<std::string, std::int64_t> balances_;        // by tenant and account
  int next_id_ = 0;
};

}  // namespace till
