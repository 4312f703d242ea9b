#include "commands/amounts.h"

#include "commands/money.h"

namespace till {

Refusal check_amount(const schema::Money& money, std::int64_t least, const std::string& pointer) {
  if (!currency_exponent(money.currency())) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", pointer + "/currency");
  }
  if (money.amount() >= least && money.amount() <= kAmountMost) return std::nullopt;
  return reject(schema::AMOUNT_INVALID,
                "The amount is at least " + std::to_string(least) + " and at most 10^15 minor units", pointer);
}

Refusal check_currency(const schema::Money& money, std::string_view currency, const std::string& pointer) {
  if (money.currency() == currency) return std::nullopt;
  return reject(schema::CURRENCY_MISMATCH, "The amount is in " + std::string(currency), pointer + "/currency");
}

Refusal check_denominations(const google::protobuf::RepeatedPtrField<schema::Denomination>& denominations,
                            const schema::Money& amount, const std::string& pointer) {
  if (denominations.empty()) return std::nullopt;
  Wide sum = 0;
  for (int i = 0; i < denominations.size(); ++i) {
    const schema::Denomination& denomination = denominations.Get(i);
    const std::string place = pointer + "/" + std::to_string(i) + "/value";
    if (auto refusal = check_currency(denomination.value(), amount.currency(), place)) return refusal;
    if (auto refusal = check_amount(denomination.value(), 1, place)) return refusal;
    sum += Wide(denomination.value().amount()) * denomination.count();
  }
  if (sum == amount.amount()) return std::nullopt;
  return reject(schema::DENOMINATIONS_MISMATCH,
                "The denominations do not make " + std::to_string(amount.amount()) + " minor units", pointer);
}

}  // namespace till
