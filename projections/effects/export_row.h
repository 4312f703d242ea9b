// Events as rows of the analytics export: one line of JSON each.
//
//   {"id":"<log
//   id>.<epoch>.<position>.<index>","tenant":…,"business_date":"2026-11-23","epoch":…,"position":…,"index":…,
//   "recorded_at":"2026-11-23T08:15:30.000001Z","stream_kind":"sale","stream_id":…,"version":…,"event":"SaleCompleted",
//   "data":{…}}
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <google/protobuf/message.h>

#include "engine/domain.h"
#include "engine/result.h"
#include "engine/transaction.h"
#include "projections/effects/export_layout.h"

namespace till {

// Appends what the event of that type says, as one JSON object without a line break. One thread.
using EventJson = std::function<void(const google::protobuf::Message& event, std::uint32_t type, std::string& out)>;

// `domain` outlives it. One thread.
class ExportRows {
 public:
  ExportRows(const Domain& domain, EventJson event_json);

  // kPoison where the transaction cannot be exported: an event or kind without a name, a tenant that is no folder's
  // name.
  Status check(const Transaction& transaction) const;
  // Where the rows of a transaction belong: its business date, or the day in UTC on which it was recorded.
  static ExportPartition partition_of(const Transaction& transaction);
  // One line for each event of a transaction that check() lets pass.
  void append(const Transaction& transaction, std::string& out) const;

 private:
  std::string_view kind_of(const schema::RecordedEvent& event) const;

  const Domain& domain_;
  const EventJson event_json_;
};

}  // namespace till
