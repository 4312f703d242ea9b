#include "tests/reporting_log.h"

#include <algorithm>

namespace till {
namespace {

constexpr std::int64_t kUnit = 100'000;
constexpr std::int64_t kLineGross = 1000;
constexpr std::int64_t kLineTax = 100;
constexpr std::int64_t kNoon = 1'795'435'200'000'000;

schema::Event store_event(int number) {
  schema::Event event;
  event.mutable_store_upserted()->set_store_id("S" + std::to_string(number % 3));
  event.mutable_store_upserted()->set_name("Store no. " + std::to_string(number));
  return event;
}

schema::Event product_event(int number) {
  schema::Event event;
  auto& product = *event.mutable_product_upserted();
  product.set_sku("P" + std::to_string(number % 20));
  product.set_name("Crème brûlée 🍮 " + std::to_string(number));
  product.set_category("C" + std::to_string(number % 4));
  product.set_unit_price_e4(number * 100);
  product.set_currency("USD");
  product.set_tax_code("STD");
  if (number % 2 == 0) product.set_unit_cost_e4(number * 50);
  return event;
}

void add_totals(schema::SaleCompleted& sale) {
  for (const auto& line : sale.lines()) {
    sale.set_gross(sale.gross() + line.gross());
    sale.set_discount(sale.discount() + line.discount());
    sale.set_net(sale.net() + line.net());
    sale.set_tax(sale.tax() + line.tax());
    sale.set_units_e5(sale.units_e5() + line.quantity_e5());
    sale.set_cogs_e4(sale.cogs_e4() + line.cogs_e4());
  }
  sale.set_total(sale.net() + sale.tax());
  auto& tax = *sale.add_taxes();
  tax.set_tax_code("STD");
  tax.set_taxable(sale.net());
  tax.set_amount(sale.tax());
}

}  // namespace

schema::SaleCompleted completed(const TestSale& from) {
  schema::SaleCompleted sale;
  sale.set_sale_id(from.sale_id);
  sale.set_store_id(from.store_id);
  sale.set_terminal_id(from.terminal_id);
  sale.set_terminal_seq(from.terminal_seq);
  sale.set_shift_id(from.shift_id);
  sale.set_customer_id(from.customer_id);
  sale.set_occurred_at_us(kNoon + 123456);
  sale.set_business_date(from.business_date);
  sale.set_local_hour(from.hour);
  sale.set_employee_id(from.employee_id);
  sale.set_currency(from.currency);
  for (int i = 0; i < from.lines; ++i) {
    auto& line = *sale.add_lines();
    line.set_line_id("L" + std::to_string(i + 1));
    line.set_sku(from.sku);
    line.set_category(from.category);
    line.set_tax_code("STD");
    line.set_quantity_e5(kUnit);
    line.set_unit_price_e4(100'000);
    line.set_gross(kLineGross);
    if (i == 0) line.set_discount(from.discount);
    line.set_net(kLineGross - line.discount());
    line.set_tax(kLineTax);
  }
  add_totals(sale);
  sale.set_sale_discount(from.sale_discount);
  sale.set_employee_discount(from.employee_discount);
  sale.set_coupon_discount(from.coupon_discount);
  sale.set_line_voids(from.line_voids);
  sale.set_line_voided(from.line_voids * kLineGross);
  sale.set_charged(from.charged);
  sale.set_tip(from.tip);
  sale.set_gift_cards_sold(from.gift_cards_sold);
  sale.set_cash_rounding(from.cash_rounding);
  sale.set_total(sale.total() + from.charged + from.tip + from.gift_cards_sold);
  sale.set_change(from.change);
  for (const TestTender& tender : from.tenders) {
    auto& payment = *sale.add_tenders();
    payment.set_type(tender.type);
    payment.set_amount(tender.amount);
  }
  if (from.tenders.empty()) {
    auto& payment = *sale.add_tenders();
    payment.set_type(schema::Tender::CASH);
    payment.set_amount(sale.total() + from.cash_rounding + from.change);
  }
  return sale;
}

schema::Event returned(const TestSale& receipt, const std::string& source_sale_id) {
  schema::Event event;
  schema::ReturnCompleted& fact = *event.mutable_return_completed();
  fact.set_return_id(receipt.sale_id);
  fact.set_source_sale_id(source_sale_id);
  *fact.mutable_receipt() = completed(receipt);
  for (const auto& line : fact.receipt().lines()) {
    schema::ReturnHandling& handling = *fact.add_handling();
    if (!source_sale_id.empty()) handling.set_source_line_id("S-" + line.line_id());
    handling.set_reason(schema::ReturnReason::UNWANTED);
    handling.set_disposition(schema::Disposition::IN_STOCK);
  }
  return event;
}

TransactionPtr ReportingLog::append(const std::string& tenant, const std::vector<schema::Event>& events) {
  return feed_.append(tenant, [&](TransactionBuilder& builder) {
    for (const schema::Event& event : events) FakeFeed::add_event(builder, 1, "stream", 1, event);
  });
}

TransactionPtr ReportingLog::sell(const std::string& tenant, const TestSale& sale) {
  schema::Event event;
  *event.mutable_sale_completed() = completed(sale);
  return append(tenant, {event});
}

TransactionPtr ReportingLog::void_sale(const std::string& tenant, const TestSale& sale) {
  schema::Event event;
  event.mutable_sale_voided()->set_sale_id(sale.sale_id);
  *event.mutable_sale_voided()->mutable_original() = completed(sale);
  return append(tenant, {event});
}

TransactionPtr ReportingLog::give_back(const std::string& tenant, const TestSale& receipt,
                                       const std::string& source_sale_id) {
  return append(tenant, {returned(receipt, source_sale_id)});
}

schema::SaleCompleted ReportingLog::random_sale(const std::string& tenant) {
  schema::SaleCompleted sale;
  sale.set_sale_id(tenant + "-" + std::to_string(++next_id_));
  sale.set_store_id("S" + std::to_string(pick(3)));
  sale.set_terminal_id("T" + std::to_string(pick(4)));
  sale.set_terminal_seq(++terminal_seqs_[tenant + "/" + sale.terminal_id()]);
  sale.set_business_date(20261101 + pick(28));
  sale.set_local_hour(static_cast<std::uint32_t>(8 + pick(12)));
  sale.set_occurred_at_us(kNoon + next_id_ * 1'000'003LL);
  sale.set_currency(pick(10) == 0 ? "CAD" : "USD");
  if (pick(2) == 0) sale.set_customer_id("customer-" + std::to_string(pick(50)));
  for (int i = 0, lines = 1 + pick(4); i < lines; ++i) {
    auto& line = *sale.add_lines();
    line.set_line_id("L" + std::to_string(i));
    line.set_sku("P" + std::to_string(pick(20)));
    line.set_category("C" + std::to_string(pick(4)));
    line.set_tax_code("STD");
    line.set_quantity_e5(1 + pick(500'000));
    line.set_unit_price_e4(10 + pick(1'000'000));
    line.set_gross(1 + pick(10'000));
    line.set_discount(pick(static_cast<int>(line.gross())));
    line.set_net(line.gross() - line.discount());
    line.set_tax(line.net() / 9);
    line.set_cogs_e4(pick(5000));
  }
  add_totals(sale);
  const std::int64_t card = pick(2) == 0 ? sale.total() / 3 : 0;
  const std::int64_t change = pick(500);
  for (const auto& [type, amount] :
       {std::pair(schema::Tender::CARD, card), {schema::Tender::CASH, sale.total() - card + change}}) {
    if (amount == 0) continue;
    sale.add_tenders()->set_type(type);
    sale.mutable_tenders(sale.tenders_size() - 1)->set_amount(amount);
  }
  sale.set_change(change);
  return sale;
}

std::int64_t ReportingLog::move_stock(const std::string& tenant, const std::string& store, const std::string& sku,
                                      std::int64_t change) {
  return on_hand_[tenant + "/" + store + "/" + sku] += change;
}

std::vector<schema::Event> ReportingLog::random_sold(const std::string& tenant) {
  std::vector<schema::Event> events(1);
  const schema::SaleCompleted sale = random_sale(tenant);
  *events[0].mutable_sale_completed() = sale;
  for (const auto& line : sale.lines()) {
    auto& issued = *events.emplace_back().mutable_stock_issued();
    issued.set_store_id(sale.store_id());
    issued.set_sku(line.sku());
    issued.set_quantity_e5(line.quantity_e5());
    issued.set_sale_id(sale.sale_id());
    issued.set_on_hand_after_e5(move_stock(tenant, sale.store_id(), line.sku(), -line.quantity_e5()));
  }
  open_sales_[tenant].push_back(sale);
  return events;
}

std::vector<schema::Event> ReportingLog::random_voided(const std::string& tenant) {
  std::vector<schema::SaleCompleted>& open = open_sales_[tenant];
  if (open.empty()) return random_sold(tenant);
  const auto chosen = open.begin() + pick(static_cast<int>(open.size()));
  std::iter_swap(chosen, open.end() - 1);
  const schema::SaleCompleted sale = std::move(open.back());
  open.pop_back();
  std::vector<schema::Event> events(1);
  events[0].mutable_sale_voided()->set_sale_id(sale.sale_id());
  *events[0].mutable_sale_voided()->mutable_original() = sale;
  for (const auto& line : sale.lines()) {
    auto& restored = *events.emplace_back().mutable_stock_restored();
    restored.set_store_id(sale.store_id());
    restored.set_sku(line.sku());
    restored.set_quantity_e5(line.quantity_e5());
    restored.set_sale_id(sale.sale_id());
    restored.set_on_hand_after_e5(move_stock(tenant, sale.store_id(), line.sku(), line.quantity_e5()));
  }
  return events;
}

std::vector<schema::Event> ReportingLog::random_setup() {
  const int number = ++next_id_;
  schema::Event customer;
  customer.mutable_customer_registered()->set_customer_id("customer-" + std::to_string(number));
  customer.mutable_customer_registered()->set_sealed("never to be stored in the clear or sealed");
  return {store_event(number), product_event(number), customer};
}

void ReportingLog::append_random(int transactions) {
  const std::vector<std::string> tenants{"acme", "globex", "initech"};
  for (int i = 0; i < transactions; ++i) {
    const std::string& tenant = tenants[static_cast<std::size_t>(pick(3))];
    const std::string store = "S" + std::to_string(pick(3));
    const std::string sku = "P" + std::to_string(pick(20));
    const std::int64_t quantity = 1 + pick(1'000'000);
    const int dice = pick(20);
    std::vector<schema::Event> events;
    if (dice < 12) {
      events = random_sold(tenant);
    } else if (dice < 14) {
      events = random_voided(tenant);
    } else if (dice < 16) {
      events = random_setup();
    } else if (dice < 18) {
      auto& received = *events.emplace_back().mutable_stock_received();
      received.set_store_id(store);
      received.set_sku(sku);
      received.set_quantity_e5(quantity);
      received.set_unit_cost_e4(pick(1000));
      received.set_currency("USD");
      received.set_receipt_id("R" + std::to_string(++next_id_));
      received.set_on_hand_after_e5(move_stock(tenant, store, sku, quantity));
    } else if (dice < 19) {
      auto& adjusted = *events.emplace_back().mutable_stock_adjusted();
      adjusted.set_store_id(store);
      adjusted.set_sku(sku);
      adjusted.set_delta_e5(-quantity);
      adjusted.set_reason(schema::AdjustStock::DAMAGE);
      adjusted.set_adjustment_id("A" + std::to_string(++next_id_));
      adjusted.set_on_hand_after_e5(move_stock(tenant, store, sku, -quantity));
    }  // else: a transaction of no interest here
    append(tenant, events);
  }
}

}  // namespace till
