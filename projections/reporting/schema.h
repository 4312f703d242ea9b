// The tables and views of the reporting model, as schemas/sql/reporting.sql has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace till::reporting {

// The whole of schemas/sql/reporting.sql.
extern const std::string_view kSchemaText;

// One statement of it, without comments. `name` is that of the table or view without its prefix: "f_sale".
struct SchemaStatement {
  std::string name;
  std::string sql;
};

struct Schema {
  std::vector<SchemaStatement> tables;  // their names begin with g0_ in the SQL
  std::vector<SchemaStatement> views;   // their own names with v_, those of their tables with g0_
  // Short digest of the statements: tables made by others than these are not written.
  std::string layout;
};

// Made at the first call; thread safe.
const Schema& schema();

// `sql` for the tables with `table_prefix` ("g7_") and, where it makes a view, for the view with `view_prefix`
// ("next_").
std::string instantiate(std::string_view sql, std::string_view table_prefix, std::string_view view_prefix = {});

inline constexpr std::string_view kOffsetTable = "projection_offset";

}  // namespace till::reporting
