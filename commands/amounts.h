// Checks of amounts that a command states.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <google/protobuf/repeated_ptr_field.h>

#include "commands/rules.h"

namespace till {

// CURRENCY_UNKNOWN, or AMOUNT_INVALID where the amount is below `least` or above kAmountMost.
Refusal check_amount(const schema::Money& money, std::int64_t least, const std::string& pointer);

// CURRENCY_MISMATCH where the amount is not of that currency.
Refusal check_currency(const schema::Money& money, std::string_view currency, const std::string& pointer);

// DENOMINATIONS_MISMATCH where notes and coins are listed and do not make `amount`; none listed: nothing to check.
Refusal check_denominations(const google::protobuf::RepeatedPtrField<schema::Denomination>& denominations,
                            const schema::Money& amount, const std::string& pointer);

}  // namespace till
