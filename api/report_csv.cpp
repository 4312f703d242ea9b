#include "api/report_csv.h"

#include "api/message_plan.h"
#include "api/wire_values.h"
#include "schemas/values.pb.h"

namespace till {
namespace {

using google::protobuf::Message;

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kRows = "rows";

void append_cell(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

bool is_unit_price(const FieldPlan& plan) {
  return plan.child != nullptr && plan.child->descriptor == schema::UnitPrice::descriptor();
}

// The amount of a Money or UnitPrice; the currency of one that is set.
std::string amount_of(const Message& value, std::string& currency) {
  if (const auto* const money = dynamic_cast<const schema::Money*>(&value)) {
    currency = money->currency();
    return std::to_string(money->amount());
  }
  const auto* const price = dynamic_cast<const schema::UnitPrice*>(&value);
  if (price == nullptr) return {};
  currency = price->currency();
  return std::to_string(price->amount_e4());
}

// A field that is no list; empty where it is not set.
std::string value_of_field(const Message& message, const FieldPlan& plan, std::string& currency) {
  const google::protobuf::Reflection& get = *plan.reflection;
  if (plan.field->has_presence() && !get.HasField(message, plan.field)) return {};
  std::string text;
  switch (plan.kind) {
    case ValueKind::kMessage:
      return amount_of(get.GetMessage(message, plan.field), currency);
    case ValueKind::kString:
      return get.GetString(message, plan.field);
    case ValueKind::kInt64:
      return std::to_string(get.GetInt64(message, plan.field));
    case ValueKind::kUint64:
      return std::to_string(get.GetUInt64(message, plan.field));
    case ValueKind::kDecimalE5:
      append_decimal_e5(get.GetInt64(message, plan.field), text);
      return text;
    case ValueKind::kTimestamp:
      append_timestamp(get.GetInt64(message, plan.field), text);
      return text;
    case ValueKind::kDate:
      if (get.GetInt32(message, plan.field) != 0) append_date(get.GetInt32(message, plan.field), text);
      return text;
    default:  // no report has any of the others
      return {};
  }
}

std::string column_name(const FieldPlan& plan) {
  return is_unit_price(plan) ? plan.name + "_e4" : plan.name;
}

void append_header(const MessagePlan& row, std::string& out) {
  bool has_currency = false;
  for (const FieldPlan& plan : row.fields) {
    if (&plan != &row.fields.front()) out.push_back(',');
    out += column_name(plan);
    has_currency = has_currency || plan.child != nullptr;
  }
  if (has_currency) out += ",currency";
  out += kEndOfLine;
}

void append_line(const Message& row, const MessagePlan& plan, std::string& out) {
  std::string currency;
  bool has_currency = false;
  for (const FieldPlan& field : plan.fields) {
    if (&field != &plan.fields.front()) out.push_back(',');
    append_cell(value_of_field(row, field, currency), out);
    has_currency = has_currency || field.child != nullptr;
  }
  if (has_currency) out.append(",").append(currency);
  out += kEndOfLine;
}

void append_pair(const std::string& name, std::string_view value, std::string& out) {
  append_cell(name, out);
  out.push_back(',');
  append_cell(value, out);
  out += kEndOfLine;
}

void append_values(const Message& message, const std::string& place, std::string& out) {
  for (const FieldPlan& plan : message_plan(message.GetDescriptor()).fields) {
    const std::string name = place + column_name(plan);
    if (!plan.repeated) {
      std::string currency;
      if (plan.field->has_presence() && !plan.reflection->HasField(message, plan.field)) continue;
      append_pair(name, value_of_field(message, plan, currency), out);
      if (!currency.empty()) append_pair(name + ".currency", currency, out);
      continue;
    }
    for (int i = 0, size = plan.reflection->FieldSize(message, plan.field); i < size; ++i) {
      const std::string item = name + "." + std::to_string(i);
      if (plan.child != nullptr) {
        append_values(plan.reflection->GetRepeatedMessage(message, plan.field, i), item + ".", out);
      } else if (plan.kind == ValueKind::kString) {
        append_pair(item, plan.reflection->GetRepeatedString(message, plan.field, i), out);
      }
    }
  }
}

}  // namespace

std::string to_csv(const Message& report) {
  std::string out;
  const MessagePlan& plan = message_plan(report.GetDescriptor());
  const std::size_t rows = plan.find(kRows, 0);
  if (rows == plan.fields.size()) {
    append_pair("name", "value", out);
    append_values(report, "", out);
    return out;
  }
  const FieldPlan& list = plan.fields[rows];
  append_header(*list.child, out);
  for (int i = 0, size = list.reflection->FieldSize(report, list.field); i < size; ++i) {
    append_line(list.reflection->GetRepeatedMessage(report, list.field, i), *list.child, out);
  }
  return out;
}

bool accepts_csv(std::string_view accept) {
  return accept.find("text/csv") != std::string_view::npos;
}

}  // namespace till
