// Copies of receipts and receipts by e-mail. Stream: receipt_copies/<sale_id>, apart from the sale, which never
// changes.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& sale_receipt_aggregate();

}  // namespace till
