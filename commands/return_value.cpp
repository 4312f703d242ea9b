#include "commands/return_value.h"

#include <algorithm>
#include <map>
#include <utility>

#include "commands/money.h"
#include "commands/rows.h"
#include "commands/stock_move.h"

namespace till {
namespace {

using schema::SaleCompleted;
using schema::SaleReturnMoved;
using schema::SaleReturnsState;

// The share of `whole` that `part` has in `all`, at most what is left of it after `taken`; the last part takes that.
std::int64_t share(std::int64_t whole, std::int64_t taken, std::int64_t part, std::int64_t all, bool last) {
  const std::int64_t left = whole - taken;
  if (last) return left;
  return std::min(left, static_cast<std::int64_t>(divide_half_away(Wide(whole) * part, all)));
}

const SaleCompleted::Tax* find_row(const google::protobuf::RepeatedPtrField<SaleCompleted::Tax>& rows,
                                   const std::string& tax_code) {
  const auto found = std::ranges::find_if(rows, [&](const auto& row) { return row.tax_code() == tax_code; });
  return found == rows.end() ? nullptr : &*found;
}

// One return on its way from the wanted lines to their worth.
class Valuation {
 public:
  Valuation(const Deciding& deciding, const ReturnSource& source, std::string_view list, schema::ReturnStarted& started,
            SaleReturnMoved& taken)
      : deciding_(deciding),
        sale_(source.sale),
        ledger_(source.ledger),
        voided_(source.voided),
        list_(list),
        started_(started),
        receipt_(*started.mutable_receipt()),
        taken_(taken) {
    for (int i = 0; i < sale_.lines_size(); ++i) places_.emplace(sale_.lines(i).line_id(), i);
  }

  Refusal run(const ReturnLines& wanted) {
    if (wanted.empty()) {
      return reject(schema::VALIDATION_FAILED, "At least one line comes back", "/" + std::string(list_));
    }
    receipt_.set_currency(sale_.currency());
    for (int i = 0; i < wanted.size(); ++i) {
      if (auto refusal = take_line(static_cast<std::size_t>(i), wanted[i])) return refusal;
    }
    share_taxes();
    if (over_.any) add_over_taxes();
    sum_up();
    return std::nullopt;
  }

 private:
  Refusal take_line(std::size_t index, const schema::ReturnLine& wanted) {
    const auto place = places_.find(wanted.line_id());
    if (place == places_.end()) {
      return reject(schema::RETURN_LINE_NOT_FOUND, "The sale has no line " + wanted.line_id(),
                    item_pointer(list_, index, "line_id"));
    }
    if (place->second < 0) {
      return reject(schema::LINE_ID_DUPLICATE, "Line " + wanted.line_id() + " stands twice",
                    item_pointer(list_, index, "line_id"));
    }
    const SaleCompleted::Line& sold = sale_.lines(place->second);
    const auto line_no = static_cast<std::uint32_t>(place->second) + 1;
    place->second = -1;
    if (auto refusal = check_quantity(wanted.quantity_e5(), item_pointer(list_, index, "quantity"))) return refusal;
    if (sold.serial() != wanted.serial()) {
      Rejection other = reject(schema::SERIAL_MISMATCH, "Line " + sold.line_id() + " sold another piece",
                               item_pointer(list_, index, "serial"));
      if (auto refusal = or_note(deciding_, std::move(other))) return refusal;
    }
    const SaleReturnsState::Line* const before = find_taken(ledger_, line_no);
    const SaleReturnMoved::Line none;
    const SaleReturnMoved::Line& gone = before == nullptr ? none : before->taken();
    const std::int64_t left = voided_ ? 0 : sold.quantity_e5() - gone.quantity_e5();
    const std::int64_t over = std::max<std::int64_t>(0, wanted.quantity_e5() - left);
    if (over > 0) {
      if (auto refusal = check_over(sold, wanted.quantity_e5(), left, index)) return refusal;
    }
    take_share(sold, gone, wanted, over, line_no);
    return std::nullopt;
  }

