#include "ops/foodmart_returns.h"

#include <utility>
#include <vector>

#include "commands/money.h"
#include "ops/foodmart_tills.h"
#include "ops/trade_generator.h"

namespace till {
namespace {

constexpr std::uint64_t kReturnedOneIn = 60;
constexpr std::int64_t kDaysLeast = 1, kDaysMost = 10;
constexpr std::int64_t kReturnDayUs = 24LL * 3'600 * 1'000'000;

std::int64_t gross_of(const schema::RingUpSale::Line& line) {
  constexpr int kDecimals = 2;
  return static_cast<std::int64_t>(line_amount(line.quantity_e5(), line.unit_price().amount_e4(), kDecimals));
}

}  // namespace

bool FoodmartReturns::plan(FoodmartSale& sale) {
  const schema::RingUpSale& command = sale.command;
  if (command.tenders_size() != 1 || command.gift_cards_size() > 0) return false;
  const schema::Tender::Type type = command.tenders(0).type();
  if (type != schema::Tender::CASH && type != schema::Tender::CARD) return false;
  if (!sale.random.one_in(kReturnedOneIn)) return false;
  const auto index = static_cast<std::size_t>(sale.random.below(sale.products.size()));
  const auto& line = command.lines(static_cast<int>(index));
  const std::int64_t days = sale.random.between(kDaysLeast, kDaysMost);
  planned_[sale.store].push_back({command.sale_id(), line.line_id(), sale.products[index], line.quantity_e5(),
                                  paid_for(sale, index), type, date_of(midnight_us(sale.date) + days * kReturnDayUs)});
  return true;
}

// The share of the tax is as the sale's own: by largest remainder over the lines of the row's code.
std::int64_t FoodmartReturns::paid_for(const FoodmartSale& sale, std::size_t line) const {
  const std::string code = FoodmartTills::tax_code(data_.products.at(sale.products[line]));
  std::vector<std::int64_t> weights;
  std::size_t place = 0;
  for (std::size_t i = 0; i < sale.products.size(); ++i) {
    if (FoodmartTills::tax_code(data_.products.at(sale.products[i])) != code) continue;
    if (i == line) place = weights.size();
    weights.push_back(gross_of(sale.command.lines(static_cast<int>(i))));
  }
  std::vector<std::int64_t> parts(weights.size());
  for (const schema::TaxRow& row : sale.command.taxes()) {
    if (row.tax_code() == code) apportion(row.amount().amount(), weights, parts);
  }
  return weights[place] + parts[place];
}

std::optional<FoodmartReturn> FoodmartReturns::next(std::int64_t store, std::int32_t date) {
  std::deque<FoodmartReturn>& planned = planned_[store];
  if (planned.empty() || planned.front().due > date) return std::nullopt;
  FoodmartReturn first = std::move(planned.front());
  planned.pop_front();
  return first;
}

}  // namespace till
