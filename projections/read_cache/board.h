// The counters of one dashboard: a store (or the whole tenant) on one business day, by currency.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "projections/read_cache/counters.h"
#include "schemas/events.pb.h"
#include "schemas/views.pb.h"

namespace till::read_cache {

// Either what a batch of transactions changes, or the whole. One owner at a time.
class Board {
 public:
  struct Currency {
    std::string code;
    CounterMap counters;
  };

  // Counts a completed sale; `sign` -1 takes it back.
  void add_sale(const schema::SaleCompleted& sale, std::int64_t sign);
  // What came back and what was given back for it; it counts as no sale.
  void add_return(const schema::SaleCompleted& receipt);
  // A payment of a counted sale was of another type. The event carries the sale.
  void correct_tender(const schema::TenderCorrected& fact);
  void add(const Board& other);
  // Adds a stored row; false where it is not one.
  bool add_row(std::string_view currency_code, std::string_view row);
  const std::vector<Currency>& currencies() const { return currencies_; }
  // Counters held, a measure of memory.
  std::size_t size() const;

 private:
  // A sale or return counts as `count` sales.
  void add_receipt(const schema::SaleCompleted& sale, std::int64_t count, std::int64_t sign);
  Currency& currency(std::string_view code);

  std::vector<Currency> currencies_;
};

// What a client sees. Members of sales that were all voided are left out. kInvalid where a sum leaves the 64 bits that
// an answer has for it.
Result<schema::Dashboard> make_dashboard(const Board& board, std::string_view store, std::int32_t business_date);

}  // namespace till::read_cache
