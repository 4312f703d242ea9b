#include "ops/bench/sale_requests.h"

#include <chrono>
#include <cstdio>

#include "api/wire_values.h"
#include "ops/bench/bench.h"
#include "ops/seeded_random.h"

namespace till {
namespace {

constexpr std::size_t kBaskets = 8192;
constexpr std::size_t kLines = 3;

std::string make_basket(SeededRandom& random, const WeightedChoice& popularity) {
  std::string text = R"("lines":[)";
  std::int64_t total = 0;
  for (std::size_t i = 0; i < kLines; ++i) {
    char line[192];
    const std::int64_t price = random.between(50, 2000);
    std::snprintf(
        line, sizeof line,
        R"(%s{"line_id":"%zu","sku":"sku-%05zu","quantity":"1","unit_price":{"amount":%lld,"currency":"USD"}})",
        i == 0 ? "" : ",", i + 1, popularity.draw(random) + 1, static_cast<long long>(price));
    text += line;
    total += price;
  }
  const std::string money = R"({"amount":)" + std::to_string(total) + R"(,"currency":"USD"})";
  return text + R"(],"tenders":[{"type":"CARD","amount":)" + money + R"(}],"expected_total":)" + money + "}";
}

}  // namespace

SaleRequests::SaleRequests(const TradeGenerator& generator, std::string key) : api_key_(std::move(key)) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  append_timestamp(std::chrono::duration_cast<std::chrono::seconds>(now).count() * 1'000'000, moment_);
  for (std::size_t i = 0; i < generator.terminal_count(); ++i) {
    terminals_.push_back({generator.terminal_id(i), generator.store_id(i), generator.next_sequence(i)});
  }
  SeededRandom random(1);
  const auto popularity = WeightedChoice::zipf(kSkus);
  for (std::size_t i = 0; i < kBaskets; ++i) baskets_.push_back(make_basket(random, popularity));
}

void SaleRequests::append_body(const Terminal& terminal, std::string& out) {
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
  out += R"(",)";
  out += baskets_[next_basket_++ % kBaskets];
}

void SaleRequests::append_request(std::string_view target, std::string_view key, std::string& out) {
  out += "POST ";
  out += target;
  out += " HTTP/1.1\r\nHost: till\r\nContent-Type: application/json\r\nAuthorization: Bearer ";
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
  append_body(terminal, body_);
  append_request("/v1/sales", terminal.id + "-" + std::to_string(terminal.sequence), out);
  ++terminal.sequence;
}

void SaleRequests::append_batch(std::size_t index, std::size_t count, std::string& out) {
  Terminal& terminal = terminals_[index];
  body_ = R"({"commands":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) body_ += ',';
    body_ += R"({"idempotency_key":")";
    body_ += terminal.id;
    body_ += '-';
    body_ += std::to_string(terminal.sequence);
    body_ += R"(","command":"RingUpSale","body":)";
    append_body(terminal, body_);
    body_ += '}';
    ++terminal.sequence;
  }
  body_ += "]}";
  append_request("/v1/batch", {}, out);
}

}  // namespace till
