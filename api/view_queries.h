// The read routes' questions, answered by the real views.
#pragma once

#include <functional>

#include "api/queries.h"
#include "engine/vocabulary.h"

namespace till {

class ReadCache;
class Reporting;

// Thread safe, as the views are. They outlive this object.
class ViewQueries final : public Queries {
 public:
  // Today as yyyymmdd in UTC; replaced in tests.
  using Today = std::function<std::int32_t()>;

  // `reporting` null: that view is missing, sales_report() answers kUnavailable.
  ViewQueries(ReadCache& cache, Reporting* reporting);
  ViewQueries(ReadCache& cache, Reporting* reporting, Today today);

  bool reached(QueryView view, Position target) override;
  std::string_view missing(QueryView view) const override;
  bool failing(QueryView view) const override;
  Result<Lookup<schema::SaleView>> sale(std::string_view tenant, std::string_view sale_id,
                                        const std::optional<AsOfPoint>& as_of) override;
  Result<Lookup<SealedCustomer>> customer(std::string_view tenant, std::string_view customer_id) override;
  Result<Lookup<ShownEntity>> entity(std::string_view tenant, EntityKind kind, std::string_view id,
                                     const std::optional<AsOfPoint>& as_of) override;
  Result<Reflected<schema::Availability>> availability(std::string_view tenant, std::string_view store_id,
                                                       const std::vector<std::string>& skus,
                                                       const std::optional<AsOfPoint>& as_of) override;
  Result<Reflected<schema::Dashboard>> dashboard(std::string_view tenant, std::string_view store_id,
                                                 std::int32_t business_date) override;
  Result<Reflected<schema::SalesReport>> sales_report(std::string_view tenant, const ReportRange& range) override;

 private:
  // The tenant's position that `as_of` means.
  Result<std::optional<Position>> position_of(std::string_view tenant, const std::optional<AsOfPoint>& as_of);

  ReadCache& cache_;
  Reporting* const reporting_;
  const Today today_;
};

}  // namespace till
