// Which product a barcode means. Stream: barcode/<GTIN of 14 digits>.
#pragma once

#include "commands/rules.h"

namespace till {

const Aggregate& barcode_aggregate();

}  // namespace till
