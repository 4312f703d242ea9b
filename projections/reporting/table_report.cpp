#include "projections/reporting/table_report.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/position_text.h"
#include "engine/transaction.h"
#include "projections/reporting/report.h"
#include "projections/reporting/row_filler.h"
#include "projections/reporting/serving_read.h"
#include "projections/reporting/sql_text.h"
#include "projections/reporting/table_queries.h"
#include "schemas/views.pb.h"

namespace till {
namespace {

// Between the values of a cursor; no id and no date has it.
constexpr char kCursorSeparator = '\n';
constexpr std::size_t kCursorLengthMost = 1024;

}  // namespace

bool is_report_cursor(const std::string& text) {
  return !text.empty() && text.size() <= kCursorLengthMost && from_hex(text).has_value();
}

namespace reporting {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::unique_ptr<Message> make_report(ReportKind kind) {
  switch (kind) {
    case ReportKind::kTax:
      return std::make_unique<schema::TaxReport>();
    case ReportKind::kTopProducts:
      return std::make_unique<schema::TopProductsReport>();
    case ReportKind::kStock:
      return std::make_unique<schema::StockReport>();
    case ReportKind::kShrinkage:
      return std::make_unique<schema::ShrinkageReport>();
    case ReportKind::kSellThrough:
      return std::make_unique<schema::SellThroughReport>();
    case ReportKind::kGiftCards:
      return std::make_unique<schema::GiftCardReport>();
    case ReportKind::kCustomers:
      return std::make_unique<schema::CustomersReport>();
    case ReportKind::kShifts:
      return std::make_unique<schema::ShiftsReport>();
    case ReportKind::kLossPrevention:
      return std::make_unique<schema::LossPreventionReport>();
    case ReportKind::kShiftX:
    case ReportKind::kShiftZ:
      break;
  }
  return std::make_unique<schema::ShiftReport>();
}

std::vector<std::string> cursor_values(const std::string& cursor) {
  std::vector<std::string> values;
  if (!is_report_cursor(cursor)) return values;
  values.emplace_back();
  const std::string bytes = from_hex(cursor).value_or("");
  for (const char c : bytes) {
    if (c == kCursorSeparator) {
      values.emplace_back();
    } else {
      values.back().push_back(c);
    }
  }
  return values;
}

std::string cursor_of(const SqlRow& row, const std::vector<unsigned>& columns) {
  std::string values;
  for (const unsigned column : columns) {
    if (!values.empty()) values.push_back(kCursorSeparator);
    values += row.text(column);
  }
  return to_hex(values);
}

// Sets a field of the report where it has one of that name.
void set_text(Message& report, const char* name, const std::string& value) {
  const FieldDescriptor* const field = report.GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) report.GetReflection()->SetString(&report, field, value);
}

void set_date(Message& report, const char* name, std::int32_t value) {
  const FieldDescriptor* const field = report.GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) report.GetReflection()->SetInt32(&report, field, value);
}

// A list of messages, or of texts.
Status read_list(SqlConnection& connection, const ListQuery& query, std::size_t page, Message& report) {
  const google::protobuf::Reflection& reflection = *report.GetReflection();
  const FieldDescriptor* const list = report.GetDescriptor()->FindFieldByName(std::string(query.field));
  const bool paged = !query.cursor_columns.empty();
  const std::size_t most = paged ? page : kReportRowsMost;
  std::size_t rows = 0;
  std::string last;
  Status read = connection.query(query.sql + " LIMIT " + std::to_string(most + 1), [&](const SqlRow& row) {
    if (++rows > most) return;
    if (list->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection.AddString(&report, list, row.text(1));
    } else {
      fill_message(row, *reflection.AddMessage(&report, list));
    }
    if (paged && rows == most) last = cursor_of(row, query.cursor_columns);
  });
  if (!read.ok() || rows <= most) return read;
  if (!paged) {
    return Error{ErrorKind::kInvalid, "the report has more than " + std::to_string(kReportRowsMost) + " rows"};
  }
  set_text(report, "next_cursor", last);
  return {};
}

Status read_lists(SqlConnection& connection, const std::vector<ListQuery>& queries, std::size_t page, Message& report) {
  for (const ListQuery& query : queries) {
    if (Status read = read_list(connection, query, page, report); !read.ok()) return read;
  }
  return {};
}

// In blind mode nobody learns what the drawer should hold while it may still be counted.
void hide_amounts(schema::ShiftReport& report) {
  const google::protobuf::Reflection& reflection = *report.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(report, &fields);
  for (const FieldDescriptor* const field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) reflection.ClearField(&report, field);
  }
}

// Leaves nothing where there is no such shift, or it is not in the state that the report is of.
Status read_shift(SqlConnection& connection, const TableReportRequest& request, const std::string& prefix,
                  std::unique_ptr<Message>& report) {
  auto shift = std::make_unique<schema::ShiftReport>();
  report.reset();
  bool found = false;
  Status read = connection.query(shift_query(request, prefix), [&](const SqlRow& row) {
    found = true;
    fill_message(row, *shift);
  });
  const bool closed = shift->status() == "CLOSED";
  if (!read.ok() || !found || closed != (request.kind == ReportKind::kShiftZ)) return read;
  read = read_lists(connection, shift_list_queries(request, prefix), kReportPageMost, *shift);
  bool blind = false;
  if (read.ok() && !closed) {
    read = connection.query("SELECT blind_count FROM " + prefix + "d_shift WHERE tenant_id = " +
                                quoted_value(request.tenant) + " AND shift_id = " + quoted_value(request.shift_id),
                            [&](const SqlRow& row) { blind = row.integer(0) != 0; });
  }
  if (blind) hide_amounts(*shift);
  report = std::move(shift);
  return read;
}

}  // namespace

Result<TableReportAt> read_table_report(SqlConnection& connection, const TableReportRequest& request) {
  return read_serving<TableReportAt>(
      connection, [&](const std::string& prefix, const LogPoint& at) -> Result<TableReportAt> {
        TableReportAt result{make_report(request.kind), at};
        const bool of_shift = request.kind == ReportKind::kShiftX || request.kind == ReportKind::kShiftZ;
        Status read = of_shift ? read_shift(connection, request, prefix, result.report)
                               : read_lists(connection, list_queries(request, prefix, cursor_values(request.cursor)),
                                            request.limit, *result.report);
        if (!read.ok()) return read.error();
        if (result.report == nullptr) return result;
        Message& report = *result.report;
        set_date(report, "from", request.from);
        set_date(report, "to", request.to);
        if (!request.store_id.empty() && !of_shift) set_text(report, "store_id", request.store_id);
        set_text(report, "position", position_text(at.log_id, at.epoch, at.position));
        set_text(report, "chain_head", to_hex(as_bytes(at.hash)));
        return result;
      });
}

}  // namespace reporting
}  // namespace till
