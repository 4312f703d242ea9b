// Which request leads where: command routes and reads of entities made from the descriptors (the option `route` of the
// members of till.schema.Command, `read` of states), and the fixed routes of CONTRACT.md. Bodies of matched routes are
// read by command_codec.h. Immutable after its first use, thread safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "projections/reporting/table_report.h"
#include "schemas/errors.pb.h"
#include "schemas/options.pb.h"
#include "schemas/state.pb.h"

namespace till {

// Handlers switch over this; kCommand is every route of a command message, kEntity every read route of a state.
enum class RouteKind : std::uint8_t {
  kCommand,
  kBatch,
  kSync,
  kSale,
  kCustomer,
  kEntity,
  kAvailability,
  kSaleReceipt,
  kReturnReceipt,
  kProduct,
  kProducts,
  kLowStock,
  kSessions,
  kShifts,
  kTouchSession,
  kDeadLetters,
  kDeadLetter,
  kWebhookDeliveries,
  kStoreDashboard,
  kTenantDashboard,
  kSalesReport,
  kChanges,
  kTableReport,
  kLivez,
  kReadyz,
  kOpenApi,
  kAsyncApi,
  kEventProto,
  kDocs,
};

// Who serves a route.
enum class RouteFamily : std::uint8_t { kCommand, kBatch, kSync, kRead, kOpen };

constexpr RouteFamily family_of(RouteKind kind) {
  switch (kind) {
    case RouteKind::kCommand:
      return RouteFamily::kCommand;
    case RouteKind::kBatch:
      return RouteFamily::kBatch;
    case RouteKind::kSync:
      return RouteFamily::kSync;
    case RouteKind::kSale:
    case RouteKind::kCustomer:
    case RouteKind::kEntity:
    case RouteKind::kAvailability:
    case RouteKind::kSaleReceipt:
    case RouteKind::kReturnReceipt:
    case RouteKind::kProduct:
    case RouteKind::kProducts:
    case RouteKind::kLowStock:
    case RouteKind::kSessions:
    case RouteKind::kShifts:
    case RouteKind::kTouchSession:
    case RouteKind::kDeadLetters:
    case RouteKind::kDeadLetter:
    case RouteKind::kWebhookDeliveries:
    case RouteKind::kStoreDashboard:
    case RouteKind::kTenantDashboard:
    case RouteKind::kSalesReport:
    case RouteKind::kChanges:
    case RouteKind::kTableReport:
      return RouteFamily::kRead;
    case RouteKind::kLivez:
    case RouteKind::kReadyz:
    case RouteKind::kOpenApi:
    case RouteKind::kAsyncApi:
    case RouteKind::kEventProto:
    case RouteKind::kDocs:
      return RouteFamily::kOpen;
  }
  return RouteFamily::kOpen;
}

// Whether it answers a report, which is a table as well; a receipt, which may be printed.
constexpr bool is_report(RouteKind kind) {
  return kind == RouteKind::kSalesReport || kind == RouteKind::kTableReport;
}
constexpr bool is_receipt(RouteKind kind) {
  return kind == RouteKind::kSaleReceipt || kind == RouteKind::kReturnReceipt;
}

struct PathSegment {
  std::string text;  // literal, or the parameter's name
  bool parameter = false;
  const google::protobuf::FieldDescriptor* field = nullptr;  // of the command message; null on fixed routes
};

// The most that a parameter of type "count" may ask for.
inline constexpr std::uint32_t kCountMost = 1000;

struct QueryParameter {
  std::string_view name;
  // "id", "date", "as_of", "position", "count" (1 to kCountMost), "limit" (1 to kPageMost), "cursor", "report_cursor",
  // or the allowed values separated by '|'
  std::string_view type;
  bool required = false;
  bool repeated = false;
  std::string_view description;
};

struct Route {
  RouteKind kind = RouteKind::kCommand;
  std::string name;  // operationId: "RingUpSale", "GetSale"
  std::string method;
  std::string path;   // with its braces
  std::string group;  // of metrics and documents
  std::string summary;
  std::vector<schema::Scope> scopes;  // one of them is needed, ADMIN has all; empty: no credential needed
  std::vector<PathSegment> segments;
  const google::protobuf::FieldDescriptor* member = nullptr;  // of till.schema.Command; null on fixed routes
  const google::protobuf::Descriptor* body = nullptr;         // message of the request, on fixed routes that take one
  const google::protobuf::Descriptor* answer = nullptr;       // message of a 200; null on command and plain routes
  std::vector<QueryParameter> query;
  schema::Kind entity = schema::KIND_UNSPECIFIED;         // of kEntity
  schema::ErrorCode missing = schema::ERROR_UNSPECIFIED;  // of kEntity and kTableReport: where there is none
  const google::protobuf::Message* empty = nullptr;  // of kEntity: shown where there is none and `missing` is not set
  std::string only_id;                               // of kEntity: where the path names none
  ReportKind report = ReportKind::kTax;              // of kTableReport
};

struct PathParameter {
  const PathSegment* segment;
  std::string value;  // percent-decoded
};

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<PathParameter> parameters;  // in the order of the path
  std::string_view
      invalid_parameter;  // name of one that cannot be decoded or breaks its rule; empty where all are good
  std::string allow;      // methods of the path, "GET, PUT", where only the method did not match
  // route set: found. Else allow set: 405 with that Allow header. Else: 404.
  std::string_view parameter(std::string_view name) const;
};

// Fixed routes, reads of entities, then command routes in the order of the descriptor.
std::span<const Route> all_routes();

// `path` is the target up to "?", not decoded.
RouteMatch match_route(std::string_view method, std::string_view path);

// Route of a command by its message name (batch); null where there is none.
const Route* route_of_command(std::string_view command_name);

// Decodes %XX; false on a bad escape. With `plus_is_space` as in query strings.
bool percent_decode(std::string_view text, bool plus_is_space, std::string& out);

// Name and value pairs of a query string in order, decoded; false on a bad escape or more than kQueryParametersMost.
inline constexpr std::size_t kQueryParametersMost = 1024;
bool parse_query(std::string_view query, std::vector<std::pair<std::string, std::string>>& out);

// Whether the command of the route has an `expected_version`, and so takes If-Match.
bool takes_expected_version(const Route& route);

// Whether a key of `held` may use the route.
bool scope_permits(const Route& route, schema::Scope held);

}  // namespace till
