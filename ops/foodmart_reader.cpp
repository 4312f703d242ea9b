#include "ops/foodmart_reader.h"

#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "commands/money.h"
#include "ops/csv_reader.h"

namespace till {
namespace {

constexpr std::int64_t kHeadquarters = 0;

// One file: finds the columns, then gives each row to `take` with the columns' places in the order named.
using Columns = std::vector<std::size_t>;
Status for_each_row(const std::string& path, std::initializer_list<std::string_view> headings,
                    const std::function<void(CsvReader&, const Columns&)>& take) {
  auto reader = CsvReader::open(path);
  if (!reader) return reader.error();
  Columns columns;
  for (const auto heading : headings) {
    auto column = reader->column(heading);
    if (!column) return column.error();
    columns.push_back(*column);
  }
  while (reader->next()) take(*reader, columns);
  return reader->status();
}

class FoodmartReader {
 public:
  explicit FoodmartReader(std::string directory) : directory_(std::move(directory)) {}

  Status read() {
    for (const auto step :
         {&FoodmartReader::read_dates, &FoodmartReader::read_categories, &FoodmartReader::read_products,
          &FoodmartReader::read_stores, &FoodmartReader::read_employees, &FoodmartReader::read_customers,
          &FoodmartReader::read_receipts, &FoodmartReader::read_sales}) {
      const auto status = (this->*step)();
      if (!status) return status;
      if (!unknown_.empty()) return Error{ErrorKind::kInvalid, unknown_ + " is named, but not there"};
    }
    set_costs();
    return {};
  }
  FoodmartData take() { return std::move(data_); }

 private:
  std::string file(const char* name) const { return directory_ + "/" + name + ".csv"; }

  std::int32_t date(std::int64_t time_id) {
    const auto found = dates_.find(time_id);
    if (found != dates_.end()) return found->second;
    unknown_ = "time_id " + std::to_string(time_id);
    return 0;
  }
  void check_product(std::int64_t id) {
    if (!data_.products.contains(id)) unknown_ = "product_id " + std::to_string(id);
  }

  Status read_dates() {
    return for_each_row(file("time_by_day"), {"time_id", "the_year", "month_of_year", "day_of_month"},
                        [this](CsvReader& row, const Columns& column) {
                          dates_[row.integer(column[0])] = static_cast<std::int32_t>(
                              row.integer(column[1]) * 10000 + row.integer(column[2]) * 100 + row.integer(column[3]));
                        });
  }

  Status read_categories() {
    return for_each_row(
        file("product_class"), {"product_class_id", "product_category", "product_family"},
        [this](CsvReader& row, const Columns& column) {
          categories_[row.integer(column[0])] = {std::string(row.field(column[1])), std::string(row.field(column[2]))};
        });
  }

  Status read_products() {
    return for_each_row(file("product"), {"product_id", "product_class_id", "product_name", "SKU", "SRP"},
                        [this](CsvReader& row, const Columns& column) {
                          auto& product = data_.products[row.integer(column[0])];
                          const auto category = categories_.find(row.integer(column[1]));
                          if (category == categories_.end()) {
                            unknown_ = "product_class_id " + std::string(row.field(column[1]));
                            return;
                          }
                          product.category = category->second.name;
                          product.family = category->second.family;
                          product.name = row.field(column[2]);
                          product.sku = row.field(column[3]);
                          product.list_price_e4 = row.decimal(column[4], 4);
                        });
  }

  Status read_stores() {
    return for_each_row(file("store"), {"store_id", "store_name"}, [this](CsvReader& row, const Columns& column) {
      const std::int64_t id = row.integer(column[0]);
      if (id != kHeadquarters) data_.stores.push_back({id, std::string(row.field(column[1]))});
    });
  }

  Status read_employees() {
    return for_each_row(file("employee"), {"employee_id", "full_name", "position_title", "store_id"},
                        [this](CsvReader& row, const Columns& column) {
                          const std::string_view title = row.field(column[2]);
                          const bool manages = title == "Store Manager";
                          if (!manages && !title.ends_with(" Checker")) return;
                          data_.employees.push_back({row.integer(column[0]), row.integer(column[3]),
                                                     std::string(row.field(column[1])), manages});
                        });
  }

  Status read_customers() {
    return for_each_row(
        file("customer"), {"customer_id", "fullname", "phone1"}, [this](CsvReader& row, const Columns& column) {
          data_.customers.push_back(
              {row.integer(column[0]), std::string(row.field(column[1])), std::string(row.field(column[2]))});
        });
  }

  Status read_receipts() {
    return for_each_row(
        file("inventory_fact_1997"), {"product_id", "time_id", "store_id", "units_shipped", "store_invoice"},
        [this](CsvReader& row, const Columns& column) {
          const std::int64_t units = row.integer(column[3]);
          if (units == 0) return;  // ordered, but nothing came
          const auto cost = divide_half_away(row.decimal(column[4], 4), units);
          const FoodmartData::ReceiptKey key{date(row.integer(column[1])), row.integer(column[2])};
          data_.receipts[key].push_back({row.integer(column[0]), units, static_cast<std::int64_t>(cost)});
          check_product(row.integer(column[0]));
        });
  }

  Status read_sales() {
    return for_each_row(file("sales_fact_1997"),
                        {"product_id", "time_id", "customer_id", "store_id", "store_sales", "store_cost", "unit_sales"},
                        [this](CsvReader& row, const Columns& column) {
                          const FoodmartData::SaleLine line{row.integer(column[0]), row.decimal(column[6], 4),
                                                            row.decimal(column[4], 4)};
                          const FoodmartData::BasketKey key{date(row.integer(column[1])), row.integer(column[3]),
                                                            row.integer(column[2])};
                          data_.baskets[key].push_back(line);
                          check_product(line.product);
                          auto& sold = sold_[line.product];
                          sold.units_e4 += line.units_e4;
                          sold.cost_e4 += row.decimal(column[5], 4);
                        });
  }

  void set_costs() {
    constexpr std::int64_t kOneE4 = 10'000;
    for (const auto& [id, sold] : sold_) {
      if (sold.units_e4 == 0) continue;
      data_.products[id].cost_e4 =
          static_cast<std::int64_t>(divide_half_away(Wide{sold.cost_e4} * kOneE4, sold.units_e4));
    }
  }

  struct Category {
    std::string name;
    std::string family;
  };
  struct Sold {
    std::int64_t units_e4 = 0;
    std::int64_t cost_e4 = 0;
  };
  const std::string directory_;
  FoodmartData data_;
  std::map<std::int64_t, std::int32_t> dates_;
  std::map<std::int64_t, Category> categories_;
  std::map<std::int64_t, Sold> sold_;
  std::string unknown_;
};

}  // namespace

Result<FoodmartData> read_foodmart(const std::string& directory) {
  FoodmartReader reader(directory);
  const auto status = reader.read();
  if (!status) return status.error();
  return reader.take();
}

}  // namespace till
