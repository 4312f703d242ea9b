#include "api/fixed_routes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "api/change_feed.h"
#include "api/queries.h"
#include "api/read_request.h"
#include "schemas/commands.pb.h"
#include "schemas/state.pb.h"
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

Route sync_route() {
  Route route = get(RouteKind::kSync, "SyncTerminal", "/v1/terminals/{terminal_id}/sync", "sync",
                    "What a till did while it was away: up to 500 entries of its chain, each kept once");
  route.method = "POST";
  route.scopes = {schema::TERMINAL, schema::MANAGER};
  route.body = schema::SyncRequest::descriptor();
  route.answer = schema::SyncResult::descriptor();
  return route;
}

QueryParameter format() {
  return {"format", "json|csv", false, false, "Instead of Accept"};
}

std::vector<QueryParameter> with_format(std::vector<QueryParameter> query) {
  query.push_back(format());
  return query;
}

// Of a range of business days.
std::vector<QueryParameter> day_range(std::vector<QueryParameter> more = {}) {
  std::vector<QueryParameter> query{{"from", "date", true, false, "First business date"},
                                    {"to", "date", true, false, "Last business date, inclusive"}};
  query.insert(query.end(), more.begin(), more.end());
  return with_format(std::move(query));
}

QueryParameter one_store() {
  return {"store_id", "id", false, false, "Only this store"};
}

QueryParameter limit() {
  static_assert(kReportPageDefault == 100 && kReportPageMost == kCountMost);
  return {"limit", "count", false, false, "Rows at most, 1 to 1000; 100 if left out"};
}

QueryParameter cursor() {
  return {"cursor", "report_cursor", false, false, "next_cursor of the page before"};
}

Route report(ReportKind kind, std::string name, std::string path, std::string summary,
             const google::protobuf::Descriptor* answer, std::vector<QueryParameter> query) {
  Route route = read(
      get(RouteKind::kTableReport, std::move(name), "/v1/reports/" + std::move(path), "reports", std::move(summary)),
      {schema::MANAGER, schema::REPORTING}, answer, std::move(query));
  route.report = kind;
  route.missing = schema::NOT_FOUND;
  return route;
}

std::vector<Route> table_reports() {
  using enum ReportKind;
  return {
      report(kTax, "GetTaxReport", "tax", "Tax by code over a range of days, as it was charged",
             schema::TaxReport::descriptor(), day_range({one_store()})),
      report(kTopProducts, "GetTopProducts", "top-products", "The products with the most net over a range of days",
             schema::TopProductsReport::descriptor(), day_range({limit()})),
      report(kStock, "GetStockReport", "stock", "What is on hand and what it is worth at average cost",
             schema::StockReport::descriptor(), with_format({one_store(), limit(), cursor()})),
      report(kShrinkage, "GetShrinkageReport", "shrinkage", "What counts and losses took over a range of days",
             schema::ShrinkageReport::descriptor(), day_range({one_store()})),
      report(kSellThrough, "GetSellThroughReport", "sell-through", "What was sold of what there was, by article",
             schema::SellThroughReport::descriptor(), day_range({limit(), cursor()})),
      report(kGiftCards, "GetGiftCardReport", "gift-cards", "What is owed to holders of gift cards, and how old it is",
             schema::GiftCardReport::descriptor(), day_range()),
      report(kCustomers, "GetCustomersReport", "customers", "What customers were worth, with quintiles",
             schema::CustomersReport::descriptor(), day_range({limit(), cursor()})),
      report(kShifts, "GetShiftsReport", "shifts", "Shifts with what was over or short",
             schema::ShiftsReport::descriptor(), day_range({one_store(), limit(), cursor()})),
      report(kShiftX, "GetShiftX", "shifts/{shift_id}/x", "The X report of a shift that is not closed",
             schema::ShiftReport::descriptor(), with_format({})),
      report(kShiftZ, "GetShiftZ", "shifts/{shift_id}/z", "The Z report of a closed shift",
             schema::ShiftReport::descriptor(), with_format({})),
      report(kLossPrevention, "GetLossPreventionReport", "loss-prevention",
             "Voids, returns, discounts and drawer openings by employee", schema::LossPreventionReport::descriptor(),
             day_range()),
  };
}

