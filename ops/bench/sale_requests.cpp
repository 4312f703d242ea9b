#include "ops/bench/sale_requests.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "api/wire_values.h"
#include "commands/money.h"
#include "ops/bench/domain_setup.h"
#include "ops/seeded_random.h"
#include "schemas/commands.pb.h"

namespace till {
namespace {

constexpr std::size_t kBaskets = 8192;
constexpr std::size_t kLines = 3;
constexpr std::int64_t kUnitE5 = 100'000;
constexpr std::uint64_t kGiftCardOneIn = 4;
constexpr std::int64_t kNoteOfTill = 500;

struct Basket {
  struct Line {
    std::string sku;
    std::int64_t price;
  };
  struct Tax {
    std::string_view code;
    std::int64_t taxable;
    std::int64_t amount;
  };
  std::array<Line, kLines> lines;
  std::vector<Tax> taxes;
  std::string customer;  // empty: unknown
  schema::Tender::Type tender = schema::Tender::CARD;
  std::string gift_card;
  std::int64_t total = 0;   // with taxes
  std::int64_t change = 0;  // of what is given beyond the total
};

// Whom the basket is of, what it is taxed and how it is paid; `products` are the places of its lines.
void add_domain(const TradeGenerator& generator, const std::array<std::size_t, kLines>& products, SeededRandom& random,
                Basket& basket) {
  for (const TradeTax& rate : kTradeTaxes) {
    Basket::Tax row{rate.code, 0, 0};
    for (std::size_t i = 0; i < kLines; ++i) {
      if (generator.tax_code(products[i]) == rate.code) row.taxable += basket.lines[i].price;
    }
    if (row.taxable == 0) continue;
    row.amount = rate.of(row.taxable);
    basket.taxes.push_back(row);
  }
  for (const Basket::Tax& row : basket.taxes) basket.total += row.amount;
  basket.customer = TradeGenerator::customer_id(random.below(generator.customer_count()));
  if (random.one_in(kGiftCardOneIn)) {
    basket.tender = schema::Tender::GIFT_CARD;
    basket.gift_card = domain_gift_card(random.below(kDomainGiftCards));
  } else {
    basket.tender = schema::Tender::CASH;
    basket.change = (basket.total + kNoteOfTill - 1) / kNoteOfTill * kNoteOfTill - basket.total;
  }
}

std::string json_money(std::int64_t amount) {
  return R"({"amount":)" + std::to_string(amount) + R"(,"currency":"USD"})";
}

std::string json_of(const Basket& basket) {
  std::string text = R"("lines":[)";
  for (std::size_t i = 0; i < kLines; ++i) {
    char line[192];
    std::snprintf(line, sizeof line,
                  R"(%s{"line_id":"%zu","sku":"%s","quantity":"1","unit_price":{"amount":%lld,"currency":"USD"}})",
                  i == 0 ? "" : ",", i + 1, basket.lines[i].sku.c_str(), static_cast<long long>(basket.lines[i].price));
    text += line;
  }
  text += R"(],"tenders":[{"type":")" + schema::Tender::Type_Name(basket.tender) + R"(","amount":)" +
          json_money(basket.total + basket.change);
  if (!basket.gift_card.empty()) text += R"(,"gift_card_id":")" + basket.gift_card + '"';
  text += R"(}],"expected_total":)" + json_money(basket.total);
  if (basket.change > 0) text += R"(,"change":)" + json_money(basket.change);
  if (!basket.customer.empty()) text += R"(,"customer_id":")" + basket.customer + '"';
  if (basket.taxes.empty()) return text + "}";
  text += R"(,"taxes":[)";
  for (const Basket::Tax& row : basket.taxes) {
    if (&row != basket.taxes.data()) text += ',';
    text += R"({"tax_code":")" + std::string(row.code) + R"(","taxable":)" + json_money(row.taxable) + R"(,"amount":)" +
            json_money(row.amount) + "}";
  }
  return text + "]}";
}

// A part of a serialized message: what is appended to it adds to it.
std::string protobuf_of(const Basket& basket) {
  schema::RingUpSale sale;
  for (std::size_t i = 0; i < kLines; ++i) {
    auto& line = *sale.add_lines();
    line.set_line_id(std::to_string(i + 1));
    line.set_sku(basket.lines[i].sku);
    line.set_quantity_e5(kUnitE5);
    line.mutable_unit_price()->set_amount(basket.lines[i].price);
    line.mutable_unit_price()->set_currency(std::string(kTradeCurrency));
  }
  for (const Basket::Tax& row : basket.taxes) {
    auto& tax = *sale.add_taxes();
    tax.set_tax_code(std::string(row.code));
    set_money(*tax.mutable_taxable(), row.taxable, kTradeCurrency);
    set_money(*tax.mutable_amount(), row.amount, kTradeCurrency);
  }
  auto& tender = *sale.add_tenders();
  tender.set_type(basket.tender);
  set_money(*tender.mutable_amount(), basket.total + basket.change, kTradeCurrency);
  if (!basket.gift_card.empty()) tender.set_gift_card_id(basket.gift_card);
  if (basket.change > 0) set_money(*sale.mutable_change(), basket.change, kTradeCurrency);
  sale.set_customer_id(basket.customer);
  set_money(*sale.mutable_expected_total(), basket.total, kTradeCurrency);
  return sale.SerializeAsString();
}

}  // namespace

