// Customers. Stream: customer/<customer_id>. Personal fields arrive sealed; nothing here reads them.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& customer_aggregate();

}  // namespace till
