#include "projections/read_cache/board.h"

#include <algorithm>
#include <optional>

#include "commands/money.h"
#include "commands/tender_correction.h"
#include "projections/read_cache/keys.h"

namespace till::read_cache {
namespace {

constexpr std::size_t kTopProducts = 10;
constexpr std::size_t kTopEmployees = 10;

// Names of members, see Measure. One byte follows hours and tenders.
std::string member_name(Measure measure, unsigned number) {
  return {static_cast<char>(measure), static_cast<char>(number)};
}

const std::string& total_name() {
  static const std::string name(1, static_cast<char>(Measure::kTotal));
  return name;
}

Measure measure_of(const std::string& name) {
  return static_cast<Measure>(name.front());
}

unsigned number_of(const std::string& name) {
  return static_cast<std::uint8_t>(name.back());
}

// Brings sums into the 64 bits of an answer; one that does not fit spoils the whole.
class Narrowing {
 public:
  std::int64_t operator()(WideSum sum) {
    const std::optional<std::int64_t> fits = narrow(sum);
    all_fit_ = all_fit_ && fits.has_value();
    return fits.value_or(0);
  }
  bool all_fit() const { return all_fit_; }

 private:
  bool all_fit_ = true;
};

const Counters* total_of(const Board::Currency& currency) {
  const auto place = currency.counters.find(total_name());
  return place == currency.counters.end() ? nullptr : &place->second;
}

// Most sales first, then by code; currencies without a total are not shown.
std::vector<const Board::Currency*> by_sales(const Board& board) {
  std::vector<const Board::Currency*> order;
  for (const Board::Currency& currency : board.currencies()) {
    if (total_of(currency) != nullptr) order.push_back(&currency);
  }
  std::sort(order.begin(), order.end(), [](const Board::Currency* a, const Board::Currency* b) {
    const std::int64_t sales_a = total_of(*a)->count;
    const std::int64_t sales_b = total_of(*b)->count;
    return sales_a != sales_b ? sales_a > sales_b : a->code < b->code;
  });
  return order;
}

using Member = std::pair<const std::string, Counters>;

// The members of one measure with the largest amounts, at most `most`, ties by name.
std::vector<const Member*> top_members(const Board::Currency& currency, Measure measure, std::size_t most) {
  std::vector<const Member*> members;
  members.reserve(currency.counters.size());
  for (const Member& member : currency.counters) {
    if (measure_of(member.first) == measure && member.second.count != 0) members.push_back(&member);
  }
  const std::size_t shown = std::min(most, members.size());
  const auto cut = members.begin() + static_cast<std::ptrdiff_t>(shown);
  std::partial_sort(members.begin(), cut, members.end(), [](const Member* a, const Member* b) {
    return a->second.amount != b->second.amount ? a->second.amount > b->second.amount : a->first < b->first;
  });
  members.resize(shown);
  return members;
}

void add_top_products(const Board::Currency& currency, Narrowing& narrowed, schema::Dashboard& out) {
  const std::size_t room = kTopProducts - static_cast<std::size_t>(out.top_products_size());
  for (const Member* const member : top_members(currency, Measure::kProduct, room)) {
    schema::Dashboard::Product& product = *out.add_top_products();
    product.set_sku(member->first.substr(1));
    product.set_units_e5(narrowed(member->second.units_e5));
    set_money(*product.mutable_net(), narrowed(member->second.amount), currency.code);
  }
}

void add_top_employees(const Board::Currency& currency, Narrowing& narrowed, schema::Dashboard& out) {
  const std::size_t room = kTopEmployees - static_cast<std::size_t>(out.employees_size());
  for (const Member* const member : top_members(currency, Measure::kEmployee, room)) {
    schema::Dashboard::Employee& employee = *out.add_employees();
    employee.set_employee_id(member->first.substr(1));
    employee.set_sales(member->second.count);
    set_money(*employee.mutable_net(), narrowed(member->second.amount), currency.code);
  }
}

// A member of sales that were all voided. Where goods only came back there is no sale, but there are sums.
bool is_none(const Counters& counters) {
  return counters.count == 0 && counters.units_e5 == 0 && counters.amount == 0;
}

void add_summary(const Board::Currency& currency, Narrowing& narrowed, schema::Dashboard& out) {
  for (const auto& [name, counters] : currency.counters) {
    if (is_none(counters)) continue;
    switch (measure_of(name)) {
      case Measure::kEmployee:
      case Measure::kProduct:
        break;
      case Measure::kHour: {
        schema::Dashboard::Hour& hour = *out.add_hours();
        hour.set_hour(number_of(name));
        hour.set_sales(counters.count);
        set_money(*hour.mutable_net(), narrowed(counters.amount), currency.code);
        break;
      }
      case Measure::kTender: {
        schema::Dashboard::TenderSum& tender = *out.add_tenders();
        tender.set_type(static_cast<schema::Tender::Type>(number_of(name)));
        set_money(*tender.mutable_amount(), narrowed(counters.amount), currency.code);
        break;
      }
      case Measure::kTotal:
        out.set_sales(out.sales() + counters.count);
        out.set_units_e5(narrowed(WideSum{out.units_e5()} + counters.units_e5));
        break;
    }
  }
}

// What the tender was counted as. The correction's `from` may come of an earlier one that carried no sale and was
// counted nowhere.
schema::Tender::Type counted_type(const schema::TenderCorrected& fact) {
  return tender_type(fact.original(), fact.retyped(), fact.tender()).value_or(fact.from());
}

}  // namespace

Board::Currency& Board::currency(std::string_view code) {
  for (Currency& known : currencies_) {
    if (known.code == code) return known;
  }
  return currencies_.emplace_back(Currency{std::string(code), {}});
}

void Board::add_sale(const schema::SaleCompleted& sale, std::int64_t sign) {
  add_receipt(sale, 1, sign);
}

void Board::add_return(const schema::SaleCompleted& receipt) {
  add_receipt(receipt, 0, -1);
}

void Board::correct_tender(const schema::TenderCorrected& fact) {
  CounterMap& counters = currency(fact.currency()).counters;
  const Counters payment{1, 0, fact.amount()};
  counters[member_name(Measure::kTender, static_cast<unsigned>(counted_type(fact)))].add(payment, -1);
  counters[member_name(Measure::kTender, static_cast<unsigned>(fact.to()))].add(payment);
}

void Board::add_receipt(const schema::SaleCompleted& sale, std::int64_t count, std::int64_t sign) {
  CounterMap& counters = currency(sale.currency()).counters;
  const Counters total{count, sale.units_e5(), sale.net()};
  counters[total_name()].add(total, sign);
  counters[member_name(Measure::kHour, sale.local_hour())].add(total, sign);
  if (!sale.employee_id().empty()) {
    counters[static_cast<char>(Measure::kEmployee) + sale.employee_id()].add(total, sign);
  }
  for (const schema::SaleCompleted::Payment& tender : sale.tenders()) {
    counters[member_name(Measure::kTender, static_cast<unsigned>(tender.type()))].add({count, 0, tender.amount()},
                                                                                      sign);
  }
  if (sale.change() != 0) {
    counters[member_name(Measure::kTender, schema::Tender::CASH)].add({0, 0, -WideSum{sale.change()}}, sign);
  }
  std::string product;
  for (const schema::SaleCompleted::Line& line : sale.lines()) {
    product.assign(1, static_cast<char>(Measure::kProduct)).append(line.sku());
    counters[product].add({count, line.quantity_e5(), line.net()}, sign);
  }
}

void Board::add(const Board& other) {
  for (const Currency& theirs : other.currencies_) {
    CounterMap& ours = currency(theirs.code).counters;
    for (const auto& [name, counters] : theirs.counters) ours[name].add(counters);
  }
}

bool Board::add_row(std::string_view currency_code, std::string_view row) {
  RowSum sum;
  if (!sum.add(row)) return false;
  sum.add_to(currency(currency_code).counters);
  return true;
}

std::size_t Board::size() const {
  std::size_t counters = 0;
  for (const Currency& sums : currencies_) counters += sums.counters.size();
  return counters;
}

Result<schema::Dashboard> make_dashboard(const Board& board, std::string_view store, std::int32_t business_date) {
  schema::Dashboard out;
  Narrowing narrowed;
  out.set_business_date(business_date);
  if (!store.empty()) out.set_store_id(std::string(store));
  for (const Board::Currency* const currency : by_sales(board)) {
    schema::Money& net = out.has_net() ? *out.add_other_net() : *out.mutable_net();
    set_money(net, narrowed(total_of(*currency)->amount), currency->code);
    add_summary(*currency, narrowed, out);
    add_top_products(*currency, narrowed, out);
    add_top_employees(*currency, narrowed, out);
  }
  if (!narrowed.all_fit()) return Error{ErrorKind::kInvalid, "a sum of the dashboard leaves 64 bits"};
  // Currencies came one after the other; the members' own order rules over theirs.
  std::stable_sort(out.mutable_hours()->pointer_begin(), out.mutable_hours()->pointer_end(),
                   [](const auto* a, const auto* b) { return a->hour() < b->hour(); });
  std::stable_sort(out.mutable_tenders()->pointer_begin(), out.mutable_tenders()->pointer_end(),
                   [](const auto* a, const auto* b) { return a->type() < b->type(); });
  return out;
}

}  // namespace till::read_cache