  // What the till could read off the receipt it knew, what others had taken back it did not.
  Refusal check_over(const SaleCompleted::Line& sold, std::int64_t wanted_e5, std::int64_t left_e5,
                     std::size_t index) const {
    Rejection more =
        reject(schema::RETURN_EXCEEDS_SOLD, "Of line " + sold.line_id() + " " + quantity_text(left_e5) + " is left",
               item_pointer(list_, index, "quantity"));
    if (wanted_e5 > sold.quantity_e5()) return more;
    return or_note(deciding_, std::move(more));
  }

  void take_share(const SaleCompleted::Line& sold, const SaleReturnMoved::Line& gone, const schema::ReturnLine& wanted,
                  std::int64_t over, std::uint32_t line_no) {
    const std::int64_t all = sold.quantity_e5();
    const std::int64_t quantity = wanted.quantity_e5() - over;
    const bool last = gone.quantity_e5() + quantity == all;
    SaleReturnMoved::Line row;
    if (quantity > 0) {
      row.set_line_no(line_no);
      row.set_quantity_e5(quantity);
      row.set_discount(share(sold.discount(), gone.discount(), quantity, all, last));
      row.set_net(share(sold.net(), gone.net(), quantity, all, last));
      row.set_included_tax(share(sold.included_tax(), gone.included_tax(), quantity, all, last));
      row.set_tax(share(sold.tax(), gone.tax(), quantity, all, last));
      row.set_cogs_e4(share(sold.cogs_e4(), gone.cogs_e4(), quantity, all, last));
      *taken_.add_lines() = row;
    }
    SaleCompleted::Line& line = *receipt_.add_lines();
    line = sold;
    line.set_quantity_e5(wanted.quantity_e5());
    if (!wanted.serial().empty()) line.set_serial(wanted.serial());
    schema::ReturnHandling& handling = *started_.add_handling();
    handling.set_source_line_id(sold.line_id());
    handling.set_over_e5(over);
    if (over > 0) add_over(sold, wanted.quantity_e5(), row);
    line.set_included_tax(row.included_tax());
    line.set_gross(row.net() + row.discount() + row.included_tax());
    line.set_discount(row.discount());
    line.set_net(row.net());
    line.set_tax(row.tax());
    line.set_cogs_e4(row.cogs_e4());
  }

  // Brings `row`, which the ledger has taken, to the worth of the whole line. That may be less, where the last piece of
  // the ledger took the remainder with it.
  void add_over(const SaleCompleted::Line& sold, std::int64_t quantity, SaleReturnMoved::Line& row) {
    const std::int64_t all = sold.quantity_e5();
    const bool whole = quantity == all;
    const std::int64_t net = share(sold.net(), 0, quantity, all, whole);
    const std::int64_t tax = share(sold.tax(), 0, quantity, all, whole);
    over_.any = true;
    over_.net[sold.tax_code()] += net - row.net();
    over_.tax[sold.tax_code()] += tax - row.tax();
    row.set_discount(share(sold.discount(), 0, quantity, all, whole));
    row.set_net(net);
    row.set_included_tax(share(sold.included_tax(), 0, quantity, all, whole));
    row.set_tax(tax);
    row.set_cogs_e4(share(sold.cogs_e4(), 0, quantity, all, whole));
  }

  // Whether nothing of the sale is left after this.
  bool takes_all() const {
    std::map<std::uint32_t, std::int64_t> left;
    for (int i = 0; i < sale_.lines_size(); ++i) {
      left[static_cast<std::uint32_t>(i) + 1] = sale_.lines(i).quantity_e5();
    }
    if (ledger_ != nullptr) {
      for (const auto& line : ledger_->lines()) left[line.taken().line_no()] -= line.taken().quantity_e5();
    }
    for (const auto& line : taken_.lines()) left[line.line_no()] -= line.quantity_e5();
    return std::ranges::all_of(left, [](const auto& line) { return line.second == 0; });
  }

