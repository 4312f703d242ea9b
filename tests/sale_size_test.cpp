// The largest sales that the schema admits: taken and voided within the doors of the record format, or refused when
// they are rung up.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "tests/memory_books.h"
#include "tests/sent.h"

namespace till::testing {
namespace {

using schema::RingUpSale;

constexpr std::size_t kEventBytesMost = 128 * 1024;
constexpr std::size_t kRecordBytesMost = 512 * 1024;
constexpr std::size_t kEntityBytesMost = 64 * 1024;
constexpr int kEventsMost = 1000;
constexpr int kLinesMost = 499;
constexpr std::int64_t kMost = 1'000'000'000'000'000;  // minor units of an amount

std::string padded(const std::string& text, std::size_t length) {
  return text + "-" + std::string(length - text.size() - 1, 'x');
}

struct Lengths {
  std::size_t id = 64;
  std::size_t category = 128;
};

void set_money(schema::Money& money, std::int64_t amount) {
  money.set_amount(amount);
  money.set_currency("EUR");
}

// A store that alerts for each of its `articles`, all at 0.
void open_store(MemoryTill& till, int articles, const Lengths& lengths) {
  schema::Command command;
  command.mutable_upsert_store()->set_store_id(padded("S", lengths.id));
  must(till, command);
  auto& policy = *command.mutable_set_store_policy();
  policy.set_store_id(padded("S", lengths.id));
  policy.set_stock(schema::StorePolicy::ALLOW_WITH_ALERT);
  policy.set_time_zone("UTC");
  must(till, command);
  auto& terminal = *command.mutable_register_terminal();
  terminal.set_store_id(padded("S", lengths.id));
  terminal.set_terminal_id(padded("T", lengths.id));
  must(till, command);
  for (int i = 0; i < articles; ++i) {
    auto& product = *command.mutable_upsert_product();
    product.set_sku(padded(std::to_string(i), lengths.id));
    product.set_name("Article");
    product.set_category(padded("C", lengths.category));
    product.set_tax_code(padded("X", lengths.id));
    product.mutable_unit_price()->set_amount(1);
    product.mutable_unit_price()->set_currency("EUR");
    product.mutable_unit_cost()->set_amount(1'000'000);
    product.mutable_unit_cost()->set_currency("EUR");
    must(till, command);
  }
}

// Every article once, with all that the schema lets a sale carry.
schema::Command sale_of(int lines, const Lengths& lengths) {
  const std::int64_t each = kMost / lines / 200'000 * 100'000;
  schema::Command command;
  RingUpSale& sale = *command.mutable_ring_up_sale();
  sale.set_sale_id(padded("V", lengths.id));
  sale.set_store_id(padded("S", lengths.id));
  sale.set_terminal_id(padded("T", lengths.id));
  sale.set_terminal_seq(1);
  sale.set_occurred_at_us(kTestStartUs);
  sale.set_employee_id(padded("E", lengths.id));
  for (int i = 0; i < lines; ++i) {
    RingUpSale::Line& line = *sale.add_lines();
    line.set_line_id(padded(std::to_string(i), lengths.id));
    line.set_sku(padded(std::to_string(i), lengths.id));
    line.set_quantity_e5(100'000'000'000);
    line.mutable_unit_price()->set_amount(each / 1'000'000);
    line.mutable_unit_price()->set_currency("EUR");
    set_money(*line.mutable_discount(), 1);
  }
  const std::int64_t net = (each / 1'000'000 * 1'000'000 - 1) * lines;
  for (int i = 0; i < 64; ++i) {
    auto& row = *sale.add_taxes();
    row.set_tax_code(padded(std::to_string(i), lengths.id));
    set_money(*row.mutable_taxable(), net);
    set_money(*row.mutable_amount(), 1'000'000'000);
  }
  const std::int64_t total = net + 64'000'000'000;
  for (int i = 0; i < 32; ++i) {
    auto& tender = *sale.add_tenders();
    tender.set_type(schema::Tender::CARD);
    tender.set_reference(padded("R", 128));
    set_money(*tender.mutable_amount(), i == 0 ? total - 31'000'000 : 1'000'000);
  }
  set_money(*sale.mutable_expected_total(), total);
  return command;
}

void check_doors(const MemoryTill& till) {
  const schema::Record& record = till.log().back();
  CHECK(record.events_size() <= kEventsMost);
  CHECK(record.ByteSizeLong() <= kRecordBytesMost);
  for (const auto& event : record.events()) CHECK(event.payload().size() <= kEventBytesMost);
}

void check_entities(const MemoryTill& till) {
  std::size_t largest = 0;
  for (const auto& [key, image] : const_cast<MemoryTill&>(till).books().images()) {
    largest = std::max(largest, image.size());
  }
  CHECK(largest <= kEntityBytesMost);
}

// Rings up and voids; false where the sale was refused as too large.
bool goes_through(int lines, const Lengths& lengths) {
  MemoryTill till;
  open_store(till, lines, lengths);
  const auto sent = till.send(sale_of(lines, lengths));
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) {
    INFO(rejection->detail);
    CHECK(rejection->code == "TRANSACTION_TOO_LARGE");
    CHECK(rejection->pointer == "/lines");
    return false;
  }
  CHECK(sent.events.size() == 1 + 2 * static_cast<std::size_t>(lines));
  check_doors(till);
  check_entities(till);
  schema::Command command;
  command.mutable_void_sale()->set_sale_id(padded("V", lengths.id));
  command.mutable_void_sale()->set_reason(std::string(255, 'r'));
  must(till, command);
  check_doors(till);
  check_entities(till);
  return true;
}

TEST_CASE("a sale that is taken can be voided, whatever its size", "[commands][sizes]") {
  CHECK(goes_through(120, {}));
  CHECK_FALSE(goes_through(kLinesMost, {}));
  // Up to the last line that fits.
  int fits = 120;
  int refused = kLinesMost;
  while (refused - fits > 1) {
    const int middle = (fits + refused) / 2;
    (goes_through(middle, {}) ? fits : refused) = middle;
  }
  INFO("lines of the longest ids that fit: " << fits);
  CHECK(fits >= 120);
}

TEST_CASE("a sale of the most lines with everyday ids crosses zero on every article", "[commands][sizes]") {
  CHECK(goes_through(kLinesMost, {.id = 10, .category = 12}));
}

TEST_CASE("the schema admits no more lines than a transaction has events for", "[commands][sizes]") {
  const auto& lines = *RingUpSale::descriptor()->FindFieldByName("lines");
  CHECK(lines.options().GetExtension(schema::max_items) == kLinesMost);
  CHECK(1 + 2 * lines.options().GetExtension(schema::max_items) <= static_cast<unsigned>(kEventsMost));
}

}  // namespace
}  // namespace till::testing