QueryParameter store_parameter() {
  return {"store_id", "id", true, false, "The store"};
}

// Of a list: `further` parameters, then those of a page.
template <class... Parameters>
std::vector<QueryParameter> paging(Parameters... further) {
  static_assert(kPageDefault == 50 && kPageMost == 200);
  return {further..., QueryParameter{"limit", "limit", false, false, "Items of a page: 1 to 200, or 50"},
          QueryParameter{"cursor", "cursor", false, false, "next_cursor of the page before"}};
}

Route return_receipt(const std::vector<schema::Scope>& scopes) {
  Route route = read(get(RouteKind::kReturnReceipt, "GetReturnReceipt", "/v1/returns/{return_id}/receipt", "sales",
                         "The receipt of a return, as that of a sale"),
                     scopes, schema::Receipt::descriptor());
  route.missing = schema::RETURN_NOT_FOUND;
  return route;
}

// No command: it leads to no event, and needs no idempotency key.
Route touch_session(const std::vector<schema::Scope>& scopes) {
  static_assert(kSessionIdle == std::chrono::minutes(15));
  Route route = read(get(RouteKind::kTouchSession, "TouchSession", "/v1/sessions/{session_id}/touch", "sessions",
                         "Keeps a session in use for another 15 minutes; nothing is recorded"),
                     scopes, schema::SessionTouch::descriptor());
  route.method = "POST";
  return route;
}

// What the tenant's effects could not deliver, and what its webhook endpoints were sent.
std::vector<Route> effect_routes() {
  using enum RouteKind;
  const std::vector<schema::Scope> admin{schema::ADMIN};
  Route letter = read(
      get(kDeadLetter, "GetDeadLetter", "/v1/dead-letters/{dead_letter_id}", "effects", "A delivery that was given up"),
      admin, schema::DeadLetter::descriptor());
  letter.missing = schema::DEAD_LETTER_NOT_FOUND;
  Route deliveries =
      read(get(kWebhookDeliveries, "ListWebhookDeliveries", "/v1/webhook-endpoints/{endpoint_id}/deliveries",
               "webhooks", "The latest attempts to deliver to an endpoint, the newest first"),
           {schema::MANAGER}, schema::WebhookDeliveryList::descriptor(), paging());
  deliveries.missing = schema::WEBHOOK_ENDPOINT_NOT_FOUND;
  return {read(get(kDeadLetters, "ListDeadLetters", "/v1/dead-letters", "effects", "Deliveries that were given up"),
               admin, schema::DeadLetterList::descriptor(),
               paging(QueryParameter{"effect", "id", false, false, "Of this effect only"})),
          std::move(letter), std::move(deliveries)};
}

QueryParameter expand_parameter() {
  return {"expand", "customer|lines.product", false, true, "What is shown whole instead of by its id; may be repeated"};
}

QueryParameter business_date() {
  static_assert(kDaysSearched == 31);
  return {"business_date", "date", false, false,
          "Business day; if left out the latest one with sales of the last 31 days, else today in UTC"};
}

