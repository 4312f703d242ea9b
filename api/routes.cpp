#include "api/routes.h"

#include <algorithm>
#include <set>

#include "api/fixed_routes.h"
#include "api/message_plan.h"
#include "api/validation.h"
#include "commands/retail_domain.h"
#include "engine/result.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

constexpr std::size_t kSegmentsMost = 16;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty() && parts.size() <= kSegmentsMost) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    parts.push_back(path.substr(1, end - 1));
    path.remove_prefix(end);
  }
  return parts;
}

const google::protobuf::FieldDescriptor* field_of(const google::protobuf::FieldDescriptor* member,
                                                  std::string_view json_name) {
  if (member == nullptr) return nullptr;
  const MessagePlan& plan = message_plan(member->message_type());
  const std::size_t index = plan.find(json_name, 0);
  // A route that names no string field of its message is a fault of the schema, found by any test that starts.
  TILL_ASSERT(index < plan.fields.size() && plan.fields[index].kind == ValueKind::kString);
  return plan.fields[index].field;
}

void add_segments(Route& route) {
  for (const std::string_view part : split(route.path)) {
    PathSegment segment;
    segment.parameter = part.size() > 2 && part.starts_with('{') && part.ends_with('}');
    segment.text = segment.parameter ? part.substr(1, part.size() - 2) : part;
    if (segment.parameter) segment.field = field_of(route.member, segment.text);
    route.segments.push_back(std::move(segment));
  }
}

// "GetShift" of ShiftState.
std::string read_name(const google::protobuf::Descriptor& state) {
  constexpr std::string_view kEnding = "State";
  const std::string& name = state.name();
  TILL_ASSERT(name.ends_with(kEnding));
  return "Get" + name.substr(0, name.size() - kEnding.size());
}

void add_entity_routes(std::vector<Route>& routes) {
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const StateRule& rule : aggregate.states) {
      const google::protobuf::Descriptor* const state = rule.make()->GetDescriptor();
      if (!state->options().HasExtension(schema::read)) continue;
      const schema::ReadRoute& source = state->options().GetExtension(schema::read);
      Route route;
      route.kind = RouteKind::kEntity;
      route.name = read_name(*state);
      route.method = "GET";
      route.path = source.path();
      route.group = source.group();
      route.summary = source.summary();
      for (const int scope : source.scopes()) route.scopes.push_back(static_cast<schema::Scope>(scope));
      route.answer = state;
      route.query = {as_of_parameter()};
      route.entity = rule.kind;
      route.only_id = source.id();
      if (source.missing().empty()) {
        route.empty = google::protobuf::MessageFactory::generated_factory()->GetPrototype(state);
      } else {
        TILL_ASSERT(schema::ErrorCode_Parse(source.missing(), &route.missing));
      }
      routes.push_back(std::move(route));
    }
  }
}

std::vector<Route> make_routes() {
  std::vector<Route> routes = fixed_routes();
  add_entity_routes(routes);
  const auto& commands = *schema::Command::descriptor();
  for (int i = 0; i < commands.field_count(); ++i) {
    const auto* member = commands.field(i);
    const auto& options = member->message_type()->options();
    if (!options.HasExtension(schema::route)) continue;
    const schema::Route& source = options.GetExtension(schema::route);
    Route route;
    route.name = member->message_type()->name();
    route.method = source.method();
    route.path = source.path();
    route.group = source.group();
    route.summary = source.summary();
    for (const int scope : source.scopes()) route.scopes.push_back(static_cast<schema::Scope>(scope));
    route.member = member;
    routes.push_back(std::move(route));
  }
  for (Route& route : routes) add_segments(route);
  return routes;
}

bool fits(const Route& route, const std::vector<std::string_view>& parts) {
  if (route.segments.size() != parts.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (route.segments[i].parameter ? parts[i].empty() : route.segments[i].text != parts[i]) return false;
  }
  return true;
}

schema::Rule rule_of(const PathSegment& segment) {
  return segment.field != nullptr ? segment.field->options().GetExtension(schema::rule) : schema::ID;
}

void read_parameters(const std::vector<std::string_view>& parts, RouteMatch& match) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const PathSegment& segment = match.route->segments[i];
    if (!segment.parameter) continue;
    PathParameter parameter{&segment, {}};
    const bool good = percent_decode(parts[i], false, parameter.value) && keeps_rule(rule_of(segment), parameter.value);
    if (!good && match.invalid_parameter.empty()) match.invalid_parameter = segment.text;
    match.parameters.push_back(std::move(parameter));
  }
}

}  // namespace

std::string_view RouteMatch::parameter(std::string_view name) const {
  for (const PathParameter& parameter : parameters) {
    if (parameter.segment->text == name) return parameter.value;
  }
  return {};
}

std::span<const Route> all_routes() {
  static const std::vector<Route>& routes = *new std::vector<Route>(make_routes());
  return routes;
}

RouteMatch match_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  if (!path.starts_with('/')) return match;
  const std::vector<std::string_view> parts = split(path);
  std::set<std::string_view> allowed;
  for (const Route& route : all_routes()) {
    if (!fits(route, parts)) continue;
    if (route.method == method) {
      match.route = &route;
      read_parameters(parts, match);
      return match;
    }
    allowed.insert(route.method);
  }
  for (const std::string_view other : allowed) {
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += other;
  }
  return match;
}

const Route* route_of_command(std::string_view command_name) {
  for (const Route& route : all_routes()) {
    if (route.kind == RouteKind::kCommand && route.name == command_name) return &route;
  }
  return nullptr;
}

bool percent_decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return true;
}

bool parse_query(std::string_view query, std::vector<std::pair<std::string, std::string>>& out) {
  out.clear();
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    if (out.size() == kQueryParametersMost) return false;
    const std::size_t equals = std::min(part.find('='), part.size());
    auto& [name, value] = out.emplace_back();
    const std::string_view raw_value = equals < part.size() ? part.substr(equals + 1) : std::string_view{};
    if (!percent_decode(part.substr(0, equals), true, name) || !percent_decode(raw_value, true, value)) return false;
  }
  return true;
}

bool takes_expected_version(const Route& route) {
  return route.member != nullptr && route.member->message_type()->FindFieldByName("expected_version") != nullptr;
}

bool scope_permits(const Route& route, schema::Scope held) {
  if (route.scopes.empty()) return true;
  return std::ranges::any_of(route.scopes, [held](schema::Scope needed) {
    return needed == held || (held == schema::ADMIN && needed != schema::OPERATOR);
  });
}

}  // namespace till
