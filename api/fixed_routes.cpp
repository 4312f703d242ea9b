#include "api/fixed_routes.h"

#include <utility>

#include "api/queries.h"
#include "schemas/views.pb.h"

namespace till {
namespace {

Route get(RouteKind kind, std::string name, std::string path, std::string group, std::string summary) {
  Route route;
  route.kind = kind;
  route.name = std::move(name);
  route.method = "GET";
  route.path = std::move(path);
  route.group = std::move(group);
  route.summary = std::move(summary);
  return route;
}

Route read(Route route, std::vector<schema::Scope> scopes, const google::protobuf::Descriptor* answer,
           std::vector<QueryParameter> query = {}) {
  route.scopes = std::move(scopes);
  route.answer = answer;
  route.query = std::move(query);
  return route;
}

Route batch() {
  Route route = get(RouteKind::kBatch, "Batch", "/v1/batch", "batch",
                    "Up to 1,000 commands of one tenant in order, each accepted or refused by itself");
  route.method = "POST";
  route.scopes = {schema::TERMINAL, schema::MANAGER};
  return route;
}

QueryParameter business_date() {
  static_assert(kDaysSearched == 31);
  return {"business_date", "date", false, false,
          "Business day; if left out the latest one with sales of the last 31 days, else today in UTC"};
}

}  // namespace

QueryParameter as_of_parameter() {
  return {"as_of", "as_of", false, false, "A position or a time: what stood then"};
}

std::vector<Route> fixed_routes() {
  using enum RouteKind;
  const std::vector<schema::Scope> tills{schema::TERMINAL, schema::MANAGER};
  const std::vector<schema::Scope> everybody{schema::TERMINAL, schema::MANAGER, schema::REPORTING};
  const std::vector<schema::Scope> office{schema::MANAGER, schema::REPORTING};
  return {
      batch(),
      read(get(kSale, "GetSale", "/v1/sales/{sale_id}", "sales", "A sale as it stands"), everybody,
           schema::SaleView::descriptor(), {as_of_parameter()}),
      read(get(kCustomer, "GetCustomer", "/v1/customers/{customer_id}", "customers", "A customer with personal fields"),
           tills, schema::CustomerView::descriptor()),
      read(get(kAvailability, "GetAvailability", "/v1/inventory/availability", "inventory",
               "Stock of products in a store"),
           everybody, schema::Availability::descriptor(),
           {{"store_id", "id", true, false, "The store"},
            {"sku", "id", true, true, "A product; may be repeated"},
            as_of_parameter()}),
      read(get(kStoreDashboard, "GetStoreDashboard", "/v1/dashboards/stores/{store_id}", "dashboards",
               "A store's business day, live"),
           office, schema::Dashboard::descriptor(), {business_date()}),
      read(get(kTenantDashboard, "GetTenantDashboard", "/v1/dashboards/tenant", "dashboards",
               "The business day of all stores, live"),
           office, schema::Dashboard::descriptor(), {business_date()}),
      read(get(kSalesReport, "GetSalesReport", "/v1/reports/sales", "reports",
               "Sales by a grouping over a range of days"),
           office, schema::SalesReport::descriptor(),
           {{"from", "date", true, false, "First business date"},
            {"to", "date", true, false, "Last business date, inclusive"},
            {"group_by", "store|day|hour|product|category|tender", true, false, "What a row stands for"}}),
      get(kLivez, "GetLivez", "/livez", "service", "200 while the process runs"),
      get(kReadyz, "GetReadyz", "/readyz", "service", "200 while commands are accepted"),
      get(kOpenApi, "GetOpenApi", "/openapi.json", "service", "This description"),
      get(kDocs, "GetDocs", "/docs", "service", "This description for people"),
  };
}

}  // namespace till
