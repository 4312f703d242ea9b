// A product as clients see it.
#pragma once

#include "schemas/events.pb.h"
#include "schemas/views.pb.h"

namespace till {

// What the catalogue says of it to everybody: all but its cost, and whether it may be sold now.
schema::ProductView view_of_product(const schema::ProductUpserted& product);

void set_price(schema::UnitPrice& price, std::int64_t amount_e4, const std::string& currency);

}  // namespace till
