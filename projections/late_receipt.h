// Receipts that came when their shift was closed already.
#pragma once

#include <string_view>

#include "engine/transaction.h"

namespace till {

// Whether the Z of the receipt's shift stood already when it came: the shift says so in the same transaction.
bool came_after_z(const Transaction& transaction, std::string_view sale_id);

}  // namespace till
