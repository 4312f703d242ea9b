// The rows of accounts of value: gift cards, points, store credit, house accounts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "projections/reporting/insert.h"
#include "projections/reporting/sum_table.h"
#include "schemas/events.pb.h"
#include "schemas/record.pb.h"

namespace till::reporting {

// f_giftcard, s_giftcard, agg_giftcard_day, f_loyalty, f_store_credit and f_account of one batch.
class ValueRows {
 public:
  ValueRows(std::string_view prefix, const StatementLimits& limits);
  // Does nothing where the event moves no such account.
  void add(const schema::Record& record, int index, const schema::Event& event);
  void finish(std::vector<TableStatements>& tables);

 private:
  void add_card_event(const schema::Record& record, int index, const schema::Event& event);
  void add_points_event(const schema::Record& record, int index, const schema::Event& event);
  void add_customer_event(const schema::Record& record, int index, const schema::Event& event);
  void add_card(const schema::Record& record, int index, std::string_view kind, const schema::GiftCardMoved& fact);
  void add_card_level(const schema::Record& record, const schema::GiftCardMoved& fact);
  void add_points(const schema::Record& record, int index, std::string_view kind, const schema::PointsMoved& fact);

  const std::string prefix_;
  const StatementLimits limits_;
  InsertRows cards_, points_, credits_, accounts_;
  SumTable card_days_;
  std::map<std::string, std::string, std::less<>> levels_;  // SQL of a card's key -> of its values; the last one counts
  std::map<std::string, std::int32_t, std::less<>> first_days_;  // of the same keys: the batch's first day
};

}  // namespace till::reporting
