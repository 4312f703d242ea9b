// From the columns of an SQL answer to the fields of a message, by their order.
#pragma once

#include <google/protobuf/message.h>

#include "projections/reporting/connection.h"

namespace till::reporting {

// Column 0 is the currency of the row's money; the other columns fill the fields in the order of their declaration, one
// each. Fields that are lists, and those that are worked out of others (`margin`; `rate` of shrinkage), have no column.
// Money and unit prices (x 1e-4 of the major unit) stay unset where their column or the currency is NULL, as do
// optional fields. Dates come as 2026-11-23, times as microseconds since 1970.
void fill_message(const SqlRow& row, google::protobuf::Message& message);

}  // namespace till::reporting
