// Receipts and cancellation of a transfer: what becomes of shipped goods. The second file of the transfer.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& transfer_receipt_aggregate();

}  // namespace till
