#include "api/view_queries.h"

#include <chrono>
#include <optional>
#include <utility>

#include "api/change_feed.h"
#include "commands/calendar.h"
#include "commands/retail_domain.h"
#include "projections/read_cache/read_cache.h"
#include "projections/reporting/reporting.h"

namespace till {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::chrono::milliseconds kNoWait{0};
// The furthest time zone is this far ahead of UTC: a store there may have sales of tomorrow.
constexpr days kAhead{1};

std::int32_t number_of(sys_days date) {
  return civil_date(date.time_since_epoch().count());
}

sys_days days_of(std::int32_t date) {
  return year_month_day{std::chrono::year(date / 10'000), std::chrono::month(static_cast<unsigned>(date / 100 % 100)),
                        std::chrono::day(static_cast<unsigned>(date % 100))};
}

Micros system_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Micros(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

schema::CustomerView::Status status_of(const schema::CachedCustomer& state) {
  if (!state.merged_into().empty()) return schema::CustomerView::MERGED;
  return state.blocked() ? schema::CustomerView::BLOCKED : schema::CustomerView::ACTIVE;
}

SealedCustomer sealed_customer(CachedCustomerRow&& row) {
  SealedCustomer customer;
  schema::CustomerView& view = customer.view;
  view.set_customer_id(row.customer.customer_id());
  view.set_position(std::move(row.position));
  view.set_status(status_of(row.state));
  view.set_version(row.state.version());
  *view.mutable_consents() = row.state.consents();
  if (!row.state.merged_into().empty()) view.set_merged_into(row.state.merged_into());
  if (!row.customer.customer_group().empty()) view.set_customer_group(row.customer.customer_group());
  view.set_receipts_by_mail(row.customer.receipts_by_mail());
  customer.sealed = std::move(*row.customer.mutable_sealed());
  customer.erased = row.state.erased();
  return customer;
}

template <class Message>
Result<Reflected<Message>> reflected(Result<AsOf<Message>>&& result) {
  if (!result.ok()) return result.error();
  return Reflected<Message>{std::move(result->value), result->at};
}

}  // namespace

ViewQueries::ViewQueries(ReadCache& cache, Reporting* reporting, const ZoneTables& zones)
    : ViewQueries(cache, reporting, zones, system_now) {}

ViewQueries::ViewQueries(ReadCache& cache, Reporting* reporting, const ZoneTables& zones, Clock clock)
    : cache_(cache), reporting_(reporting), zones_(zones), clock_(std::move(clock)) {}

bool ViewQueries::reached(QueryView view, Position target) {
  switch (view) {
    case QueryView::kReadCache:
      return cache_.wait_for(target, kNoWait);
    case QueryView::kReporting:
      return reporting_ != nullptr && reporting_->wait_for(target, kNoWait);
  }
  return false;
}

std::string_view ViewQueries::missing(QueryView view) const {
  if (view != QueryView::kReporting || reporting_ != nullptr) return {};
  return "reports need the reporting database, which is not configured";
}

bool ViewQueries::failing(QueryView view) const {
  if (view == QueryView::kReporting && reporting_ == nullptr) return true;
  const ManagedView& managed = view == QueryView::kReporting ? static_cast<const ManagedView&>(*reporting_) : cache_;
  const FollowerState state = managed.info().status.state;
  return state == FollowerState::kRetrying || state == FollowerState::kStopped;
}

Result<std::optional<Position>> ViewQueries::position_of(std::string_view tenant,
                                                         const std::optional<AsOfPoint>& as_of) {
  if (!as_of) return std::optional<Position>();
  if (as_of->position) return as_of->position;
  const auto at_time = cache_.tenant_position_at(tenant, *as_of->time);
  if (!at_time.ok()) return at_time.error();
  return std::optional(at_time.value().value);
}

Result<Lookup<schema::SaleView>> ViewQueries::sale(std::string_view tenant, std::string_view sale_id,
                                                   const std::optional<AsOfPoint>& as_of) {
  const auto position = position_of(tenant, as_of);
  if (!position.ok()) return position.error();
  auto found = cache_.sale(tenant, sale_id, position.value());
  if (!found.ok()) return found.error();
  return Lookup<schema::SaleView>{std::move(found->value), found->at};
}

Result<Lookup<SealedCustomer>> ViewQueries::customer(std::string_view tenant, std::string_view customer_id) {
  auto found = cache_.customer(tenant, customer_id);
  if (!found.ok()) return found.error();
  Lookup<SealedCustomer> lookup{std::nullopt, found->at};
  if (found->value) {
    lookup.message = sealed_customer(std::move(*found->value));
  }
  return lookup;
}

Result<Lookup<ShownEntity>> ViewQueries::entity(std::string_view tenant, EntityKind kind, std::string_view id,
                                                const std::optional<AsOfPoint>& as_of) {
  const auto position = position_of(tenant, as_of);
  if (!position.ok()) return position.error();
  auto found =
      position.value() ? cache_.entity_at(tenant, kind, id, *position.value()) : cache_.entity(tenant, kind, id);
  if (!found.ok()) return found.error();
  Lookup<ShownEntity> lookup{std::nullopt, found->at};
  if (!found->value) return lookup;
  hide_from_clients(kind, *found->value->state);
  lookup.message = ShownEntity{std::move(found->value->state), found->value->version};
  return lookup;
}

Result<Reflected<schema::Availability>> ViewQueries::availability(std::string_view tenant, std::string_view store_id,
                                                                  const std::vector<std::string>& skus,
                                                                  const std::optional<AsOfPoint>& as_of) {
  const auto position = position_of(tenant, as_of);
  if (!position.ok()) return position.error();
  const std::vector<std::string_view> views(skus.begin(), skus.end());
  if (position.value()) return reflected(cache_.availability_at(tenant, store_id, views, *position.value()));
  return reflected(cache_.availability(tenant, store_id, views));
}

Result<Reflected<schema::Dashboard>> ViewQueries::dashboard(std::string_view tenant, std::string_view store_id,
                                                            std::int32_t business_date) {
  auto found = day_dashboard(tenant, store_id, business_date);
  if (!found.ok()) return found;
  if (Status added = add_live(tenant, store_id, found->message); !added.ok()) return added.error();
  return found;
}

Result<Reflected<schema::Dashboard>> ViewQueries::day_dashboard(std::string_view tenant, std::string_view store_id,
                                                                std::int32_t business_date) {
  if (business_date != 0) return reflected(cache_.dashboard(tenant, store_id, business_date));
  const std::int32_t today = business_time(clock_(), nullptr, 0).business_date;
  for (int back = 0; back <= kDaysSearched; ++back) {
    auto found = cache_.dashboard(tenant, store_id, number_of(days_of(today) + kAhead - days(back)));
    if (!found.ok() || found->value.sales() > 0) return reflected(std::move(found));
  }
  return reflected(cache_.dashboard(tenant, store_id, today));
}

Result<Reflected<schema::SalesReport>> ViewQueries::sales_report(std::string_view tenant, const ReportRange& range) {
  if (reporting_ == nullptr) return Error{ErrorKind::kUnavailable, "there is no reporting model"};
  SalesReportRequest request{std::string(tenant), range.from, range.to, ReportGroup::kStore};
  if (!parse_report_group(range.group_by, request.group))
    return Error{ErrorKind::kInvalid, "not a grouping: " + range.group_by};
  auto found = reporting_->sales_report(request);
  if (!found.ok()) return found.error();
  return Reflected<schema::SalesReport>{std::move(found->report), found->at};
}

Result<Reflected<ChangesPage>> ViewQueries::changes(std::string_view tenant, const ChangesRequest& request) {
  return read_changes(cache_, *this, tenant, request);
}

Result<TableReportAt> ViewQueries::table_report(const TableReportRequest& request) {
  if (reporting_ == nullptr) return Error{ErrorKind::kUnavailable, "there is no reporting model"};
  return reporting_->table_report(request);
}

}  // namespace till
