// The rows of drawers and their shifts: what moved cash, and where each shift stands.
#pragma once

#include <array>
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

// Value columns of d_shift.
enum class ShiftColumn : std::uint8_t {
  kStatus,
  kZNo,
  kStore,
  kTerminal,
  kEmployee,
  kCurrency,
  kBusinessDate,
  kOpenedAt,
  kEndedAt,
  kClosedAt,
  kOpeningFloat,
  kOpeningDifference,
  kExpected,
  kCounted,
  kCounts,
  kToSafe,
  kLeftInDrawer,
  kGrandTotal,
  kBlindCount,
  kTrainingSales,
  kLastTerminalSeq,
  kPosition,
  kFirstTerminalSeq,
};
inline constexpr std::size_t kShiftColumns = 23;

// d_shift, d_shift_tender, f_drawer, f_cancelled and agg_employee_act of one batch. What sales add up to in a shift is
// made with the sales.
class ShiftRows {
 public:
  ShiftRows(std::string_view prefix, const StatementLimits& limits);
  // Does nothing where the event is about neither a drawer nor an employee's act.
  void add(const schema::Record& record, int index, const schema::Event& event);
  void finish(std::vector<TableStatements>& tables);

 private:
  using Values = std::array<std::string, kShiftColumns>;  // SQL, empty where the batch does not say
  struct Movement;
  void add_opened(const schema::Record& record, int index, const schema::ShiftOpened& fact);
  void add_moved(const schema::Record& record, int index, std::string_view kind, const schema::DrawerMoved& fact);
  void add_operator(const schema::Record& record, int index, const schema::OperatorChanged& fact);
  void add_booked(const schema::Record& record, int index, const schema::ShiftSaleBooked& fact);
  void add_late(const schema::Record& record, int index, const schema::LateSaleAttached& fact);
  void add_cancelled(const schema::Record& record, const schema::ShiftTicketCancelled& fact);
  void add_counted(const schema::Record& record, const schema::ShiftCounted& fact);
  void add_closed(const schema::Record& record, const schema::ShiftClosed& fact);
  // What a sale, or a tender that was corrected, did to the drawer; of either message.
  template <class Fact>
  void add_cash(const schema::Record& record, int index, const Fact& fact);
  void add_variances(const schema::Record& record, std::string_view shift_id,
                     const google::protobuf::RepeatedPtrField<schema::TenderVariance>& variances);
  void add_act(const schema::Record& record, std::string_view employee_id, std::string_view act);
  void add_movement(const schema::Record& record, int index, const Movement& movement);
  Values& shift(const schema::Record& record, std::string_view shift_id);

  const std::string prefix_;
  const StatementLimits limits_;
  InsertRows drawers_, counts_, cancelled_;
  SumTable acts_;
  std::map<std::string, Values, std::less<>> shifts_;  // by SQL of the key
};

}  // namespace till::reporting
