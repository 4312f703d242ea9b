// A small chain whose transactions fill a feed, for the tests of the read cache.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "projections/read_cache/read_cache.h"
#include "schemas/state.pb.h"
#include "tests/fake_feed.h"

namespace till {

struct SaleSpec {
  std::string sale_id;
  std::string store = "s1";
  std::int32_t date = 20260102;
  std::uint32_t hour = 9;
  std::string currency = "USD";
  std::vector<std::pair<std::string, std::int64_t>> lines;  // SKU and net of one unit
  schema::Tender::Type tender = schema::Tender::CARD;
  std::int64_t change = 0;  // given back of a larger cash tender
};

// Appends what the write side would: stream versions, the tenants' sequences and balances go on correctly.
class Chain {
 public:
  explicit Chain(FakeFeed& feed) : feed_(feed) {}

  Position receive(const std::string& tenant, const std::string& store, const std::string& sku,
                   std::int64_t quantity_e5);
  // An event of an item as it stands; the balances of later events of the chain do not know of it.
  Position append(const std::string& tenant, const std::string& store, const std::string& sku,
                  const schema::Event& event);
  Position sell(const std::string& tenant, const SaleSpec& spec);
  // The sale's only tender is found to be of another type. Not `told`: by an event that carries no sale.
  Position correct_tender(const std::string& tenant, const std::string& sale_id, schema::Tender::Type to,
                          bool told = true);
  Position void_sale(const std::string& tenant, const std::string& sale_id, const std::string& reason);
  // What `spec` says comes back, under its id.
  Position give_back(const std::string& tenant, const SaleSpec& spec);
  Position register_customer(const std::string& tenant, const std::string& customer_id, const std::string& sealed);
  // An event on the customer's stream.
  Position change_customer(const std::string& tenant, const std::string& customer_id, const schema::Event& event);
  // `count` sales that differ in store, hour, SKU, tender and currency; every tenth is voided. Ids begin with `prefix`.
  void sell_many(const std::string& tenant, const std::string& prefix, int count);

 private:
  void begin(TransactionBuilder& builder, const std::string& tenant);
  void add(TransactionBuilder& builder, std::uint32_t kind, const std::string& id, const schema::Event& event);
  std::int64_t move_stock(const std::string& tenant, const std::string& id, std::int64_t change_e5);

  FakeFeed& feed_;
  std::map<std::string, std::uint64_t> sequences_;
  std::map<std::string, std::uint64_t> versions_;   // by tenant, kind, id
  std::map<std::string, std::int64_t> on_hand_e5_;  // by tenant, id
  std::map<std::string, schema::SaleCompleted> sales_;
  std::map<std::string, schema::SaleState> states_;  // corrections alone
  std::string tenant_;
};

// Rows of the serving generation, in order.
using Rows = std::vector<std::pair<std::string, std::string>>;
Rows rows_of(ReadCache& cache);

// Digests that say anything, as views and log may differ in all-zero members.
Digests telling(const Digests& digests);
// The log's own digests at `position`.
Digests log_digests(Feed& feed, Position position);

}  // namespace till
