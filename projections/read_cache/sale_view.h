// The stored row of a sale as clients see it.
#pragma once

#include "engine/vocabulary.h"
#include "schemas/cache.pb.h"
#include "schemas/views.pb.h"

namespace till::read_cache {

schema::SaleView make_sale_view(const schema::CachedSale& row, const LogId& log_id);

}  // namespace till::read_cache
