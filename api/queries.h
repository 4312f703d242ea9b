// What the read routes ask for, apart from the views that answer. Implemented over the real views by view_queries.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "engine/result.h"
#include "engine/vocabulary.h"
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

// How far back the latest business date with sales is looked for where a dashboard is asked for without a date.
inline constexpr int kDaysSearched = 31;

struct ReportRange {
  std::int32_t from = 0;  // yyyymmdd, inclusive
  std::int32_t to = 0;    // yyyymmdd, inclusive
  std::string group_by;   // store, day, hour, product, category or tender
};

// Thread safe. All but sales_report() and reads as of a moment are quick enough for an I/O thread; sales_report()
// blocks on a database server. Errors: kUnavailable where the view does not answer now, kInvalid where the answer would
// be too large.
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
  virtual Result<Reflected<schema::SalesReport>> sales_report(std::string_view tenant, const ReportRange& range) = 0;
};

}  // namespace till
