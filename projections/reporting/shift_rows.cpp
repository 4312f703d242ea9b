#include "projections/reporting/shift_rows.h"

#include "projections/reporting/record_time.h"
#include "projections/reporting/row_writer.h"
#include "projections/reporting/table_shapes.h"
#include "projections/reporting/tender_shares.h"

namespace till::reporting {
namespace {

using enum ShiftColumn;

std::string& slot(std::array<std::string, kShiftColumns>& values, ShiftColumn column) {
  return values[static_cast<std::size_t>(column)];
}

template <class Integer>
std::string digits(Integer value) {
  SqlText sql;
  sql.integer(value);
  return std::move(sql.text());
}

std::string time_sql(std::int64_t micros) {
  SqlText sql;
  sql.time(micros);
  return std::move(sql.text());
}

std::string date_sql(std::int32_t day) {
  SqlText sql;
  sql.date(day);
  return std::move(sql.text());
}

std::string text_sql(std::string_view text) {
  return text.empty() ? std::string() : quoted_value(text);
}

}  // namespace

static_assert(static_cast<std::size_t>(kFirstTerminalSeq) + 1 == kShiftColumns);
static_assert(std::size(kShiftValues) + std::size(kShiftMerged) == kShiftColumns);

struct ShiftRows::Movement {
  std::string_view kind;  // SQL
  std::string_view shift_id;
  std::string_view employee_id;
  std::string_view document_id;
  std::string_view currency;
  std::int64_t effect = 0;  // on what the drawer should hold
};

ShiftRows::ShiftRows(std::string_view prefix, const StatementLimits& limits)
    : prefix_(prefix),
      limits_(limits),
      drawers_(kDrawerTable, prefix, limits),
      counts_(kShiftCountTable, prefix, limits),
      cancelled_(kCancelledTable, prefix, limits),
      acts_("agg_employee_act", kEmployeeActKeys, kEmployeeActValues) {}

void ShiftRows::add(const schema::Record& record, int index, const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kShiftOpened:
      return add_opened(record, index, event.shift_opened());
    case schema::Event::kCashPaidIn:
      return add_moved(record, index, "'PAID_IN'", event.cash_paid_in());
    case schema::Event::kCashPaidOut:
      return add_moved(record, index, "'PAID_OUT'", event.cash_paid_out());
    case schema::Event::kCashLoaned:
      return add_moved(record, index, "'LOAN'", event.cash_loaned());
    case schema::Event::kCashPickedUp:
      return add_moved(record, index, "'PICKUP'", event.cash_picked_up());
    case schema::Event::kDrawerOpenedNoSale:
      add_act(record, event.drawer_opened_no_sale().employee_id(), "NO_SALE");
      return add_moved(record, index, "'NO_SALE'", event.drawer_opened_no_sale());
    case schema::Event::kOperatorChanged:
      return add_operator(record, index, event.operator_changed());
    case schema::Event::kShiftSaleBooked:
      return add_booked(record, index, event.shift_sale_booked());
    case schema::Event::kLateSaleAttached:
      return add_late(record, index, event.late_sale_attached());
    case schema::Event::kTenderTypeCorrected:
      return add_cash(record, index, event.tender_type_corrected());
    case schema::Event::kShiftTicketCancelled:
      return add_cancelled(record, event.shift_ticket_cancelled());
    case schema::Event::kShiftTrainingCounted: {
      const schema::ShiftTrainingCounted& fact = event.shift_training_counted();
      slot(shift(record, fact.shift_id()), kTrainingSales) = digits(fact.training_sales_after());
      return;
    }
    case schema::Event::kShiftEnded: {
      Values& values = shift(record, event.shift_ended().shift_id());
      slot(values, kStatus) = "'ENDED'";
      slot(values, kEndedAt) = time_sql(record.recorded_at_us());
      return;
    }
    case schema::Event::kShiftCounted:
      return add_counted(record, event.shift_counted());
    case schema::Event::kShiftClosed:
      return add_closed(record, event.shift_closed());
    case schema::Event::kElevationUsed:
      return add_act(record, event.elevation_used().employee_id(),
                     "LENT_" + schema::Permission_Name(event.elevation_used().permission()));
  }
}

