// Reports whose rows are the answer of one query each: what is asked, and the answer with the point it reflects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "engine/result.h"
#include "engine/vocabulary.h"

namespace till {

enum class ReportKind : std::uint8_t {
  kTax,
  kTopProducts,
  kStock,
  kShrinkage,
  kSellThrough,
  kGiftCards,
  kCustomers,
  kShifts,
  kLossPrevention,
  kShiftX,
  kShiftZ,
};

// Rows of one page, for the reports whose rows can be many.
inline constexpr std::size_t kReportPageDefault = 100;
inline constexpr std::size_t kReportPageMost = 1000;

// A report uses what belongs to it.
struct TableReportRequest {
  ReportKind kind = ReportKind::kTax;
  std::string tenant = {};
  std::int32_t from = 0;  // business dates, yyyymmdd, both inclusive
  std::int32_t to = 0;
  std::string store_id = {};  // empty: every store
  std::string shift_id = {};
  std::size_t limit = kReportPageDefault;
  std::string cursor = {};  // of the answer before; empty: from the beginning
};

struct TableReportAt {
  // The message of views.proto for the kind; null where there is no such shift, or not in that state.
  std::unique_ptr<google::protobuf::Message> report;
  LogPoint at;
};

// Whether `text` can be a cursor.
bool is_report_cursor(const std::string& text);

namespace reporting {

class SqlConnection;

// kInvalid where the answer would have more than kReportRowsMost rows, or a sum leaves 64 bits.
Result<TableReportAt> read_table_report(SqlConnection& connection, const TableReportRequest& request);

}  // namespace reporting
}  // namespace till
