// The events of one drawer's shift, for the reporting model's tests: each call appends a transaction, sums go on
// rightly.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/reporting_log.h"

namespace till {

class TestDrawer {
 public:
  TestDrawer(ReportingLog& log, std::string tenant, std::string shift_id, std::string terminal_id = "T1")
      : log_(log), tenant_(std::move(tenant)), shift_id_(std::move(shift_id)), terminal_id_(std::move(terminal_id)) {}

  void open(std::int64_t opening_float, std::int64_t difference = 0, bool blind = false);
  // The sale gets the shift and its terminal with the next sequence.
  void sell(TestSale sale);
  // After the shift has ended; `closed`: after its Z number too, so that it does not count in the drawer. What was
  // counted before stays.
  void attach_late(TestSale sale, bool closed = false);
  // After its Z number.
  void void_late(TestSale sale);
  void void_sale(TestSale sale);
  // The first tender is found to be of type `to`, which a later void of the sale takes back.
  void correct(TestSale sale, schema::Tender::Type to);
  void give_back(TestSale receipt, const std::string& source_sale_id);
  // A sale whose price is partly paid by what comes back, in one transaction.
  void exchange(TestSale sale, TestSale receipt, const std::string& source_sale_id);
  void pay_in(std::int64_t amount);
  void pay_out(std::int64_t amount);
  void lend(std::int64_t amount);
  void pick_up(std::int64_t amount);
  void no_sale();
  // A ticket of `lines` lines at 10.00 each, of which `voided` were taken off before.
  void cancel_ticket(const std::string& sale_id, std::uint32_t lines, std::uint32_t voided, bool after_z = false);
  void train(const std::string& sale_id);
  void change_operator(const std::string& employee_id);
  void end();
  void count(std::int64_t cash, std::vector<schema::TenderVariance> others = {});
  void close(std::uint64_t z_no, std::int64_t cash, std::int64_t grand_total);

  std::int64_t expected() const { return expected_; }

 private:
  schema::SaleCompleted of_shift(TestSale& sale);
  schema::Event booked(const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind);
  schema::DrawerMoved moved(std::int64_t amount);
  void add_retyped(const std::string& sale_id, google::protobuf::RepeatedPtrField<schema::RetypedTender>& retyped);

  ReportingLog& log_;
  const std::string tenant_;
  const std::string shift_id_;
  const std::string terminal_id_;
  std::string employee_id_ = "E1";
  std::int64_t expected_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t trained_ = 0;
  std::map<std::string, schema::Tender::Type> corrected_;  // first tenders by sale
  std::vector<schema::TenderVariance> variances_;          // of the last count
};

}  // namespace till
