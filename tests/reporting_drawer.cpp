#include "tests/reporting_drawer.h"

namespace till {
namespace {

constexpr std::int32_t kDay = 20261123;
constexpr std::int64_t kLineGross = 1000;

void set_usd(schema::Money& money, std::int64_t amount) {
  money.set_amount(amount);
  money.set_currency("USD");
}

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

void TestDrawer::attach_late(TestSale sale, bool closed) {
  ++sequence_;
  const std::int64_t before = expected_;
  schema::Event event;
  *event.mutable_sale_completed() = of_shift(sale);
  schema::Event late;
  *late.mutable_late_sale_attached()->mutable_booked() =
      booked(event.sale_completed(), schema::ShiftSaleBooked::SALE).shift_sale_booked();
  late.mutable_late_sale_attached()->set_closed(closed);
  if (closed) {
    expected_ = before;
  } else if (!variances_.empty()) {
    set_usd(*variances_[0].mutable_expected(), expected_);
    set_usd(*variances_[0].mutable_over_short(), variances_[0].counted().amount() - expected_);
    for (const schema::TenderVariance& variance : variances_) {
      *late.mutable_late_sale_attached()->add_variances() = variance;
    }
  }
  log_.append(tenant_, {event, late});
}

void TestDrawer::void_late(TestSale sale) {
  const std::int64_t before = expected_;
  schema::Event event;
  event.mutable_sale_voided()->set_sale_id(sale.sale_id);
  *event.mutable_sale_voided()->mutable_original() = of_shift(sale);
  add_retyped(sale.sale_id, *event.mutable_sale_voided()->mutable_retyped());
  schema::Event late;
  *late.mutable_late_sale_attached()->mutable_booked() =
      booked(event.sale_voided().original(), schema::ShiftSaleBooked::VOID).shift_sale_booked();
  late.mutable_late_sale_attached()->set_closed(true);
  expected_ = before;
  log_.append(tenant_, {event, late});
}

void TestDrawer::void_sale(TestSale sale) {
  schema::Event event;
  event.mutable_sale_voided()->set_sale_id(sale.sale_id);
  *event.mutable_sale_voided()->mutable_original() = of_shift(sale);
  add_retyped(sale.sale_id, *event.mutable_sale_voided()->mutable_retyped());
  schema::SaleCompleted paid = event.sale_voided().original();
  for (const auto& row : event.sale_voided().retyped()) {
    paid.mutable_tenders(static_cast<int>(row.tender()))->set_type(row.type());
  }
  const schema::Event booking = booked(paid, schema::ShiftSaleBooked::VOID);
  log_.append(tenant_, {event, booking});
}

void TestDrawer::add_retyped(const std::string& sale_id,
                             google::protobuf::RepeatedPtrField<schema::RetypedTender>& retyped) {
  const auto known = corrected_.find(sale_id);
  if (known != corrected_.end()) retyped.Add()->set_type(known->second);
}

void TestDrawer::correct(TestSale sale, schema::Tender::Type to) {
  schema::Event of_sale;
  schema::TenderCorrected& fact = *of_sale.mutable_sale_tender_corrected();
  const schema::SaleCompleted original = of_shift(sale);
  const auto known = corrected_.find(sale.sale_id);
  fact.set_sale_id(sale.sale_id);
  fact.set_shift_id(shift_id_);
  fact.set_from(known == corrected_.end() ? original.tenders(0).type() : known->second);
  fact.set_to(to);
  fact.set_currency(original.currency());
  fact.set_amount(original.tenders(0).amount());
  if (fact.from() == schema::Tender::CASH) fact.set_cash(-fact.amount());
  if (to == schema::Tender::CASH) fact.set_cash(fact.amount());
  expected_ += fact.cash();
  fact.set_expected_cash_after(expected_);
  fact.set_employee_id(employee_id_);
  schema::Event of_shift_event;
  *of_shift_event.mutable_tender_type_corrected() = fact;
  *fact.mutable_original() = original;
  add_retyped(sale.sale_id, *fact.mutable_retyped());
  corrected_[sale.sale_id] = to;
  log_.append(tenant_, {of_sale, of_shift_event});
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

void TestDrawer::cancel_ticket(const std::string& sale_id, std::uint32_t lines, std::uint32_t voided, bool after_z) {
  schema::Event event;
  schema::ShiftTicketCancelled& fact = *event.mutable_shift_ticket_cancelled();
  fact.set_shift_id(shift_id_);
  fact.set_sale_id(sale_id);
  fact.set_store_id("S1");
  fact.set_terminal_id(terminal_id_);
  fact.set_currency("USD");
  fact.set_lines(lines - voided);
  fact.set_amount((lines - voided) * kLineGross);
  fact.set_line_voids(voided);
  fact.set_line_voided(voided * kLineGross);
  fact.set_business_date(kDay);
  fact.set_closed(after_z);
  log_.append(tenant_, {event});
}

void TestDrawer::train(const std::string& sale_id) {
  schema::Event event;
  schema::ShiftTrainingCounted& fact = *event.mutable_shift_training_counted();
  fact.set_shift_id(shift_id_);
  fact.set_sale_id(sale_id);
  fact.set_training_sales_after(++trained_);
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

void TestDrawer::count(std::int64_t cash, std::vector<schema::TenderVariance> others) {
  schema::Event event;
  schema::TenderVariance of_cash;
  of_cash.set_type(schema::Tender::CASH);
  set_usd(*of_cash.mutable_expected(), expected_);
  set_usd(*of_cash.mutable_counted(), cash);
  set_usd(*of_cash.mutable_over_short(), cash - expected_);
  variances_ = std::move(others);
  variances_.insert(variances_.begin(), of_cash);
  for (const schema::TenderVariance& variance : variances_) {
    *event.mutable_shift_counted()->add_variances() = variance;
  }
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
  for (const schema::TenderVariance& variance : variances_) *fact.add_variances() = variance;
  log_.append(tenant_, {event});
}

}  // namespace till