ShiftRows::Values& ShiftRows::shift(const schema::Record& record, std::string_view shift_id) {
  SqlText key;
  key.quoted(record.tenant());
  key.comma();
  key.quoted(shift_id);
  Values& values = shifts_[key.text()];
  slot(values, kPosition) = digits(record.position());
  return values;
}

void ShiftRows::add_opened(const schema::Record& record, int index, const schema::ShiftOpened& fact) {
  Values& values = shift(record, fact.shift_id());
  slot(values, kStatus) = "'OPEN'";
  slot(values, kStore) = text_sql(fact.store_id());
  slot(values, kTerminal) = text_sql(fact.terminal_id());
  slot(values, kEmployee) = text_sql(fact.employee_id());
  slot(values, kCurrency) = text_sql(fact.currency());
  slot(values, kBusinessDate) = date_sql(fact.business_date());
  slot(values, kOpenedAt) = time_sql(record.recorded_at_us());
  slot(values, kOpeningFloat) = digits(fact.opening_float());
  slot(values, kOpeningDifference) = digits(fact.opening_difference());
  slot(values, kExpected) = digits(fact.opening_float());
  slot(values, kCounts) = "0";
  slot(values, kBlindCount) = fact.blind_count() ? "1" : "0";
  add_movement(record, index,
               {"'FLOAT'", fact.shift_id(), fact.employee_id(), {}, fact.currency(), fact.opening_float()});
}

void ShiftRows::add_moved(const schema::Record& record, int index, std::string_view kind,
                          const schema::DrawerMoved& fact) {
  slot(shift(record, fact.shift_id()), kExpected) = digits(fact.expected_cash_after());
  add_movement(record, index,
               {kind, fact.shift_id(), fact.employee_id(), fact.movement_id(), fact.currency(), fact.amount()});
}

void ShiftRows::add_operator(const schema::Record& record, int index, const schema::OperatorChanged& fact) {
  slot(shift(record, fact.shift_id()), kEmployee) = text_sql(fact.employee_id());
  add_movement(record, index, {"'OPERATOR'", fact.shift_id(), fact.employee_id(), {}, {}, 0});
}

void ShiftRows::add_booked(const schema::Record& record, int index, const schema::ShiftSaleBooked& fact) {
  if (fact.terminal_seq() != 0) {
    Values& values = shift(record, fact.shift_id());
    slot(values, kLastTerminalSeq) = digits(fact.terminal_seq());
    if (slot(values, kFirstTerminalSeq).empty()) slot(values, kFirstTerminalSeq) = digits(fact.terminal_seq());
  }
  add_cash(record, index, fact);
}

// A closed drawer keeps what it should have held.
void ShiftRows::add_late(const schema::Record& record, int index, const schema::LateSaleAttached& fact) {
  if (fact.closed()) return;
  add_booked(record, index, fact.booked());
  add_variances(record, fact.booked().shift_id(), fact.variances());
}

template <class Fact>
void ShiftRows::add_cash(const schema::Record& record, int index, const Fact& fact) {
  slot(shift(record, fact.shift_id()), kExpected) = digits(fact.expected_cash_after());
  if (fact.cash() == 0) return;
  add_movement(record, index,
               {fact.cash() > 0 ? "'CASH_IN'" : "'CASH_REFUND'", fact.shift_id(), fact.employee_id(), fact.sale_id(),
                fact.currency(), fact.cash()});
}

