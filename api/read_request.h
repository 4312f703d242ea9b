// What a read route was asked, checked: path and query parameters, the position to wait for, the form of the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/credentials.h"
#include "api/http.h"
#include "api/queries.h"
#include "api/receipt.h"
#include "api/routes.h"
#include "api/validation.h"
#include "engine/vocabulary.h"
#include "schemas/errors.pb.h"

namespace till {

inline constexpr std::size_t kPageDefault = 50;  // items of one page of a list
inline constexpr std::size_t kPageMost = 200;
inline constexpr std::size_t kExpandMost = 4;         // expand parameters of one request
inline constexpr std::size_t kSkusMost = 200;         // of one availability request
inline constexpr std::int32_t kReportYearsMost = 10;  // of one report
inline constexpr std::chrono::seconds kWaitDefault{2};
inline constexpr std::chrono::seconds kWaitMost{30};

struct ReadRequest {
  RouteKind kind = RouteKind::kSale;
  std::string tenant;
  std::string id;  // sale, customer, product or entity
  schema::Kind entity = schema::KIND_UNSPECIFIED;
  schema::ErrorCode missing_code = schema::ERROR_UNSPECIFIED;  // where there is no such entity
  const google::protobuf::Message* empty = nullptr;            // shown instead, where it is set
  std::string as_of_text;
  std::optional<AsOfPoint> as_of;
  std::string store_id;  // empty: the whole tenant
  std::vector<std::string> skus;
  std::int32_t business_date = 0;
  ReportRange range;
  std::string after_text;
  ChangesRequest changes;
  bool sees_persons = false;  // may be told personal fields
  TableReportRequest report;  // without its tenant
  std::string format;         // of a report: json, csv, or empty
  PageRequest page;
  std::string list;  // what the pages of one list have in common, for their cursors
  schema::ShiftState::Status shift_status = schema::ShiftState::STATUS_UNSPECIFIED;
  std::string effect;  // of a list of dead letters; empty: of all
  bool expands_customer = false;
  bool expands_products = false;
  std::string bound_terminal;  // of the key; empty: any
  ReceiptForm receipt_form = ReceiptForm::kData;

  std::optional<Position> at_least;
  std::chrono::milliseconds wait{kWaitDefault};
  WireForm form = WireForm::kJson;
  bool csv = false;  // instead of `form`, of a report that was found
  std::string instance;
};

// PARAMETER_INVALID with a pointer for each faulty parameter; nothing where all are good. Fills what belongs to the
// route. `query` is undecoded.
std::optional<schema::Problem> read_parameters(const RouteMatch& match, std::string_view query, ReadRequest& read);

// The query parameter as_of, where read.as_of_text is set: a position of this log, or a time by RFC 3339. After
// read_wait(): the view is waited for until it reflects that moment.
std::optional<schema::Problem> read_as_of(Feed& feed, ReadRequest& read);

// The query parameter `after`, where read.after_text is set. After read_wait(), as read_as_of().
std::optional<schema::Problem> read_after(Feed& feed, ReadRequest& read);

// Till-At-Least and Prefer. POSITION_INVALID for what cannot be a position of this log, or was cut from it.
// One of a former epoch is looked up in the log.
std::optional<schema::Problem> read_wait(const HttpRequest& request, Feed& feed, ReadRequest& read);

// Seconds of "wait=S" in a Prefer header, at most kWaitMost; kWaitDefault where none is given or it cannot be read.
std::chrono::milliseconds preferred_wait(std::string_view prefer);

}  // namespace till
