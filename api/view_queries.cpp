#include "api/view_queries.h"

#include <chrono>
#include <optional>
#include <utility>

#include "commands/calendar.h"
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

std::int32_t utc_today() {
  return number_of(std::chrono::floor<days>(std::chrono::system_clock::now()));
}

template <class Message>
Result<Reflected<Message>> reflected(Result<AsOf<Message>>&& result) {
  if (!result.ok()) return result.error();
  return Reflected<Message>{std::move(result->value), result->at};
}

}  // namespace

ViewQueries::ViewQueries(ReadCache& cache, Reporting* reporting) : ViewQueries(cache, reporting, utc_today) {}

ViewQueries::ViewQueries(ReadCache& cache, Reporting* reporting, Today today)
    : cache_(cache), reporting_(reporting), today_(std::move(today)) {}

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

Result<Lookup<schema::SaleView>> ViewQueries::sale(std::string_view tenant, std::string_view sale_id) {
  auto found = cache_.sale(tenant, sale_id);
  if (!found.ok()) return found.error();
  return Lookup<schema::SaleView>{std::move(found->value), found->at};
}

Result<Lookup<SealedCustomer>> ViewQueries::customer(std::string_view tenant, std::string_view customer_id) {
  auto found = cache_.customer(tenant, customer_id);
  if (!found.ok()) return found.error();
  Lookup<SealedCustomer> lookup{std::nullopt, found->at};
  if (found->value) {
    lookup.message = SealedCustomer{found->value->customer.customer_id(), found->value->customer.sealed(),
                                    std::move(found->value->position)};
  }
  return lookup;
}

Result<Reflected<schema::Availability>> ViewQueries::availability(std::string_view tenant, std::string_view store_id,
                                                                  const std::vector<std::string>& skus) {
  const std::vector<std::string_view> views(skus.begin(), skus.end());
  return reflected(cache_.availability(tenant, store_id, views));
}

Result<Reflected<schema::Dashboard>> ViewQueries::dashboard(std::string_view tenant, std::string_view store_id,
                                                            std::int32_t business_date) {
  if (business_date != 0) return reflected(cache_.dashboard(tenant, store_id, business_date));
  const std::int32_t today = today_();
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

}  // namespace till
