#include "projections/reporting/row_digest.h"

#include <array>
#include <set>
#include <utility>

#include "projections/reporting/offset.h"

namespace till::reporting {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t Digest::*>, 11> kFields{{
    {"sales", &Digest::sales},
    {"voids", &Digest::voids},
    {"lines", &Digest::lines},
    {"units_e5", &Digest::units_e5},
    {"gross", &Digest::gross},
    {"discount", &Digest::discount},
    {"net", &Digest::net},
    {"tax", &Digest::tax},
    {"total", &Digest::total},
    {"on_hand_e5", &Digest::on_hand_e5},
    {"customers", &Digest::customers},
}};

Status read_facts(SqlConnection& connection, const std::string& prefix, Digests& digests) {
  Status read = connection.query(
      "SELECT tenant_id, currency, SUM(kind = 'SALE'), SUM(kind = 'VOID'), SUM(units_e5), SUM(gross), SUM(discount), "
      "SUM(net), SUM(tax), SUM(total) FROM " +
          prefix + "f_sale GROUP BY tenant_id, currency",
      [&](const SqlRow& row) {
        Digest& digest = digests[{row.text(0), row.text(1)}];
        unsigned column = 2;
        for (const auto field : {&Digest::sales, &Digest::voids, &Digest::units_e5, &Digest::gross, &Digest::discount,
                                 &Digest::net, &Digest::tax, &Digest::total}) {
          digest.*field = row.integer(column++);
        }
      });
  if (!read.ok()) return read;
  const auto count = [&](const std::string& sql, std::int64_t Digest::*field) {
    return connection.query(sql, [&](const SqlRow& row) {
      digests[{row.text(0), row.text(1)}].*field = row.integer(2);
    });
  };
  read = count(
      "SELECT tenant_id, currency, COUNT(*) FROM " + prefix + "f_line WHERE kind = 'SALE' GROUP BY tenant_id, currency",
      &Digest::lines);
  if (!read.ok()) return read;
  read = count("SELECT tenant_id, '', SUM(qty_e5) FROM " + prefix + "f_stock_move GROUP BY tenant_id",
               &Digest::on_hand_e5);
  if (!read.ok()) return read;
  return count("SELECT tenant_id, '', COUNT(*) FROM " + prefix + "d_customer GROUP BY tenant_id", &Digest::customers);
}

}  // namespace

Result<DigestAt> read_row_digest(SqlConnection& connection, const std::string& prefix) {
  SqlTransaction snapshot(connection);
  if (Status begun = snapshot.begin_snapshot(); !begun.ok()) return begun.error();
  DigestAt digest;
  Result<Offset> offset = read_offset(connection, prefix, OffsetLock::kNone);
  if (!offset.ok()) return offset.error();
  digest.at = offset->point;
  if (Status read = read_facts(connection, prefix, digest.digests); !read.ok()) return read.error();
  return digest;
}

std::string first_difference(const Digests& rows, const Digests& log, const std::string& tenant) {
  std::set<DigestKey> keys;
  for (const Digests* side : {&rows, &log}) {
    for (const auto& [key, digest] : *side) {
      if (tenant.empty() || key.tenant == tenant) keys.insert(key);
    }
  }
  const auto digest_of = [](const Digests& side, const DigestKey& key) {
    const auto found = side.find(key);
    return found == side.end() ? Digest{} : found->second;
  };
  for (const DigestKey& key : keys) {
    const Digest in_rows = digest_of(rows, key);
    const Digest in_log = digest_of(log, key);
    for (const auto& [name, field] : kFields) {
      if (in_rows.*field == in_log.*field) continue;
      return "tenant " + key.tenant + (key.currency.empty() ? "" : " in " + key.currency) + ": " + std::string(name) +
             " " + std::to_string(in_rows.*field) + " in the rows, " + std::to_string(in_log.*field) + " in the log";
    }
  }
  return {};
}

}  // namespace till::reporting