std::vector<Route> main_routes() {
  using enum RouteKind;
  const std::vector<schema::Scope> tills{schema::TERMINAL, schema::MANAGER};
  const std::vector<schema::Scope> everybody{schema::TERMINAL, schema::MANAGER, schema::REPORTING};
  const std::vector<schema::Scope> office{schema::MANAGER, schema::REPORTING};
  return {
      batch(),
      sync_route(),
      read(get(kSale, "GetSale", "/v1/sales/{sale_id}", "sales", "A sale as it stands"), everybody,
           schema::SaleView::descriptor(), {as_of_parameter(), expand_parameter()}),
      read(get(kCustomer, "GetCustomer", "/v1/customers/{customer_id}", "customers", "A customer with personal fields"),
           tills, schema::CustomerView::descriptor()),
      read(get(kAvailability, "GetAvailability", "/v1/inventory/availability", "inventory",
               "Stock of products in a store"),
           everybody, schema::Availability::descriptor(),
           {{"store_id", "id", true, false, "The store"},
            {"sku", "id", true, true, "A product; may be repeated"},
            as_of_parameter()}),
      read(get(kSaleReceipt, "GetReceipt", "/v1/sales/{sale_id}/receipt", "sales",
               "The receipt of a sale: as data, as text of 42 columns or as a page, as Accept asks"),
           everybody, schema::Receipt::descriptor()),
      return_receipt(everybody),
      read(get(kProduct, "GetProduct", "/v1/catalog/products/{sku}", "catalog", "A product"), everybody,
           schema::ProductView::descriptor(), {as_of_parameter()}),
      read(get(kProducts, "ListProducts", "/v1/catalog/products", "catalog", "Products by SKU"), everybody,
           schema::ProductList::descriptor(), paging()),
      read(get(kLowStock, "ListLowStock", "/v1/inventory/low-stock", "inventory",
               "Items of a store at their reorder point or below"),
           everybody, schema::LowStock::descriptor(), paging(store_parameter())),
      read(get(kSessions, "ListSessions", "/v1/sessions", "sessions", "Sessions of a store that may be used now"),
           tills, schema::SessionList::descriptor(), paging(store_parameter())),
      read(
          get(kShifts, "ListShifts", "/v1/shifts", "shifts",
              "Shifts of a store that are not closed, with their totals"),
          everybody, schema::ShiftList::descriptor(),
          paging(store_parameter(), QueryParameter{"state", "OPEN|ENDED|COUNTED", false, false, "Of this state only"})),
      touch_session(tills),
      read(get(kStoreDashboard, "GetStoreDashboard", "/v1/dashboards/stores/{store_id}", "dashboards",
               "A store's business day, live"),
           office, schema::Dashboard::descriptor(), {business_date()}),
      read(get(kTenantDashboard, "GetTenantDashboard", "/v1/dashboards/tenant", "dashboards",
               "The business day of all stores, live"),
           office, schema::Dashboard::descriptor(), {business_date()}),
      read(get(kSalesReport, "GetSalesReport", "/v1/reports/sales", "reports",
               "Sales by a grouping over a range of days"),
           office, schema::SalesReport::descriptor(),
           day_range({{"group_by", "store|day|hour|product|category|tender|employee", true, false,
                       "What a row stands for"}})),
      read(get(kChanges, "GetChanges", "/v1/changes", "sync",
               "What changed after a position in catalogue, stores and customers; caught up where has_more is false"),
           everybody, schema::Changes::descriptor(),
           {{"after", "position", false, false, "As in `next` of the page before; from the beginning if left out"},
            {"limit", "count", false, false, "Changes of one page, 100 if left out; one transaction is never split"},
            {"kinds", kChangeKinds, false, true, "Only changes of this kind; may be repeated"}}),
      get(kLivez, "GetLivez", "/livez", "service", "200 while the process runs"),
      get(kReadyz, "GetReadyz", "/readyz", "service", "200 while commands are accepted"),
      get(kOpenApi, "GetOpenApi", "/openapi.json", "service", "This description"),
      get(kAsyncApi, "GetAsyncApi", "/asyncapi.json", "service", "The events in JetStream, for subscribers"),
      get(kEventProto, "GetEventProto", "/schemas/events.proto", "service", "The messages that events are written in"),
      get(kDocs, "GetDocs", "/docs", "service", "This description for people"),
  };
}

}  // namespace

QueryParameter as_of_parameter() {
  return {"as_of", "as_of", false, false, "A position or a time: what stood then"};
}

std::vector<Route> fixed_routes() {
  std::vector<Route> routes = main_routes();
  std::vector<Route> reports = table_reports();
  std::vector<Route> effects = effect_routes();
  reports.insert(reports.end(), std::make_move_iterator(effects.begin()), std::make_move_iterator(effects.end()));
  // Before the routes of the service itself, which come last.
  routes.insert(std::find_if(routes.begin(), routes.end(), [](const Route& route) { return route.group == "service"; }),
                std::make_move_iterator(reports.begin()), std::make_move_iterator(reports.end()));
  return routes;
}

}  // namespace till
