#include "projections/reporting/schema.h"

#include "engine/result.h"
#include "engine/transaction.h"

namespace till::reporting {
namespace {

constexpr std::string_view kTablePlaceholder = "g0_";
constexpr std::string_view kViewPlaceholder = "VIEW v_";
constexpr std::size_t kLayoutDigits = 16;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The word after `prefix`: the name of what the statement makes.
std::string name_after(std::string_view sql, std::string_view prefix) {
  const std::size_t begin = sql.find(prefix);
  TILL_ASSERT(begin != std::string_view::npos);
  const std::string_view rest = sql.substr(begin + prefix.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

Schema parse(std::string_view text) {
  Schema schema;
  std::string all;
  std::string statement;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with("--")) continue;
    statement.append(line).push_back(' ');
    if (!line.ends_with(';')) continue;
    statement.erase(statement.rfind(';'));
    all += statement;
    if (statement.starts_with("CREATE TABLE ")) {
      schema.tables.push_back({name_after(statement, kTablePlaceholder), statement});
    } else {
      schema.views.push_back({name_after(statement, kViewPlaceholder), statement});
    }
    statement.clear();
  }
  schema.layout = to_hex(as_bytes(sha256(all))).substr(0, kLayoutDigits);
  return schema;
}

}  // namespace

const Schema& schema() {
  static const Schema parsed = parse(kSchemaText);
  return parsed;
}

std::string instantiate(std::string_view sql, std::string_view table_prefix, std::string_view view_prefix) {
  std::string text(sql);
  replace_all(text, kTablePlaceholder, table_prefix);
  replace_all(text, kViewPlaceholder, "VIEW " + std::string(view_prefix));
  return text;
}

}  // namespace till::reporting
