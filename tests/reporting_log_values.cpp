#include "tests/reporting_drawer.h"
#include "tests/reporting_log.h"

namespace till {
namespace {

using schema::Event;

}  // namespace

void ReportingLog::append_random_shift(const std::string& tenant, int number) {
  const std::string name = std::to_string(number);
  TestDrawer drawer(*this, tenant, "sh-" + name, "drawer-" + name);
  drawer.open(pick(10'000), pick(100) - 50, pick(4) == 0);
  for (int i = 0, sales = 1 + pick(5); i < sales; ++i) {
    TestSale sale{.sale_id = tenant + "-" + name + "-" + std::to_string(i), .lines = 1 + pick(3)};
    sale.employee_id = pick(2) == 0 ? "E" + std::to_string(pick(3)) : "";
    sale.customer_id = pick(2) == 0 ? "customer-" + std::to_string(pick(5)) : "";
    sale.cash_rounding = pick(3) - 1;
    sale.tip = pick(50);
    sale.discount = pick(300);
    sale.sale_discount = sale.discount / 3;
    sale.employee_discount = sale.discount / 4;
    sale.coupon_discount = sale.discount / 5;
    sale.line_voids = static_cast<std::uint32_t>(pick(3));
    drawer.sell(sale);
    if (pick(3) == 0) drawer.correct(sale, pick(2) == 0 ? schema::Tender::CARD : schema::Tender::VOUCHER);
    if (pick(4) == 0) {
      drawer.void_sale(sale);
    } else if (pick(3) == 0) {
      TestSale back{.sale_id = sale.sale_id + "-back", .employee_id = sale.employee_id};
      drawer.give_back(back, pick(2) == 0 ? sale.sale_id : "");
    }
  }
  drawer.pay_in(1 + pick(100));
  drawer.pick_up(1 + pick(1000));
  drawer.no_sale();
  drawer.cancel_ticket(tenant + "-" + name + "-cancelled", 3, 1);
  drawer.change_operator("E2");
  if (pick(3) == 0) return;
  drawer.end();
  const std::int64_t counted = drawer.expected() + pick(20) - 10;
  drawer.count(counted);
  if (number % 3 == 0) drawer.attach_late({.sale_id = tenant + "-" + name + "-late"});
  drawer.close(1, counted, pick(100'000));
  if (number % 2 == 0) return;
  const TestSale after_z{.sale_id = tenant + "-" + name + "-later", .discount = 100, .sale_discount = 50};
  drawer.attach_late(after_z, true);
  if (number % 3 == 0) drawer.void_late(after_z);
}

std::vector<Event> ReportingLog::random_card(const std::string& tenant) {
  const std::string card = "card-" + std::to_string(pick(8));
  std::int64_t& balance = balances_[tenant + "/" + card];
  Event event;
  schema::GiftCardMoved fact;
  fact.set_gift_card_id(card);
  fact.set_store_id("S1");
  fact.set_currency("USD");
  const int dice = pick(4);
  fact.set_amount(dice == 1 ? -pick(static_cast<int>(balance) + 1) : dice == 3 ? 0 : 1 + pick(5000));
  balance += fact.amount();
  fact.set_balance_after(balance);
  fact.set_held_after(dice == 3 ? balance / 2 : 0);
  if (dice == 0) *event.mutable_gift_card_activated() = fact;
  if (dice == 1) *event.mutable_gift_card_redeemed() = fact;
  if (dice == 2) *event.mutable_gift_card_loaded() = fact;
  if (dice == 3) *event.mutable_gift_card_held() = fact;
  return {event};
}

std::vector<Event> ReportingLog::random_customer(const std::string& tenant) {
  const std::string customer = "customer-" + std::to_string(pick(5));
  std::vector<Event> events(3);
  schema::PointsMoved& points = *events[0].mutable_points_earned();
  points.set_customer_id(customer);
  points.set_points(1 + pick(100));
  points.set_points_after(balances_[tenant + "/points/" + customer] += points.points());
  points.set_currency("USD");
  points.set_value(pick(1000));
  schema::StoreCreditMoved& credit = *events[1].mutable_store_credit_issued();
  credit.set_customer_id(customer);
  credit.set_currency("USD");
  credit.set_amount(1 + pick(500));
  credit.set_balance_after(balances_[tenant + "/credit/" + customer] += credit.amount());
  schema::AccountMoved& account = *events[2].mutable_account_charged();
  account.set_customer_id(customer);
  account.set_currency("USD");
  account.set_amount(1 + pick(500));
  account.set_balance_after(balances_[tenant + "/account/" + customer] += account.amount());
  return events;
}

// Sent off whole, a part of it arrived; and some of what is left is reserved.
std::vector<Event> ReportingLog::random_transfer(const std::string& tenant) {
  const std::string sku = "P" + std::to_string(pick(20));
  const std::string transfer = "TR" + std::to_string(++next_id_);
  const std::int64_t sent = 10 + pick(100'000);
  std::vector<Event> events(4);
  schema::StockMoved& shipped = *events[0].mutable_stock_shipped();
  shipped.set_store_id("S0");
  shipped.set_sku(sku);
  shipped.set_document_id(transfer);
  shipped.set_quantity_e5(-sent);
  shipped.set_on_hand_after_e5(move_stock(tenant, "S0", sku, -sent));
  events[1].mutable_transfer_shipped()->set_transfer_id(transfer);
  events[1].mutable_transfer_shipped()->set_from_store_id("S0");
  events[1].mutable_transfer_shipped()->set_to_store_id("S1");
  append(tenant, {events[0], events[1]});
  schema::StockMoved& arrived = *events[2].mutable_transfer_received();
  arrived.set_store_id("S1");
  arrived.set_sku(sku);
  arrived.set_document_id(transfer);
  arrived.set_quantity_e5(sent / 2);
  arrived.set_on_hand_after_e5(move_stock(tenant, "S1", sku, sent / 2));
  arrived.set_reserved_after_e5(pick(100));
  schema::TransferReceiptBooked& receipt = *events[3].mutable_transfer_receipt_booked();
  receipt.set_transfer_id(transfer);
  receipt.set_from_store_id("S0");
  receipt.set_to_store_id("S1");
  receipt.add_lines()->set_sku(sku);
  receipt.mutable_lines(0)->set_received_e5(sent / 2);
  receipt.mutable_lines(0)->set_damaged_e5(1);
  if (next_id_ % 2 == 0) {
    receipt.mutable_lines(0)->set_damaged_value_e4(sent);
    receipt.mutable_lines(0)->set_currency("USD");
  }
  return {events[2], events[3]};
}

void ReportingLog::append_random_values(int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const std::string tenant = pick(2) == 0 ? "acme" : "globex";
    const int dice = pick(8);
    if (dice == 0) {
      append_random_shift(tenant, ++next_id_);
    } else if (dice < 4) {
      append(tenant, random_card(tenant));
    } else if (dice < 6) {
      append(tenant, random_customer(tenant));
    } else {
      append(tenant, random_transfer(tenant));
    }
  }
}

}  // namespace till
