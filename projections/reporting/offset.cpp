#include "projections/reporting/offset.h"

#include "projections/history.h"
#include "projections/reporting/schema.h"
#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

constexpr std::string_view kWhere = " WHERE projection = 'reporting'";

bool read_row(const SqlRow& row, Offset& offset) {
  offset.point.epoch = Epoch(static_cast<std::uint64_t>(row.integer(1)));
  offset.point.position = Position(static_cast<std::uint64_t>(row.integer(2)));
  offset.layout = row.text(4);
  if (offset.point.position == Position()) return true;
  return from_hex(row.text(0), offset.point.log_id) && from_hex(row.text(3), offset.point.hash);
}

}  // namespace

Result<Offset> read_offset(SqlConnection& connection, std::string_view prefix, OffsetLock lock) {
  Offset offset;
  bool readable = false;
  std::string sql = "SELECT log_id, epoch, position, hash, layout FROM ";
  sql.append(prefix).append(kOffsetTable).append(kWhere);
  if (lock == OffsetLock::kForUpdate) sql += " FOR UPDATE";
  Status read = connection.query(sql, [&](const SqlRow& row) { readable = read_row(row, offset); });
  if (!read.ok() && read.error().kind != ErrorKind::kNotFound) return read.error();
  if (!readable) {
    return Error{ErrorKind::kInvalid, "the tables " + std::string(prefix) + "* have no readable offset: rebuild"};
  }
  return offset;
}

Status write_offset(SqlConnection& connection, std::string_view prefix, const LogPoint& point) {
  SqlText sql;
  sql.raw("UPDATE ");
  sql.raw(prefix);
  sql.raw(kOffsetTable);
  sql.raw(" SET log_id = ");
  sql.quoted(to_hex(as_bytes(point.log_id)));
  sql.raw(", epoch = ");
  sql.integer(point.epoch.value());
  sql.raw(", position = ");
  sql.integer(point.position.value());
  sql.raw(", hash = ");
  sql.quoted(to_hex(as_bytes(point.hash)));
  sql.raw(kWhere);
  return connection.execute(sql.text());
}

Error history_mismatch(const LogPoint& point) {
  return {ErrorKind::kHistoryMismatch, "reporting stands at position " + std::to_string(point.position.value()) +
                                           " of log " + to_hex(as_bytes(point.log_id)) +
                                           ", which is not in this log: rebuild it"};
}

Status check_history(Feed& feed, const LogPoint& point) {
  const Result<History> history = compare_history(feed, point);
  if (!history.ok()) return history.error();
  return history.value() == History::kSame ? Status() : history_mismatch(point);
}

}  // namespace till::reporting