SaleRequests::SaleRequests(const TradeGenerator& generator, std::string key, const SaleShape& shape)
    : api_key_(std::move(key)), form_(shape.form) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  moment_us_ = std::chrono::duration_cast<std::chrono::seconds>(now).count() * 1'000'000;
  append_timestamp(moment_us_, moment_);
  const std::size_t last = shape.terminals == 0 ? generator.terminal_count() : shape.first_terminal + shape.terminals;
  for (std::size_t i = shape.first_terminal; i < last; ++i) {
    const std::string& id = generator.terminal_id(i);
    terminals_.push_back(
        {id, generator.store_id(i), shape.domain ? domain_shift(id) : std::string(), generator.next_sequence(i)});
  }
  SeededRandom random(shape.seed);
  const auto popularity = WeightedChoice::zipf(shape.skus);
  for (std::size_t i = 0; i < kBaskets; ++i) {
    Basket basket;
    std::array<std::size_t, kLines> products;
    for (std::size_t k = 0; k < kLines; ++k) {
      products[k] = shape.uniform ? random.below(shape.skus) : popularity.draw(random);
      char name[32];
      std::snprintf(name, sizeof name, "sku-%05zu", products[k] + 1);
      basket.lines[k] = {name, random.between(50, 2000)};
      basket.total += basket.lines[k].price;
    }
    if (shape.domain) add_domain(generator, products, random, basket);
    baskets_.push_back(form_ == SaleForm::kJson ? json_of(basket) : protobuf_of(basket));
  }
}

void SaleRequests::append_json(const Terminal& terminal, std::string& out) {
  const std::string sequence = std::to_string(terminal.sequence);
  out += R"({"sale_id":")";
  out += terminal.id;
  out += '-';
  out += sequence;
  out += R"(","store_id":")";
  out += terminal.store;
  out += R"(","terminal_id":")";
  out += terminal.id;
  out += R"(","terminal_seq":)";
  out += sequence;
  out += R"(,"occurred_at":")";
  out += moment_;
  if (!terminal.shift.empty()) {
    out += R"(","shift_id":")";
    out += terminal.shift;
  }
  out += R"(",)";
  out += baskets_[next_basket_++ % kBaskets];
}

void SaleRequests::append_protobuf(const Terminal& terminal, std::string& out) {
  schema::RingUpSale sale;
  sale.set_sale_id(terminal.id + "-" + std::to_string(terminal.sequence));
  sale.set_store_id(terminal.store);
  sale.set_terminal_id(terminal.id);
  sale.set_terminal_seq(terminal.sequence);
  sale.set_occurred_at_us(moment_us_);
  sale.set_shift_id(terminal.shift);
  TILL_ASSERT(sale.AppendToString(&out));
  out += baskets_[next_basket_++ % kBaskets];
}

void SaleRequests::append_request(std::string_view target, std::string_view key, std::string& out) {
  const bool json = form_ == SaleForm::kJson;
  out += "POST ";
  out += target;
  out += " HTTP/1.1\r\nHost: till\r\nContent-Type: ";
  out += json ? "application/json" : "application/x-protobuf\r\nAccept: application/x-protobuf";
  out += "\r\nAuthorization: Bearer ";
  out += api_key_;
  if (!key.empty()) {
    out += "\r\nIdempotency-Key: ";
    out += key;
  }
  out += "\r\nContent-Length: ";
  out += std::to_string(body_.size());
  out += "\r\n\r\n";
  out += body_;
}

void SaleRequests::append_sale(std::size_t index, std::string& out) {
  Terminal& terminal = terminals_[index];
  body_.clear();
  append_json(terminal, body_);
  append_request("/v1/sales", terminal.id + "-" + std::to_string(terminal.sequence), out);
  ++terminal.sequence;
}

void SaleRequests::append_batch(std::size_t index, std::size_t count, std::string& out) {
  Terminal& terminal = terminals_[index];
  if (form_ == SaleForm::kProtobuf) {
    schema::Batch batch;
    for (std::size_t i = 0; i < count; ++i, ++terminal.sequence) {
      auto& item = *batch.add_commands();
      item.set_idempotency_key(terminal.id + "-" + std::to_string(terminal.sequence));
      item.set_command("RingUpSale");
      append_protobuf(terminal, *item.mutable_body());
    }
    body_ = batch.SerializeAsString();
    return append_request("/v1/batch", {}, out);
  }
  body_ = R"({"commands":[)";
  for (std::size_t i = 0; i < count; ++i, ++terminal.sequence) {
    if (i != 0) body_ += ',';
    body_ += R"({"idempotency_key":")";
    body_ += terminal.id;
    body_ += '-';
    body_ += std::to_string(terminal.sequence);
    body_ += R"(","command":"RingUpSale","body":)";
    append_json(terminal, body_);
    body_ += '}';
  }
  body_ += "]}";
  append_request("/v1/batch", {}, out);
}

}  // namespace till