  // Rows follow the tax of the lines; where a row is of no line's code, all rows share the returned tax by what is left
  // of them.
  void share_taxes() {
    const bool all = takes_all();
    const auto rows = static_cast<std::size_t>(sale_.taxes_size());
    std::map<std::string_view, std::int64_t> net_sold;
    std::map<std::string_view, std::int64_t> net_back;
    std::map<std::string_view, std::int64_t> tax_back;
    std::int64_t tax = 0;
    std::int64_t net = 0;
    for (const auto& line : sale_.lines()) net_sold[line.tax_code()] += line.net();
    for (const auto& line : taken_.lines()) {
      const std::string& code = sale_.lines(static_cast<int>(line.line_no()) - 1).tax_code();
      net_back[code] += line.net();
      tax_back[code] += line.tax();
      net += line.net();
      tax += line.tax();
    }
    const bool by_lines = are_rows_of_lines(net_sold);
    Scratch<std::int64_t> left(rows);
    Scratch<std::int64_t> parts(rows);
    for (std::size_t i = 0; i < rows; ++i) left[i] = left_of(sale_.taxes(static_cast<int>(i))).amount();
    apportion(tax, left.all(), parts.all());
    for (std::size_t i = 0; i < rows; ++i) {
      const SaleCompleted::Tax& row = sale_.taxes(static_cast<int>(i));
      const SaleCompleted::Tax rest = left_of(row);
      std::int64_t part = rest.amount();
      if (!all) part = by_lines ? tax_back[row.tax_code()] : parts[i];
      std::int64_t taxable = rest.taxable();
      if (!all) {
        const std::int64_t sold = by_lines ? net_sold[row.tax_code()] : sale_.net();
        const std::int64_t back = by_lines ? net_back[row.tax_code()] : net;
        taxable = sold == 0 ? 0 : share(row.taxable(), row.taxable() - rest.taxable(), back, sold, false);
      }
      add_row(row.tax_code(), taxable, part);
    }
  }

  // What is over is worth its share of the rows as they were sold; it leaves the ledger's alone.
  void add_over_taxes() {
    std::map<std::string_view, std::int64_t> net_sold;
    for (const auto& line : sale_.lines()) net_sold[line.tax_code()] += line.net();
    const bool by_lines = are_rows_of_lines(net_sold);
    const auto rows = static_cast<std::size_t>(sale_.taxes_size());
    Scratch<std::int64_t> weights(rows);
    Scratch<std::int64_t> parts(rows);
    for (std::size_t i = 0; i < rows; ++i) weights[i] = sale_.taxes(static_cast<int>(i)).amount();
    apportion(sum_of(over_.tax), weights.all(), parts.all());
    for (std::size_t i = 0; i < rows; ++i) {
      const SaleCompleted::Tax& row = sale_.taxes(static_cast<int>(i));
      const std::int64_t sold = by_lines ? net_sold[row.tax_code()] : sale_.net();
      const std::int64_t back = by_lines ? over_.net[row.tax_code()] : sum_of(over_.net);
      const std::int64_t taxable = sold == 0 ? 0 : share(row.taxable(), 0, back, sold, false);
      add_to_row(row.tax_code(), taxable, by_lines ? over_.tax[row.tax_code()] : parts[i]);
    }
  }

  bool are_rows_of_lines(const std::map<std::string_view, std::int64_t>& codes) const {
    return std::ranges::all_of(sale_.taxes(), [&](const auto& row) { return codes.contains(row.tax_code()); });
  }

  static std::int64_t sum_of(const std::map<std::string_view, std::int64_t>& amounts) {
    std::int64_t sum = 0;
    for (const auto& [code, amount] : amounts) sum += amount;
    return sum;
  }

  SaleCompleted::Tax left_of(const SaleCompleted::Tax& row) const {
    SaleCompleted::Tax left = row;
    const SaleCompleted::Tax* gone = ledger_ == nullptr ? nullptr : find_row(ledger_->taxes(), row.tax_code());
    if (gone == nullptr) return left;
    left.set_taxable(row.taxable() - gone->taxable());
    left.set_amount(row.amount() - gone->amount());
    return left;
  }

  std::int64_t sum_of_nets() const {
    std::int64_t net = 0;
    for (const auto& line : receipt_.lines()) net += line.net();
    return net;
  }

  void add_row(const std::string& tax_code, std::int64_t taxable, std::int64_t amount) {
    if (taxable == 0 && amount == 0) return;
    for (SaleCompleted::Tax* row : {receipt_.add_taxes(), taken_.add_taxes()}) {
      row->set_tax_code(tax_code);
      row->set_taxable(taxable);
      row->set_amount(amount);
    }
  }

