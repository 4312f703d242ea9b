// How an amount is put into a message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/values.pb.h"

namespace till {

inline void set_money(schema::Money& money, std::int64_t amount, std::string_view currency) {
  money.set_amount(amount);
  money.set_currency(std::string(currency));
}

}  // namespace till
