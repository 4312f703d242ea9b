#include "commands/shift_variance.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "commands/money.h"
#include "commands/rows.h"

namespace till {
namespace {

using schema::Tender;
using schema::TenderVariance;

TenderVariance& variance_of(TenderVariances& variances, Tender::Type type) {
  TenderVariance& row = find_or_add(variances, [&](const TenderVariance& known) { return known.type() == type; });
  row.set_type(type);
  return row;
}

// The cash of the drawer is more than what was paid in cash.
std::int64_t expected_of(const schema::ShiftState& shift, Tender::Type type) {
  if (type == Tender::CASH) return shift.expected_cash().amount();
  const auto& tenders = shift.totals().tenders();
  const auto found = std::ranges::find(tenders, type, &schema::ShiftTotals::Payment::type);
  return found == tenders.end() ? 0 : found->amount().amount();
}

}  // namespace

TenderVariances tender_variances(const schema::ShiftState& shift,
                                 const google::protobuf::RepeatedPtrField<schema::TenderCount>& counted) {
  const std::string& currency = shift.expected_cash().currency();
  TenderVariances variances;
  for (const TenderVariance& known : shift.variances()) variance_of(variances, known.type());
  for (const schema::ShiftTotals::Payment& paid : shift.totals().tenders()) variance_of(variances, paid.type());
  for (const schema::TenderCount& count : counted) {
    set_money(*variance_of(variances, count.type()).mutable_counted(), count.amount().amount(), currency);
  }
  for (TenderVariance& row : variances) {
    const std::int64_t expected = expected_of(shift, row.type());
    set_money(*row.mutable_expected(), expected, currency);
    if (row.has_counted()) set_money(*row.mutable_over_short(), row.counted().amount() - expected, currency);
  }
  std::sort(variances.pointer_begin(), variances.pointer_end(),
            [](const TenderVariance* a, const TenderVariance* b) { return a->type() < b->type(); });
  return variances;
}

}  // namespace till
