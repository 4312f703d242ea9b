#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "api/html_text.h"
#include "api/openapi.h"
#include "api/openapi_schemas.h"
#include "api/problem.h"
#include "api/routes.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Till API</title><style>
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.5 system-ui,sans-serif;max-width:68rem;margin:0 auto;padding:1.5rem}
h1{margin:0}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}
section{border:1px solid var(--line);border-radius:6px;padding:.2rem 1rem;margin:1rem 0}
h3{font-size:1rem;margin:.7rem 0}code,h3{font-family:ui-monospace,monospace}
.method{display:inline-block;min-width:3.2rem;font-weight:700}.note{opacity:.75}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
td,th{text-align:left;padding:.25rem .6rem;border-top:1px solid var(--line);vertical-align:top}
th{background:var(--soft)}nav a{margin-right:1rem}
</style></head><body>
)";

constexpr std::string_view kIntroduction = R"(<p>Send JSON (or the same messages as
<code>application/x-protobuf</code>) with <code>Authorization: Bearer KEY</code>. Every command carries
<code>Idempotency-Key</code>: repeated with the same content it answers what it answered first.</p>
<ul><li>Money is <code>{"amount":1999,"currency":"USD"}</code> in minor units; a unit price may carry
<code>amount_e4</code> (1e-4 of the major unit) instead of <code>amount</code>.</li>
<li>Quantities are decimal strings with at most 5 decimals, times RFC 3339, enums upper case.</li>
<li>Every answer names its <code>position</code>; send it back as <code>Till-At-Least</code> and a read reflects it,
waiting as long as <code>Prefer: wait=S</code> says.</li>
<li>Reads of one entity tell its version as <code>ETag</code>; a command that has <code>expected_version</code> takes it as
<code>If-Match</code> too.</li>
<li>Lists come in pages: send <code>next_cursor</code> back as <code>cursor</code> while there is one.</li>
<li>Errors are problem details (RFC 9457) with a stable <code>code</code>; field errors name a JSON pointer.</li></ul>
)";

void append_row(std::string& out, const std::vector<std::string>& cells, std::string_view tag = "td") {
  out += "<tr>";
  for (const std::string& cell : cells) {
    ((out += '<') += tag) += '>';
    out += cell;
    ((out += "</") += tag) += '>';
  }
  out += "</tr>\n";
}

std::string code(std::string_view text) {
  return "<code>" + html_text(text) + "</code>";
}

std::string type_cell(const FieldPlan& field) {
  if (field.child == nullptr) return html_text(type_label(field));
  return "<a href=\"#type-" + schema_name(field.child->descriptor) + "\">" + html_text(type_label(field)) + "</a>";
}

void append_fields(std::string& out, const MessagePlan& plan, bool request, const std::set<std::string>& in_path) {
  out += "<table>\n";
  append_row(out, {"field", "form", request ? "needed" : ""}, "th");
  for (const FieldPlan& field : plan.fields) {
    if (!field.in_json()) continue;
    std::string needed = request && is_required_of_client(field) ? "required" : "";
    if (in_path.contains(field.name)) needed = "in the path";
    append_row(out, {code(field.name), type_cell(field), needed});
  }
  out += "</table>\n";
}

std::string scope_names(const Route& route) {
  std::string names;
  for (const schema::Scope scope : route.scopes) {
    if (!names.empty()) names += ", ";
    names += schema::Scope_Name(scope);
  }
  return names.empty() ? "none" : names;
}

