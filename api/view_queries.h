// The read routes' questions, answered by the real views.
#pragma once

#include <functional>

#include "api/queries.h"
#include "commands/calendar.h"
#include "engine/vocabulary.h"

namespace till {

class EffectHost;
class ReadCache;
class Reporting;

// Thread safe, as the views are. They outlive this object.
class ViewQueries final : public Queries {
 public:
  // Now; replaced in tests.
  using Clock = std::function<Micros()>;

  // `reporting` null: that view is missing, reports answer kUnavailable. `zones` are those of the domain, and
  // outlive this object.
  ViewQueries(ReadCache& cache, Reporting* reporting, const ZoneTables& zones);
  ViewQueries(ReadCache& cache, Reporting* reporting, const ZoneTables& zones, Clock clock);

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
  Result<Reflected<ChangesPage>> changes(std::string_view tenant, const ChangesRequest& request) override;
  Result<TableReportAt> table_report(const TableReportRequest& request) override;
  Result<Lookup<schema::Receipt>> sale_receipt(std::string_view tenant, std::string_view sale_id) override;
  Result<Lookup<schema::Receipt>> return_receipt(std::string_view tenant, std::string_view return_id) override;
  Result<Lookup<schema::ProductView>> product(std::string_view tenant, std::string_view sku,
                                              const std::optional<AsOfPoint>& as_of) override;
  Result<std::vector<schema::ProductView>> products_of(std::string_view tenant,
                                                       const std::set<std::string>& skus) override;
  Result<Paged<schema::ProductList>> products(std::string_view tenant, const PageRequest& page) override;
  Result<Paged<schema::LowStock>> low_stock(std::string_view tenant, std::string_view store_id,
                                            const PageRequest& page) override;
  Result<Paged<schema::SessionList>> open_sessions(std::string_view tenant, std::string_view store_id,
                                                   const PageRequest& page) override;
  Result<Paged<schema::ShiftList>> open_shifts(std::string_view tenant, std::string_view store_id,
                                               schema::ShiftState::Status status, const PageRequest& page) override;
  Result<TouchAnswer> touch_session(std::string_view tenant, std::string_view session_id,
                                    std::string_view bound_terminal) override;
  Result<Paged<schema::DeadLetterList>> dead_letters(std::string_view tenant, std::string_view effect,
                                                     const PageRequest& page) override;
  Result<Lookup<schema::DeadLetter>> dead_letter(std::string_view tenant, std::string_view dead_letter_id) override;
  Result<Lookup<Paged<schema::WebhookDeliveryList>>> webhook_deliveries(std::string_view tenant,
                                                                        std::string_view endpoint_id,
                                                                        const PageRequest& page) override;

  // Before the first question; outlives this object. Without it nothing was ever delivered.
  void set_effects(EffectHost& effects) { effects_ = &effects; }

 private:
  // The tenant's position that `as_of` means.
  Result<std::optional<Position>> position_of(std::string_view tenant, const std::optional<AsOfPoint>& as_of);

  Result<Reflected<schema::Dashboard>> day_dashboard(std::string_view tenant, std::string_view store_id,
                                                     std::int32_t business_date);
  // What a dashboard shows of this moment.
  Status add_live(std::string_view tenant, std::string_view store_id, schema::Dashboard& dashboard);
  // Names of the products and the store, as they are now.
  Status add_names(std::string_view tenant, schema::Receipt& receipt);
  // Whether a session may be used now; nothing where the view does not answer.
  Result<bool> is_usable(std::string_view tenant, const schema::SessionState& session);

  ReadCache& cache_;
  Reporting* const reporting_;
  const ZoneTables& zones_;
  const Clock clock_;
  EffectHost* effects_ = nullptr;
};

}  // namespace till