void ShiftRows::add_cancelled(const schema::Record& record, const schema::ShiftTicketCancelled& fact) {
  RowWriter(cancelled_)
      .text(record.tenant())
      .text(fact.shift_id())
      .text(fact.sale_id())
      .text(fact.store_id())
      .text(fact.terminal_id())
      .text_or_null(fact.employee_id())
      .text(fact.currency())
      .integer(std::uint64_t{fact.lines()})
      .integer(fact.amount())
      .integer(std::uint64_t{fact.line_voids()})
      .integer(fact.line_voided())
      .date(fact.business_date())
      .raw(fact.closed() ? "1" : "0")
      .integer(record.position());
}

void ShiftRows::add_variances(const schema::Record& record, std::string_view shift_id,
                              const google::protobuf::RepeatedPtrField<schema::TenderVariance>& variances) {
  for (const schema::TenderVariance& variance : variances) {
    RowWriter(counts_)
        .text(record.tenant())
        .text(shift_id)
        .text(tender_name(variance.type()))
        .text(variance.expected().currency())
        .integer(variance.expected().amount())
        .raw_or_null(variance.has_counted() ? digits(variance.counted().amount()) : std::string())
        .integer(record.position());
  }
}

void ShiftRows::add_counted(const schema::Record& record, const schema::ShiftCounted& fact) {
  Values& values = shift(record, fact.shift_id());
  slot(values, kStatus) = "'COUNTED'";
  slot(values, kExpected) = digits(fact.expected_cash());
  slot(values, kCounted) = digits(fact.expected_cash() + fact.over_short());
  slot(values, kCounts) = digits(std::uint64_t{fact.count_no()});
  add_variances(record, fact.shift_id(), fact.variances());
}

void ShiftRows::add_closed(const schema::Record& record, const schema::ShiftClosed& fact) {
  Values& values = shift(record, fact.shift_id());
  slot(values, kStatus) = "'CLOSED'";
  slot(values, kZNo) = digits(fact.z_no());
  slot(values, kClosedAt) = time_sql(record.recorded_at_us());
  slot(values, kExpected) = digits(fact.expected_cash());
  slot(values, kCounted) = digits(fact.counted_cash());
  slot(values, kToSafe) = digits(fact.to_safe());
  slot(values, kLeftInDrawer) = digits(fact.left_in_drawer());
  slot(values, kGrandTotal) = digits(fact.grand_total());
  add_variances(record, fact.shift_id(), fact.variances());
}

void ShiftRows::add_act(const schema::Record& record, std::string_view employee_id, std::string_view act) {
  if (employee_id.empty()) return;
  SqlText key;
  key.quoted(record.tenant());
  key.comma();
  key.date(business_day_of(record));
  key.comma();
  key.quoted(employee_id);
  key.comma();
  key.quoted(act);
  acts_.add(key.text(), {1});
}

// The amount has no sign, its kind says where it goes: expected cash is a sum by kind.
void ShiftRows::add_movement(const schema::Record& record, int index, const Movement& movement) {
  const std::int64_t amount = movement.effect < 0 ? -movement.effect : movement.effect;
  RowWriter(drawers_)
      .text(record.tenant())
      .text(movement.shift_id)
      .integer(record.position())
      .integer(static_cast<std::uint64_t>(index))
      .raw(movement.kind)
      .text_or_null(movement.employee_id)
      .text_or_null(movement.document_id)
      .text(movement.currency)
      .integer(amount)
      .integer(movement.effect)
      .date(business_day_of(record))
      .time(moment_of(record));
}

void ShiftRows::finish(std::vector<TableStatements>& tables) {
  drawers_.finish(tables.emplace_back());
  counts_.finish(tables.emplace_back());
  cancelled_.finish(tables.emplace_back());
  acts_.finish(prefix_, limits_, tables.emplace_back());
  InsertRows rows(kShiftTable, prefix_, limits_);
  for (const auto& [key, values] : shifts_) {
    RowWriter row(rows);
    row.raw(key);
    for (const std::string& value : values) row.raw_or_null(value);
  }
  rows.finish(tables.emplace_back());
}

}  // namespace till::reporting
