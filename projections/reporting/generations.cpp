#include "projections/reporting/generations.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "projections/reporting/schema.h"
#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

constexpr std::string_view kPointerView = "till_generation";
constexpr std::string_view kNext = "next_";
constexpr std::string_view kPrevious = "prev_";
// DDL on tables that somebody reads is tried this often, a second or so apart (the session's lock_wait_timeout).
constexpr int kDdlAttempts = 20;
constexpr std::chrono::milliseconds kDdlPause{100};

Status execute_ddl(SqlConnection& connection, const std::string& sql) {
  Status done;
  for (int attempt = 0; attempt < kDdlAttempts; ++attempt) {
    done = connection.execute(sql);
    if (done.ok() || connection.last_code() != kLockWaitTimeout) break;
    std::this_thread::sleep_for(kDdlPause);
  }
  return done;
}

std::vector<std::string> public_names() {
  std::vector<std::string> names{std::string(kPointerView)};
  for (const SchemaStatement& view : schema().views) names.push_back(view.name);
  return names;
}

Result<std::set<std::string>> names_in_database(SqlConnection& connection, std::string_view type) {
  std::set<std::string> names;
  Status read = connection.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = " +
          quoted_value(type),
      [&](const SqlRow& row) { names.insert(row.text(0)); });
  if (!read.ok()) return read.error();
  return names;
}

// One statement for all of them: on either server this is one metadata change.
Status drop_all(SqlConnection& connection, std::string_view what, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string sql = "DROP " + std::string(what) + " IF EXISTS ";
  for (const std::string& name : names) sql += (&name == &names.front() ? "" : ", ") + quoted_name(name);
  return execute_ddl(connection, sql);
}

// Of our views, those whose names have one of the prefixes.
Status drop_views(SqlConnection& connection, std::initializer_list<std::string_view> prefixes) {
  Result<std::set<std::string>> present = names_in_database(connection, "VIEW");
  if (!present.ok()) return present.error();
  std::vector<std::string> names;
  for (const std::string& name : public_names()) {
    for (const std::string_view prefix : prefixes) {
      std::string whole = std::string(prefix) + name;
      if (present->contains(whole)) names.push_back(std::move(whole));
    }
  }
  return drop_all(connection, "VIEW", names);
}

// 7 for "g7_f_sale"; 0 for anything else.
std::uint64_t generation_of(std::string_view table) {
  std::uint64_t generation = 0;
  if (!table.starts_with('g')) return 0;
  const auto [end, error] = std::from_chars(table.data() + 1, table.data() + table.size(), generation);
  if (error != std::errc() || end == table.data() + table.size() || *end != '_') return 0;
  const std::string_view name = table.substr(static_cast<std::size_t>(end - table.data()) + 1);
  const auto& tables = schema().tables;
  const bool ours = std::any_of(tables.begin(), tables.end(), [&](const auto& known) { return known.name == name; });
  // A former layout may have had tables that this one has not; they stand beside ones that it has.
  return ours || name.starts_with("f_") || name.starts_with("agg_") ? generation : 0;
}

Result<Generations> serve_empty_generation(SqlConnection& connection) {
  Result<std::uint64_t> next = next_generation(connection);
  if (!next.ok()) return next.error();
  const Generations empty{*next, 0};
  if (Status made = create_tables(connection, generation_prefix(empty.serving)); !made.ok()) return made.error();
  if (Status made = prepare_switch(connection, empty); !made.ok()) return made.error();
  if (Status switched = perform_switch(connection); !switched.ok()) return switched.error();
  if (Status finished = finish_switch(connection); !finished.ok()) return finished.error();
  return empty;
}

}  // namespace

std::string generation_prefix(std::uint64_t generation) {
  return "g" + std::to_string(generation) + "_";
}

Result<Generations> read_generations(SqlConnection& connection) {
  Generations generations;
  Status read = connection.query("SELECT serving, former FROM till_generation", [&](const SqlRow& row) {
    generations.serving = static_cast<std::uint64_t>(row.integer(0));
    generations.former = static_cast<std::uint64_t>(row.integer(1));
  });
  if (!read.ok() && read.error().kind != ErrorKind::kNotFound) return read.error();
  return generations;
}

