// The events of one drawer's shift, for the reporting model's tests: each call appends a transaction, sums go on
// rightly.
#pragma once

#include <cstdint>
#include <string>

#include "tests/reporting_log.h"

namespace till {

class TestDrawer {
 public:
  TestDrawer(ReportingLog& log, std::string tenant, std::string shift_id, std::string terminal_id = "T1")
      : log_(log), tenant_(std::move(tenant)), shift_id_(std::move(shift_id)), terminal_id_(std::move(terminal_id)) {}

  void open(std::int64_t opening_float, std::int64_t difference = 0, bool blind = false);
  // The sale gets the shift and its terminal with the next sequence.
  void sell(TestSale sale);
  void void_sale(TestSale sale);
  void give_back(TestSale receipt, const std::string& source_sale_id);
  // A sale whose price is partly paid by what comes back, in one transaction.
  void exchange(TestSale sale, TestSale receipt, const std::string& source_sale_id);
  void pay_in(std::int64_t amount);
  void pay_out(std::int64_t amount);
  void lend(std::int64_t amount);
  void pick_up(std::int64_t amount);
  void no_sale();
  void change_operator(const std::string& employee_id);
  void end();
  void count(std::int64_t cash);
  void close(std::uint64_t z_no, std::int64_t cash, std::int64_t grand_total);

  std::int64_t expected() const { return expected_; }

 private:
  schema::SaleCompleted of_shift(TestSale& sale);
  schema::Event booked(const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind);
  schema::DrawerMoved moved(std::int64_t amount);

  ReportingLog& log_;
  const std::string tenant_;
  const std::string shift_id_;
  const std::string terminal_id_;
  std::string employee_id_ = "E1";
  std::int64_t expected_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace till
