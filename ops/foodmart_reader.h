// The FoodMart files as plain rows: products, stores, employees, customers, receipts and baskets of 1997.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/result.h"

namespace till {

// Money and quantities x 1e-4, as the files have them.
struct FoodmartData {
  struct Product {
    std::string sku;
    std::string name;
    std::string category;
    std::string family;  // Food, Drink or Non-Consumable
    std::int64_t list_price_e4;
    std::int64_t cost_e4 = 0;  // average cost of a unit sold; 0: never sold
  };
  struct Store {
    std::int64_t id;
    std::string name;
  };
  // Of those who work at or answer for a store's tills.
  struct Employee {
    std::int64_t id;
    std::int64_t store;
    std::string name;
    bool manages;  // else a checker
  };
  struct Customer {
    std::int64_t id;
    std::string name;
    std::string phone;
  };
  struct ReceiptLine {
    std::int64_t product;
    std::int64_t units;
    std::int64_t cost_e4;  // of a unit
  };
  struct SaleLine {
    std::int64_t product;
    std::int64_t units_e4;
    std::int64_t amount_e4;
  };
  // By yyyymmdd first, so that iteration is in the order of days.
  struct ReceiptKey {
    std::int32_t date;
    std::int64_t store;
    friend auto operator<=>(const ReceiptKey&, const ReceiptKey&) = default;
  };
  struct BasketKey {
    std::int32_t date;
    std::int64_t store;
    std::int64_t customer;
    friend auto operator<=>(const BasketKey&, const BasketKey&) = default;
  };

  std::map<std::int64_t, Product> products;  // by product_id
  std::vector<Store> stores;                 // without the headquarters
  std::vector<Employee> employees;
  std::vector<Customer> customers;
  std::map<ReceiptKey, std::vector<ReceiptLine>> receipts;
  std::map<BasketKey, std::vector<SaleLine>> baskets;  // lines in the order of the file
};

// kNotFound where `directory` lacks a file, kInvalid where a row cannot be read or names something that is not there.
Result<FoodmartData> read_foodmart(const std::string& directory);

}  // namespace till