Status create_tables(SqlConnection& connection, std::string_view prefix) {
  if (Status dropped = drop_tables(connection, prefix); !dropped.ok()) return dropped;
  for (const SchemaStatement& table : schema().tables) {
    if (Status made = execute_ddl(connection, instantiate(table.sql, prefix)); !made.ok()) return made;
  }
  return connection.execute("INSERT INTO " + std::string(prefix) + std::string(kOffsetTable) +
                            " (projection, log_id, epoch, position, hash, layout) VALUES ('reporting', '', 0, 0, '', " +
                            quoted_value(schema().layout) + ")");
}

Status drop_tables(SqlConnection& connection, std::string_view prefix) {
  Result<std::set<std::string>> present = names_in_database(connection, "BASE TABLE");
  if (!present.ok()) return present.error();
  std::vector<std::string> names;
  for (const std::string& name : *present) {
    if (name.starts_with(prefix)) names.push_back(name);
  }
  return drop_all(connection, "TABLE", names);
}

Result<std::uint64_t> next_generation(SqlConnection& connection) {
  Result<std::set<std::string>> present = names_in_database(connection, "BASE TABLE");
  if (!present.ok()) return present.error();
  std::uint64_t highest = 0;
  for (const std::string& name : *present) highest = std::max(highest, generation_of(name));
  return highest + 1;
}

Status prepare_switch(SqlConnection& connection, const Generations& to) {
  if (Status dropped = drop_views(connection, {kNext, kPrevious}); !dropped.ok()) return dropped;
  const std::string pointer = "CREATE SQL SECURITY INVOKER VIEW " + std::string(kNext) + std::string(kPointerView) +
                              " AS SELECT " + std::to_string(to.serving) + " AS serving, " + std::to_string(to.former) +
                              " AS former";
  if (Status made = execute_ddl(connection, pointer); !made.ok()) return made;
  for (const SchemaStatement& view : schema().views) {
    const std::string sql = instantiate(view.sql, generation_prefix(to.serving), kNext);
    if (Status made = execute_ddl(connection, sql); !made.ok()) return made;
  }
  return {};
}

Status perform_switch(SqlConnection& connection) {
  Result<std::set<std::string>> present = names_in_database(connection, "VIEW");
  if (!present.ok()) return present.error();
  std::string rename;
  for (const std::string& name : public_names()) {
    rename += rename.empty() ? "RENAME TABLE " : ", ";
    if (present->contains(name)) rename += name + " TO " + std::string(kPrevious) + name + ", ";
    rename += std::string(kNext) + name + " TO " + name;
  }
  return connection.execute(rename);
}

Status finish_switch(SqlConnection& connection) {
  return drop_views(connection, {kPrevious});
}

Result<Generations> ensure_first_generation(SqlConnection& connection) {
  Result<Generations> present = read_generations(connection);
  if (!present.ok() || present->serving != 0) return present;
  return serve_empty_generation(connection);
}

Result<Generations> begin_anew(SqlConnection& connection) {
  // First what a former try has left, where the views were in use.
  if (Status dropped = drop_orphans(connection); !dropped.ok()) return dropped.error();
  return serve_empty_generation(connection);
}

Status drop_orphans(SqlConnection& connection) {
  Result<Generations> in_use = read_generations(connection);
  if (!in_use.ok()) return in_use.error();
  Result<std::set<std::string>> present = names_in_database(connection, "BASE TABLE");
  if (!present.ok()) return present.error();
  std::vector<std::string> orphans;
  for (const std::string& name : *present) {
    const std::uint64_t generation = generation_of(name);
    const bool unused = generation != 0 && generation != in_use->serving && generation != in_use->former;
    if (unused || name.starts_with(kShadowPrefix)) orphans.push_back(name);
  }
  if (Status dropped = drop_all(connection, "TABLE", orphans); !dropped.ok()) return dropped;
  return drop_views(connection, {kNext, kPrevious});
}

}  // namespace till::reporting
