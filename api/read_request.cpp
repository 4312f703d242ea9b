#include "api/read_request.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/change_feed.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "api/wire_values.h"
#include "commands/gs1.h"
#include "engine/position_text.h"

namespace till {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kBlank = " \t";
const FieldPath kRoot;

schema::Problem parameter_problem(const FieldErrors& errors, std::string_view instance) {
  schema::Problem problem = make_problem(schema::PARAMETER_INVALID, {}, instance);
  for (const FieldError& error : errors.list()) {
    schema::Problem::Field& field = *problem.add_errors();
    field.set_pointer(error.pointer);
    field.set_code(std::string(error.code));
  }
  return problem;
}

// Whether `value` is one of the words in "store|day|hour".
bool is_one_of(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('|'), words.size());
    if (words.substr(0, end) == value) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// 0 where it is no number within the bounds.
std::size_t count_in(std::string_view text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && count <= kCountMost ? count : 0;
}

// 1 to kPageMost; 0 for anything else.
std::size_t limit_of(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && limit <= kPageMost ? limit : 0;
}

bool fits_type(std::string_view type, std::string_view value) {
  std::int32_t date = 0;
  if (type == "id") return is_id(value);
  if (type == "date") return parse_date(value, date) == ParseFault::kNone;
  if (type == "as_of" || type == "position") return !value.empty();  // read_as_of() and read_after() know the log
  if (type == "count") return count_in(value) != 0;
  if (type == "limit") return limit_of(value) != 0;
  if (type == "cursor") return !value.empty();  // the list knows its own
  if (type == "report_cursor") return is_report_cursor(std::string(value));
  return is_one_of(type, value);
}

std::size_t count_of(const Parameters& given, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(given.begin(), given.end(), [&](const auto& one) { return one.first == name; }));
}

// Against the table of the route: unknown ones, missing ones, repeated ones, and those of another type.
void check_parameters(const Route& route, const Parameters& given, FieldErrors& errors) {
  for (const QueryParameter& known : route.query) {
    const std::size_t count = count_of(given, known.name);
    if (known.required && count == 0) errors.add(FieldPath(&kRoot, known.name), field_code::kRequired);
    if (!known.repeated && count > 1) errors.add(FieldPath(&kRoot, known.name), field_code::kDuplicateField);
  }
  for (const auto& [name, value] : given) {
    const auto known = std::find_if(route.query.begin(), route.query.end(),
                                    [&, &wanted = name](const QueryParameter& one) { return one.name == wanted; });
    if (known == route.query.end()) {
      errors.add(FieldPath(&kRoot, name), field_code::kUnknownField);
    } else if (!fits_type(known->type, value)) {
      errors.add(FieldPath(&kRoot, name), field_code::kInvalidValue);
    }
  }
}

std::string value_of(const Parameters& given, std::string_view name) {
  for (const auto& [one, value] : given) {
    if (one == name) return value;
  }
  return {};
}

// 0 where it is not given; it was checked before.
std::int32_t date_of(const Parameters& given, std::string_view name) {
  std::int32_t date = 0;
  return parse_date(value_of(given, name), date) == ParseFault::kNone ? date : 0;
}

// A day stands in an entity's id as yyyymmdd, a barcode with 14 digits.
std::string id_part(const PathParameter& parameter) {
  std::int32_t date = 0;
  const bool is_date =
      parameter.segment->text == "business_date" && parse_date(parameter.value, date) == ParseFault::kNone;
  if (parameter.segment->text == "barcode") return normalise_gtin(parameter.value).value_or(parameter.value);
  return is_date ? std::to_string(date) : parameter.value;
}

void fill_changes(const Parameters& given, ReadRequest& read) {
  std::vector<std::string> kinds;
  for (const auto& [name, value] : given) {
    if (name == "kinds") kinds.push_back(value);
  }
  read.after_text = value_of(given, "after");
  read.changes.kinds = change_kinds(kinds);
  if (const std::size_t limit = count_in(value_of(given, "limit")); limit != 0) read.changes.limit = limit;
}

