// Whether a product may be sold: discontinued or recalled, wholly or in batches. The second file of the product.
#pragma once

#include "commands/rules.h"

namespace till {

// Batches of one product that are recalled at a time.
inline constexpr int kRecalledBatchesMost = 64;

const Aggregate& product_status_aggregate();

// Whether check_sellable() may refuse the product: quick, for every line of a sale.
inline bool may_be_blocked(const schema::ProductState& product) {
  return product.discontinued() || product.recalled() || product.recalled_batches_size() > 0;
}

// PRODUCT_NOT_SELLABLE where the product is discontinued; PRODUCT_RECALLED where it or the batch is recalled. A line
// that names no batch is refused by the recall of one only where the product asks for its batch.
Refusal check_sellable(const schema::ProductState& product, std::string_view batch, std::string pointer);

}  // namespace till
