#include "tests/reporting_drawer.h"

namespace till {
namespace {

constexpr std::int32_t kDay = 20261123;

std::int64_t cash_of(const schema::SaleCompleted& sale) {
  std::int64_t cash = -sale.change();
  for (const auto& tender : sale.tenders()) {
    if (tender.type() == schema::Tender::CASH) cash += tender.amount();
  }
  return cash;
}

}  // namespace

void TestDrawer::open(std::int64_t opening_float, std::int64_t difference, bool blind) {
  schema::Event event;
  schema::ShiftOpened& fact = *event.mutable_shift_opened();
  fact.set_shift_id(shift_id_);
  fact.set_store_id("S1");
  fact.set_terminal_id(terminal_id_);
  fact.set_employee_id(employee_id_);
  fact.set_currency("USD");
  fact.set_opening_float(opening_float);
  fact.set_opening_difference(difference);
  fact.set_business_date(kDay);
  fact.set_blind_count(blind);
  expected_ = opening_float;
  log_.append(tenant_, {event});
}

schema::SaleCompleted TestDrawer::of_shift(TestSale& sale) {
  sale.shift_id = shift_id_;
  sale.terminal_id = terminal_id_;
  sale.terminal_seq = sequence_;
  return completed(sale);
}

schema::Event TestDrawer::booked(const schema::SaleCompleted& sale, schema::ShiftSaleBooked::Kind kind) {
  schema::Event event;
  schema::ShiftSaleBooked& fact = *event.mutable_shift_sale_booked();
  fact.set_shift_id(shift_id_);
  fact.set_sale_id(sale.sale_id());
  fact.set_kind(kind);
  fact.set_currency(sale.currency());
  if (kind == schema::ShiftSaleBooked::SALE) fact.set_terminal_seq(sale.terminal_seq());
  fact.set_cash(kind == schema::ShiftSaleBooked::SALE ? cash_of(sale) : -cash_of(sale));
  fact.set_employee_id(sale.employee_id());
  expected_ += fact.cash();
  fact.set_expected_cash_after(expected_);
  return event;
}

void TestDrawer::sell(TestSale sale) {
  ++sequence_;
  schema::Event event;
  *event.mutable_sale_completed() = of_shift(sale);
  const schema::Event booking = booked(event.sale_completed(), schema::ShiftSaleBooked::SALE);
  log_.append(tenant_, {event, booking});
}

void TestDrawer::void_sale(TestSale sale) {
  schema::Event event;
  event.mutable_sale_voided()->set_sale_id(sale.sale_id);
  *event.mutable_sale_voided()->mutable_original() = of_shift(sale);
  const schema::Event booking = booked(event.sale_voided().original(), schema::ShiftSaleBooked::VOID);
  log_.append(tenant_, {event, booking});
}

void TestDrawer::give_back(TestSale receipt, const std::string& source_sale_id) {
  ++sequence_;
  (void)of_shift(receipt);
  const schema::Event event = returned(receipt, source_sale_id);
  const schema::Event booking = booked(event.return_completed().receipt(), schema::ShiftSaleBooked::RETURN);
  log_.append(tenant_, {event, booking});
}

void TestDrawer::exchange(TestSale sale, TestSale receipt, const std::string& source_sale_id) {
  ++sequence_;
  schema::Event sold;
  *sold.mutable_sale_completed() = of_shift(sale);
  (void)of_shift(receipt);
  const schema::Event back = returned(receipt, source_sale_id);
  const schema::Event sale_booking = booked(sold.sale_completed(), schema::ShiftSaleBooked::SALE);
  const schema::Event return_booking = booked(back.return_completed().receipt(), schema::ShiftSaleBooked::RETURN);
  log_.append(tenant_, {sold, back, sale_booking, return_booking});
}

schema::DrawerMoved TestDrawer::moved(std::int64_t amount) {
  schema::DrawerMoved fact;
  fact.set_shift_id(shift_id_);
  fact.set_store_id("S1");
  fact.set_terminal_id(terminal_id_);
  fact.set_movement_id("M1");
  fact.set_employee_id(employee_id_);
  fact.set_currency("USD");
  fact.set_amount(amount);
  expected_ += amount;
  fact.set_expected_cash_after(expected_);
  return fact;
}

void TestDrawer::pay_in(std::int64_t amount) {
  schema::Event event;
  *event.mutable_cash_paid_in() = moved(amount);
  log_.append(tenant_, {event});
}

void TestDrawer::pay_out(std::int64_t amount) {
  schema::Event event;
  *event.mutable_cash_paid_out() = moved(-amount);
  log_.append(tenant_, {event});
}

void TestDrawer::lend(std::int64_t amount) {
  schema::Event event;
  *event.mutable_cash_loaned() = moved(amount);
  log_.append(tenant_, {event});
}

void TestDrawer::pick_up(std::int64_t amount) {
  schema::Event event;
  *event.mutable_cash_picked_up() = moved(-amount);
  log_.append(tenant_, {event});
}

void TestDrawer::no_sale() {
  schema::Event event;
  *event.mutable_drawer_opened_no_sale() = moved(0);
  log_.append(tenant_, {event});
}

void TestDrawer::change_operator(const std::string& employee_id) {
  schema::Event event;
  event.mutable_operator_changed()->set_shift_id(shift_id_);
  event.mutable_operator_changed()->set_employee_id(employee_id);
  event.mutable_operator_changed()->set_former_employee_id(employee_id_);
  employee_id_ = employee_id;
  log_.append(tenant_, {event});
}

void TestDrawer::end() {
  schema::Event event;
  event.mutable_shift_ended()->set_shift_id(shift_id_);
  log_.append(tenant_, {event});
}

void TestDrawer::count(std::int64_t cash) {
  schema::Event event;
  event.mutable_shift_counted()->set_shift_id(shift_id_);
  event.mutable_shift_counted()->set_count_no(1);
  event.mutable_shift_counted()->set_expected_cash(expected_);
  event.mutable_shift_counted()->set_over_short(cash - expected_);
  log_.append(tenant_, {event});
}

void TestDrawer::close(std::uint64_t z_no, std::int64_t cash, std::int64_t grand_total) {
  schema::Event event;
  schema::ShiftClosed& fact = *event.mutable_shift_closed();
  fact.set_shift_id(shift_id_);
  fact.set_store_id("S1");
  fact.set_terminal_id(terminal_id_);
  fact.set_z_no(z_no);
  fact.set_currency("USD");
  fact.set_expected_cash(expected_);
  fact.set_counted_cash(cash);
  fact.set_over_short(cash - expected_);
  fact.set_left_in_drawer(cash);
  fact.set_grand_total(grand_total);
  fact.set_business_date(kDay);
  log_.append(tenant_, {event});
}

}  // namespace till