void fill_report(const RouteMatch& match, const Parameters& given, ReadRequest& read) {
  read.format = value_of(given, "format");
  TableReportRequest& report = read.report;
  report.kind = match.route->report;
  report.from = read.range.from;
  report.to = read.range.to;
  report.store_id = read.store_id;
  report.shift_id = match.parameter("shift_id");
  report.cursor = value_of(given, "cursor");
  if (const std::size_t limit = count_in(value_of(given, "limit")); limit != 0) report.limit = limit;
}

bool is_list(RouteKind kind) {
  return kind == RouteKind::kProducts || kind == RouteKind::kLowStock || kind == RouteKind::kSessions ||
         kind == RouteKind::kShifts || kind == RouteKind::kDeadLetters || kind == RouteKind::kWebhookDeliveries;
}

// What belongs to lists: the page, and the question that its cursor must be of.
void fill_page(const Route& route, const Parameters& given, ReadRequest& read, FieldErrors& errors) {
  const std::string state = value_of(given, "state");
  schema::ShiftState::Status_Parse(state, &read.shift_status);
  read.effect = value_of(given, "effect");
  read.list = route.name + "\n" + read.store_id + "\n" + state + "\n" + read.effect + read.id;
  const std::size_t limit = limit_of(value_of(given, "limit"));
  read.page.limit = limit == 0 ? kPageDefault : limit;
  const std::string cursor = value_of(given, "cursor");
  if (cursor.empty()) return;
  if (auto after = read_cursor(read.list, cursor)) {
    read.page.after = *std::move(after);
  } else {
    errors.add("/cursor", field_code::kInvalidValue);
  }
}

// Expansions are of now, so they do not go together with an earlier moment.
void fill_expansions(const Parameters& given, ReadRequest& read, FieldErrors& errors) {
  const std::size_t count = count_of(given, "expand");
  if (count > kExpandMost) errors.add("/expand", field_code::kTooManyItems);
  if (count > 0 && !read.as_of_text.empty()) errors.add("/as_of", field_code::kInvalidValue);
  for (const auto& [name, value] : given) {
    read.expands_customer = read.expands_customer || (name == "expand" && value == "customer");
    read.expands_products = read.expands_products || (name == "expand" && value == "lines.product");
  }
}

void fill(const RouteMatch& match, const Parameters& given, ReadRequest& read, FieldErrors& errors) {
  constexpr std::int32_t kYear = 10'000;  // in yyyymmdd
  read.store_id = match.parameter("store_id");
  if (read.store_id.empty()) read.store_id = value_of(given, "store_id");
  for (const PathParameter& parameter : match.parameters) {
    if (!read.id.empty()) read.id += '/';
    read.id += id_part(parameter);
  }
  if (read.id.empty()) read.id = match.route->only_id;
  read.entity = match.route->entity;
  read.missing_code = match.route->missing;
  read.empty = match.route->empty;
  read.as_of_text = value_of(given, "as_of");
  read.business_date = date_of(given, "business_date");
  read.range = {date_of(given, "from"), date_of(given, "to"), value_of(given, "group_by")};
  fill_report(match, given, read);
  if (read.range.from != 0 && errors.empty()) {
    const bool backwards = read.range.to < read.range.from;
    const bool too_long = read.range.to - read.range.from > kReportYearsMost * kYear;
    if (backwards || too_long) errors.add("/to", field_code::kOutOfRange);
  }
  for (const auto& [name, value] : given) {
    if (name == "sku") read.skus.push_back(value);
  }
  if (read.kind == RouteKind::kChanges) fill_changes(given, read);
  if (is_list(read.kind)) fill_page(*match.route, given, read, errors);
  fill_expansions(given, read, errors);
  if (read.skus.size() > kSkusMost) errors.add("/sku", field_code::kTooManyItems);
}

