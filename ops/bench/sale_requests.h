// Sales as bytes on the wire, made with as little work as can be: baskets are drawn and written beforehand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/bench/bench.h"
#include "ops/trade_generator.h"

namespace till {

enum class SaleForm : std::uint8_t { kJson, kProtobuf };

struct SaleShape {
  SaleForm form = SaleForm::kJson;  // of batches; single sales are JSON
  // Which part of the chain sells: terminals [first_terminal, first_terminal + terminals), all of them where 0.
  std::size_t first_terminal = 0;
  std::size_t terminals = 0;
  std::size_t skus = kSkus;
  bool uniform = false;  // each SKU as often as any other, else by Zipf 1.0
  // With all that domain_setup.h prepares: the terminal's shift, tax rows, a customer who earns points, and cash with
  // change or a gift card in place of a bank card.
  bool domain = false;
  std::uint64_t seed = 1;
};

class SaleRequests {
 public:
  // Terminals and their next sequences come from `generator`, which set the server up.
  SaleRequests(const TradeGenerator& generator, std::string key, const SaleShape& shape = {});

  // A whole POST /v1/sales of the terminal's next sale.
  void append_sale(std::size_t terminal, std::string& out);
  // A whole POST /v1/batch of the terminal's next `count` sales.
  void append_batch(std::size_t terminal, std::size_t count, std::string& out);
  // The last `count` sales of the terminal were not accepted: their sequences come again.
  void take_back(std::size_t terminal, std::size_t count) { terminals_[terminal].sequence -= count; }
  std::size_t terminal_count() const { return terminals_.size(); }
  SaleForm form() const { return form_; }

 private:
  struct Terminal {
    std::string id;
    std::string store;
    std::string shift;       // empty: it sells without one
    std::uint64_t sequence;  // of its next sale
  };
  void append_json(const Terminal& terminal, std::string& out);
  void append_protobuf(const Terminal& terminal, std::string& out);
  void append_request(std::string_view target, std::string_view key, std::string& out);

  const std::string api_key_;
  const SaleForm form_;
  std::string moment_;  // occurred_at of every sale: the start of the run
  std::int64_t moment_us_;
  std::vector<Terminal> terminals_;
  std::vector<std::string> baskets_;  // what of a body is not the terminal's: lines, tenders, expected_total
  std::size_t next_basket_ = 0;
  std::string body_;
};

}  // namespace till
