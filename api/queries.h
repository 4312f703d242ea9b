// What the read routes ask for, apart from the views that answer. Implemented over the real views by view_queries.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "engine/result.h"
#include "engine/vocabulary.h"
#include "projections/reporting/table_report.h"
#include "schemas/errors.pb.h"
#include "schemas/state.pb.h"
#include "schemas/views.pb.h"

namespace till {

// The views behind the routes; each follows the log at its own pace.
enum class QueryView : std::uint8_t { kReadCache, kReporting };

// An answer with the point of the log that it reflects.
template <class Message>
struct Reflected {
  Message message;
  LogPoint at;
};

// A customer as stored: personal fields stay sealed until the answer is written.
struct SealedCustomer {
  schema::CustomerView view;  // without personal fields
  std::string sealed;         // schema::PersonalData under the person's key; empty where nothing personal was given
  bool erased = false;
};

// A thing that is asked for by its id, or only the point at which it was not there.
template <class Message>
struct Lookup {
  std::optional<Message> message;
  LogPoint at;
};

// A moment of a tenant: what its transactions up to a position, or recorded until a time, had made. One of them is set.
struct AsOfPoint {
  std::optional<Position> position;
  std::optional<Micros> time;
};

// An entity as its events left it, ready to be shown: internal fields still set, what a client may not know removed.
struct ShownEntity {
  std::unique_ptr<google::protobuf::Message> state;
  StreamVersion version;
};

// Which part of a list is asked for.
struct PageRequest {
  std::string after;  // `next` of the page before; empty: from the beginning
  std::size_t limit = 0;
};

// A page of a list, and what the next one goes on after: any bytes; empty where nothing follows.
template <class Message>
struct Paged {
  Message message;  // without has_more and next_cursor
  LogPoint at;
  std::string next;
};

// What a touch of a session led to.
struct TouchAnswer {
  schema::ErrorCode refused = schema::ERROR_UNSPECIFIED;
  schema::SessionTouch touch;  // where it was not refused
  LogPoint at;
};

// How far back the latest business date with sales is looked for where a dashboard is asked for without a date.
inline constexpr int kDaysSearched = 31;
// How long a session that is touched lasts until it has to be touched again.
inline constexpr std::chrono::minutes kSessionIdle{15};

struct ReportRange {
  std::int32_t from = 0;  // yyyymmdd, inclusive
  std::int32_t to = 0;    // yyyymmdd, inclusive
  std::string group_by;   // store, day, hour, product, category, tender or employee
};

// Changes of some kinds of entities after a position, at most about `limit`: a transaction is never split.
struct ChangesRequest {
  Position after;
  std::size_t limit = 100;
  std::vector<EntityKind> kinds;
};

struct EntityChange {
  schema::Change change;  // without its position, and without a customer
  LogPoint at;
  std::optional<SealedCustomer> customer;  // where the change is of one who is not erased
};

struct ChangesPage {
  std::vector<EntityChange> changes;
  LogPoint next;  // the page after this one begins behind it
  bool has_more = false;
};

// Thread safe. All but reports, changes() and reads as of a moment are quick enough for an I/O thread; reports block on
// a database server. Errors: kUnavailable where the view does not answer now, kInvalid where the answer would be too
// large.
class Queries {
 public:
  virtual ~Queries() = default;
  // Whether a view reflects `target` by now; never blocks.
  virtual bool reached(QueryView view, Position target) = 0;
  // Why this server has no such view at all, in words for a client; empty where it has one.
  virtual std::string_view missing(QueryView view) const = 0;
  // Whether the view cannot apply what follows now (its database is away, say), so that it stands still.
  virtual bool failing(QueryView view) const = 0;

  virtual Result<Lookup<schema::SaleView>> sale(std::string_view tenant, std::string_view sale_id,
                                                const std::optional<AsOfPoint>& as_of) = 0;
  virtual Result<Lookup<SealedCustomer>> customer(std::string_view tenant, std::string_view customer_id) = 0;
  // With `as_of` up to 64 transactions are read from the log.
  virtual Result<Lookup<ShownEntity>> entity(std::string_view tenant, EntityKind kind, std::string_view id,
                                             const std::optional<AsOfPoint>& as_of) = 0;
  // One item per SKU in the order asked; one that was never stocked has zeros.
  virtual Result<Reflected<schema::Availability>> availability(std::string_view tenant, std::string_view store_id,
                                                               const std::vector<std::string>& skus,
                                                               const std::optional<AsOfPoint>& as_of) = 0;
  // Of one store, or of the whole tenant where `store_id` is empty. `business_date` 0: the latest one with
  // sales within kDaysSearched days, else today in UTC.
  virtual Result<Reflected<schema::Dashboard>> dashboard(std::string_view tenant, std::string_view store_id,
                                                         std::int32_t business_date) = 0;
  // With the names that the catalogue has now, and the number of the last copy of a sale's receipt.
  virtual Result<Lookup<schema::Receipt>> sale_receipt(std::string_view tenant, std::string_view sale_id) = 0;
  virtual Result<Lookup<schema::Receipt>> return_receipt(std::string_view tenant, std::string_view return_id) = 0;
  virtual Result<Lookup<schema::ProductView>> product(std::string_view tenant, std::string_view sku,
                                                      const std::optional<AsOfPoint>& as_of) = 0;
  // Those of `skus` that the catalogue has, in any order.
  virtual Result<std::vector<schema::ProductView>> products_of(std::string_view tenant,
                                                               const std::set<std::string>& skus) = 0;
  virtual Result<Paged<schema::ProductList>> products(std::string_view tenant, const PageRequest& page) = 0;
  virtual Result<Paged<schema::LowStock>> low_stock(std::string_view tenant, std::string_view store_id,
                                                    const PageRequest& page) = 0;
  virtual Result<Paged<schema::SessionList>> open_sessions(std::string_view tenant, std::string_view store_id,
                                                           const PageRequest& page) = 0;
  // `status` unspecified: all that are not closed.
  virtual Result<Paged<schema::ShiftList>> open_shifts(std::string_view tenant, std::string_view store_id,
                                                       schema::ShiftState::Status status, const PageRequest& page) = 0;
  // The session is in use now, and idles out kSessionIdle from now on. `bound_terminal`: the only terminal that the
  // caller may act for; empty: any. Refusals: SESSION_NOT_FOUND, SESSION_EXPIRED, SESSION_LOCKED,
  // TERMINAL_NOT_PERMITTED.
  virtual Result<TouchAnswer> touch_session(std::string_view tenant, std::string_view session_id,
                                            std::string_view bound_terminal) = 0;
  virtual Result<Reflected<schema::SalesReport>> sales_report(std::string_view tenant, const ReportRange& range) = 0;
  // The view reflects `request.after`. Reads up to kTransactionsScannedMost transactions from the log.
  virtual Result<Reflected<ChangesPage>> changes(std::string_view tenant, const ChangesRequest& request) = 0;
  // Of one effect, or of all where `effect` is empty.
  virtual Result<Paged<schema::DeadLetterList>> dead_letters(std::string_view tenant, std::string_view effect,
                                                             const PageRequest& page) = 0;
  virtual Result<Lookup<schema::DeadLetter>> dead_letter(std::string_view tenant, std::string_view dead_letter_id) = 0;
  virtual Result<Lookup<Paged<schema::WebhookDeliveryList>>> webhook_deliveries(std::string_view tenant,
                                                                                std::string_view endpoint_id,
                                                                                const PageRequest& page) = 0;
  // The other reports.
  virtual Result<TableReportAt> table_report(const TableReportRequest& request) = 0;
};

}  // namespace till