  void add_to_row(const std::string& tax_code, std::int64_t taxable, std::int64_t amount) {
    if (taxable == 0 && amount == 0) return;
    SaleCompleted::Tax& row =
        find_or_add(*receipt_.mutable_taxes(), [&](const auto& known) { return known.tax_code() == tax_code; });
    row.set_tax_code(tax_code);
    row.set_taxable(row.taxable() + taxable);
    row.set_amount(row.amount() + amount);
  }

  void sum_up() {
    std::int64_t gross = 0;
    std::int64_t discount = 0;
    std::int64_t tax = 0;
    std::int64_t units = 0;
    std::int64_t cogs = 0;
    for (const auto& line : receipt_.lines()) {
      gross += line.gross();
      discount += line.discount();
      tax += line.tax();
      units += line.quantity_e5();
      cogs += line.cogs_e4();
    }
    const std::int64_t net = sum_of_nets();
    receipt_.set_gross(gross);
    receipt_.set_discount(discount);
    receipt_.set_net(net);
    receipt_.set_tax(tax);
    receipt_.set_total(net + tax);
    receipt_.set_units_e5(units);
    receipt_.set_cogs_e4(cogs);
  }

  // What lines are worth beyond what the ledger gave up for them, by tax code.
  struct Over {
    bool any = false;
    std::map<std::string_view, std::int64_t> net;
    std::map<std::string_view, std::int64_t> tax;
  };

  const Deciding& deciding_;
  const SaleCompleted& sale_;
  const SaleReturnsState* const ledger_;
  const bool voided_;
  const std::string_view list_;
  schema::ReturnStarted& started_;
  SaleCompleted& receipt_;
  SaleReturnMoved& taken_;
  Over over_;
  std::map<std::string_view, int> places_;  // by line id; -1 once it is wanted
};

SaleReturnMoved::Line& row_of(SaleReturnsState& ledger, std::uint32_t line_no) {
  SaleReturnMoved::Line& taken = *find_or_add(*ledger.mutable_lines(), [&](const auto& line) {
                                    return line.taken().line_no() == line_no;
                                  }).mutable_taken();
  taken.set_line_no(line_no);
  return taken;
}

SaleCompleted::Tax& row_of(SaleReturnsState& ledger, const std::string& tax_code) {
  SaleCompleted::Tax& row =
      find_or_add(*ledger.mutable_taxes(), [&](const auto& known) { return known.tax_code() == tax_code; });
  row.set_tax_code(tax_code);
  return row;
}

}  // namespace

Refusal value_return(const Deciding& deciding, const ReturnSource& source, const ReturnLines& wanted,
                     std::string_view list, schema::ReturnStarted& started, SaleReturnMoved& taken) {
  return Valuation(deciding, source, list, started, taken).run(wanted);
}

void add_taken(SaleReturnsState& ledger, const SaleReturnMoved& moved, int sign) {
  for (const auto& line : moved.lines()) {
    SaleReturnMoved::Line& taken = row_of(ledger, line.line_no());
    taken.set_quantity_e5(taken.quantity_e5() + sign * line.quantity_e5());
    taken.set_discount(taken.discount() + sign * line.discount());
    taken.set_net(taken.net() + sign * line.net());
    taken.set_included_tax(taken.included_tax() + sign * line.included_tax());
    taken.set_tax(taken.tax() + sign * line.tax());
    taken.set_cogs_e4(taken.cogs_e4() + sign * line.cogs_e4());
  }
  for (const auto& row : moved.taxes()) {
    SaleCompleted::Tax& taken = row_of(ledger, row.tax_code());
    taken.set_taxable(taken.taxable() + sign * row.taxable());
    taken.set_amount(taken.amount() + sign * row.amount());
  }
}

const SaleReturnsState::Line* find_taken(const SaleReturnsState* ledger, std::uint32_t line_no) {
  if (ledger == nullptr) return nullptr;
  const auto found =
      std::ranges::find_if(ledger->lines(), [&](const auto& line) { return line.taken().line_no() == line_no; });
  return found == ledger->lines().end() ? nullptr : &*found;
}

}  // namespace till
