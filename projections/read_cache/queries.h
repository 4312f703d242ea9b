// What the read cache answers from one generation. Each answer tells the point of the log that its rows reflect; rows
// and point come from one snapshot. Thread safe. kUnavailable: damaged, or still being built.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/read_cache/generation.h"
#include "projections/read_cache/read_cache.h"
#include "schemas/views.pb.h"

namespace till::read_cache {

Result<AsOf<std::optional<schema::SaleView>>> find_sale(Generation& generation, std::string_view tenant,
                                                        std::string_view sale_id, std::optional<Position> as_of);
Result<AsOf<std::optional<CachedCustomerRow>>> find_customer(Generation& generation, std::string_view tenant,
                                                             std::string_view customer_id);
Result<AsOf<std::optional<EntityRow>>> find_entity(Generation& generation, const Domain& domain,
                                                   std::string_view tenant, EntityKind kind, std::string_view id);
// As ReadCache::scan().
Result<LogPoint> scan_entities(Generation& generation, const Domain& domain, std::span<const EntityKind> kinds,
                               const ReadCache::VisitEntity& visit);
// The last image of the entity that reflects nothing after `position`; an empty state of version 0 where there is none.
Result<AsOf<EntityRow>> find_image(Generation& generation, const Domain& domain, std::string_view tenant,
                                   EntityKind kind, std::string_view id, Position position);
Result<AsOf<schema::Availability>> availability(Generation& generation, std::string_view tenant, std::string_view store,
                                                std::span<const std::string_view> skus);
Result<AsOf<schema::Dashboard>> dashboard(Generation& generation, std::string_view tenant, std::string_view store,
                                          std::int32_t business_date);
Result<AsOf<std::vector<StreamEntry>>> history(Generation& generation, std::string_view tenant, EntityKind kind,
                                               std::string_view id, StreamVersion from, std::size_t limit);
// The last `limit` events of a stream up to `position`, the latest first.
Result<AsOf<std::vector<StreamEntry>>> history_before(Generation& generation, std::string_view tenant, EntityKind kind,
                                                      std::string_view id, Position position, std::size_t limit);
Result<AsOf<std::vector<Position>>> tenant_positions(Generation& generation, std::string_view tenant, Position after,
                                                     std::size_t limit);
Result<AsOf<Position>> tenant_position_at(Generation& generation, std::string_view tenant, Micros time);

}  // namespace till::read_cache
