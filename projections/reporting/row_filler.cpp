#include "projections/reporting/row_filler.h"

#include <optional>

#include "commands/money.h"
#include "projections/wide_sum.h"
#include "schemas/views.pb.h"

namespace till::reporting {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kExponentOfE4 = 4;
constexpr WideSum kRateUnit = 100'000;  // of a rate x 1e-5

// 2026-11-23 as 20261123.
std::int32_t date_of_text(const std::string& text) {
  std::int32_t date = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') date = date * 10 + (c - '0');
  }
  return date;
}

// Minor units to x 1e-4 of the major unit; nothing for what is no currency or does not fit.
std::optional<std::int64_t> to_e4(const schema::Money& money) {
  const std::optional<int> exponent = currency_exponent(money.currency());
  if (!exponent || *exponent > kExponentOfE4) return std::nullopt;
  WideSum amount = money.amount();
  for (int i = *exponent; i < kExponentOfE4; ++i) amount *= 10;
  return narrow(amount);
}

void derive(schema::UnitPrice& margin, const schema::Money& net, const schema::UnitPrice& cogs) {
  const std::optional<std::int64_t> net_e4 = to_e4(net);
  if (!net_e4) return;
  const std::optional<std::int64_t> difference = narrow(WideSum(*net_e4) - cogs.amount_e4());
  if (!difference) return;
  margin.set_amount_e4(*difference);
  margin.set_currency(net.currency());
}

void derive_worked_out(Message& message) {
  if (auto* const top = dynamic_cast<schema::TopProductsReport::Row*>(&message)) {
    derive(*top->mutable_margin(), top->net(), top->cogs());
  } else if (auto* const customer = dynamic_cast<schema::CustomersReport::Row*>(&message)) {
    derive(*customer->mutable_margin(), customer->net(), customer->cogs());
  } else if (auto* const shrinkage = dynamic_cast<schema::ShrinkageReport::Row*>(&message)) {
    const std::optional<std::int64_t> net_e4 = to_e4(shrinkage->net_sales());
    if (!shrinkage->has_cost() || !net_e4 || *net_e4 <= 0) return;
    if (const auto rate = narrow(WideSum(shrinkage->cost().amount_e4()) * kRateUnit / *net_e4)) {
      shrinkage->set_rate_e5(*rate);
    }
  }
}

bool has_column(const FieldDescriptor& field) {
  const std::string& owner = field.containing_type()->full_name();
  if (field.is_repeated() || field.name() == "margin") return false;
  if (field.name() == "rate_e5" && owner == schema::ShrinkageReport::Row::descriptor()->full_name()) return false;
  return true;
}

void fill_amount(const SqlRow& row, unsigned column, Message& amount) {
  if (auto* const money = dynamic_cast<schema::Money*>(&amount)) {
    money->set_amount(row.integer(column));
    money->set_currency(row.text(0));
  } else if (auto* const price = dynamic_cast<schema::UnitPrice*>(&amount)) {
    price->set_amount_e4(row.integer(column));
    price->set_currency(row.text(0));
  }
}

void fill_field(const SqlRow& row, unsigned column, Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& set = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (!row.is_null(0)) fill_amount(row, column, *set.MutableMessage(&message, &field));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      set.SetString(&message, &field, row.text(column));
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      set.SetInt32(&message, &field, date_of_text(row.text(column)));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      set.SetUInt64(&message, &field, static_cast<std::uint64_t>(row.integer(column)));
      break;
    default:
      set.SetInt64(&message, &field, row.integer(column));
      break;
  }
}

}  // namespace

void fill_message(const SqlRow& row, Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const unsigned columns = row.columns();
  unsigned column = 1;
  for (int i = 0; i < type.field_count() && column < columns; ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!has_column(field)) continue;
    if (!row.is_null(column)) fill_field(row, column, message, field);
    ++column;
  }
  derive_worked_out(message);
}

}  // namespace till::reporting