// "wait=10" or "wait = \"10\"" among comma- or semicolon-separated preferences.
std::string_view wait_value(std::string_view prefer) {
  while (!prefer.empty()) {
    const std::size_t end = std::min(prefer.find_first_of(",;"), prefer.size());
    std::string_view one = prefer.substr(0, end);
    prefer.remove_prefix(std::min(end + 1, prefer.size()));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view name = one.substr(0, equals);
    std::string_view value = one.substr(equals + 1);
    for (std::string_view* text : {&name, &value}) {
      while (!text->empty() && kBlank.find(text->front()) != std::string_view::npos) text->remove_prefix(1);
      while (!text->empty() && kBlank.find(text->back()) != std::string_view::npos) text->remove_suffix(1);
    }
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (name == "wait") return value;
  }
  return {};
}

}  // namespace

std::chrono::milliseconds preferred_wait(std::string_view prefer) {
  const std::string_view text = wait_value(prefer);
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) return kWaitMost;
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return kWaitDefault;
  return std::min<std::chrono::milliseconds>(std::chrono::seconds(seconds), kWaitMost);
}

std::optional<schema::Problem> read_parameters(const RouteMatch& match, std::string_view query, ReadRequest& read) {
  read.kind = match.route->kind;
  if (!match.invalid_parameter.empty()) {
    FieldErrors errors;
    errors.add(FieldPath(&kRoot, match.invalid_parameter), field_code::kInvalidValue);
    return parameter_problem(errors, read.instance);
  }
  Parameters given;
  if (!parse_query(query, given)) {
    return make_problem(schema::PARAMETER_INVALID, "the query cannot be decoded or has too many parameters",
                        read.instance);
  }
  FieldErrors errors;
  check_parameters(*match.route, given, errors);
  fill(match, given, read, errors);
  if (!errors.empty()) return parameter_problem(errors, read.instance);
  return std::nullopt;
}

namespace {

// What a former epoch held beyond the place where it was cut is gone; another record stands there now, or will.
bool read_position(std::string_view text, Feed& feed, Position& position) {
  const LogPoint durable = feed.durable();
  Epoch epoch;
  if (!parse_position_text(text, durable.log_id, epoch, position) || epoch > durable.epoch) return false;
  if (epoch == durable.epoch) return true;
  const Result<LogPoint> there = feed.point_at(position);
  return there.ok() && there.value().epoch == epoch;
}

}  // namespace

std::optional<schema::Problem> read_as_of(Feed& feed, ReadRequest& read) {
  if (read.as_of_text.empty()) return std::nullopt;
  AsOfPoint point;
  Position needed = feed.durable().position;  // of a time: all that was recorded until then is in the view
  std::int64_t micros = 0;
  if (parse_timestamp(read.as_of_text, micros) == ParseFault::kNone) {
    point.time = Micros(micros);
  } else {
    Position position;
    if (!read_position(read.as_of_text, feed, position)) {
      return make_problem(schema::POSITION_INVALID, "as_of is a position of this log or a time", read.instance);
    }
    if (position > needed) {
      return make_problem(schema::POSITION_INVALID, "as_of lies beyond the end of the log", read.instance);
    }
    point.position = needed = position;
  }
  read.as_of = point;
  read.at_least = std::max(read.at_least.value_or(Position()), needed);
  return std::nullopt;
}

std::optional<schema::Problem> read_after(Feed& feed, ReadRequest& read) {
  if (read.after_text.empty()) return std::nullopt;
  Position position;
  if (!read_position(read.after_text, feed, position) || position > feed.durable().position) {
    return make_problem(schema::POSITION_INVALID, "after is a position of this log", read.instance);
  }
  read.changes.after = position;
  read.at_least = std::max(read.at_least.value_or(Position()), position);
  return std::nullopt;
}

std::optional<schema::Problem> read_wait(const HttpRequest& request, Feed& feed, ReadRequest& read) {
  read.wait = preferred_wait(request.prefer);
  if (request.at_least.empty()) return std::nullopt;
  Position position;
  if (!read_position(request.at_least, feed, position)) {
    return make_problem(schema::POSITION_INVALID, {}, read.instance);
  }
  read.at_least = position;
  return std::nullopt;
}

}  // namespace till