void append_route(std::string& out, const Route& route) {
  out += "<section id=\"" + route.name + "\"><h3><span class=\"method\">" + route.method + "</span> " +
         html_text(route.path) + "</h3>\n<p>" + html_text(route.summary) + ". <span class=\"note\">" + route.name +
         "; scope: " + scope_names(route) + "</span></p>\n";
  std::set<std::string> in_path;
  for (const PathSegment& segment : route.segments) {
    if (segment.parameter) in_path.insert(segment.text);
  }
  if (!route.query.empty()) {
    out += "<table>\n";
    append_row(out, {"query parameter", "form", "needed", ""}, "th");
    for (const QueryParameter& parameter : route.query) {
      append_row(out, {code(parameter.name), html_text(parameter.type), parameter.required ? "required" : "",
                       html_text(parameter.description)});
    }
    out += "</table>\n";
  }
  if (route.member != nullptr) append_fields(out, message_plan(route.member->message_type()), true, in_path);
  if (route.body != nullptr) append_fields(out, message_plan(route.body), true, {});
  if (route.answer != nullptr) {
    out +=
        "<p>Answers <a href=\"#type-" + schema_name(route.answer) + "\">" + schema_name(route.answer) + "</a>.</p>\n";
  }
  if (route.kind == RouteKind::kBatch) {
    out +=
        "<p><code>{\"commands\":[{\"idempotency_key\",\"command\",\"body\"}]}</code> answers "
        "<code>{\"results\":[{\"status\",\"body\"}]}</code>; ids of a command's path stand in its body.</p>\n";
  }
  out += "</section>\n";
}

void append_types(std::string& out) {
  SchemaCollector collector;
  std::set<const MessagePlan*> roots;
  for (const Route& route : all_routes()) {
    const auto* const body = route.member != nullptr ? route.member->message_type() : route.body;
    if (body == nullptr) continue;
    collector.add(body, SchemaUse::kRequest);
    roots.insert(&message_plan(body));
  }
  const std::size_t requests = collector.plans().size();
  collector.add(schema::Answer::descriptor(), SchemaUse::kAnswer);
  for (const Route& route : all_routes()) {
    if (route.answer != nullptr) collector.add(route.answer, SchemaUse::kAnswer);
  }
  out += "<h2 id=\"types\">Types</h2>\n";
  const auto plans = collector.plans();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (roots.contains(plans[i])) continue;
    const std::string name = schema_name(plans[i]->descriptor);
    out += "<section id=\"type-" + name + "\"><h3>" + name + "</h3>\n";
    append_fields(out, *plans[i], i < requests, {});
    out += "</section>\n";
  }
}

void append_errors(std::string& out) {
  out += "<h2 id=\"errors\">Error codes</h2>\n<table>\n";
  append_row(out, {"status", "code", "meaning", "retry"}, "th");
  const auto& codes = *schema::ErrorCode_descriptor();
  for (int i = 0; i < codes.value_count(); ++i) {
    if (codes.value(i)->number() == 0) continue;
    const ErrorTraits& known = error_traits(static_cast<schema::ErrorCode>(codes.value(i)->number()));
    append_row(out, {std::to_string(known.http_status), code(known.name), html_text(known.title),
                     known.retryable ? "may help" : ""});
  }
  out += "</table>\n";
}

}  // namespace

std::string docs_html(std::string_view version) {
  std::string out(kHead);
  out += "<h1>Till API</h1><p class=\"note\">version " + html_text(version) +
         " &middot; <a href=\"/openapi.json\">OpenAPI 3.1</a> &middot; <a href=\"/asyncapi.json\">AsyncAPI 3</a></p>\n";
  out += kIntroduction;
  std::vector<std::string> groups;
  for (const Route& route : all_routes()) {
    if (std::find(groups.begin(), groups.end(), route.group) == groups.end()) groups.push_back(route.group);
  }
  out += "<nav>";
  for (const std::string& group : groups) out += "<a href=\"#group-" + group + "\">" + group + "</a>";
  out += "<a href=\"#types\">types</a><a href=\"#errors\">errors</a></nav>\n";
  for (const std::string& group : groups) {
    out += "<h2 id=\"group-" + group + "\">" + group + "</h2>\n";
    for (const Route& route : all_routes()) {
      if (route.group == group) append_route(out, route);
    }
  }
  append_types(out);
  append_errors(out);
  out += "</body></html>\n";
  return out;
}

}  // namespace till
