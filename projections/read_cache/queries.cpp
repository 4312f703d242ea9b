#include "projections/read_cache/queries.h"

#include <rocksdb/snapshot.h>

#include "engine/position_text.h"
#include "projections/read_cache/keys.h"
#include "projections/read_cache/point_read.h"
#include "projections/read_cache/sale_view.h"
#include "schemas/cache.pb.h"

namespace till::read_cache {
namespace {

Error unreadable(Generation& generation, std::string_view what) {
  return generation.read_error(rocksdb::Status::Corruption(std::string(what) + " does not parse"), "reading");
}

bool parse(const rocksdb::Slice& bytes, google::protobuf::Message& out) {
  return out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Leaves the sale as it stood at `position`, where it was completed already.
void forget_after(Position position, schema::CachedSale& sale) {
  if (sale.void_position() > position.value()) {
    sale.clear_void_position();
    sale.clear_void_reason();
  }
  auto& corrections = *sale.mutable_corrections();
  while (!corrections.empty() && corrections[corrections.size() - 1].position() > position.value()) {
    corrections.RemoveLast();
  }
}

struct LoadedBoard {
  Board board;
  LogPoint at;
};

Result<LoadedBoard> load_board(Generation& generation, const std::string& key) {
  rocksdb::DB& db = generation.db();
  rocksdb::ManagedSnapshot snapshot(&db);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  auto at = read_checkpoint(db, options);
  if (!at.ok()) return generation.read_error(at.error());
  LoadedBoard loaded{{}, *at};
  const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
  for (rows->Seek(key); rows->Valid() && rows->key().starts_with(key); rows->Next()) {
    if (!loaded.board.add_row(rows->key().ToStringView().substr(key.size()), rows->value().ToStringView())) {
      return unreadable(generation, "a dashboard's row");
    }
  }
  if (!rows->status().ok()) return generation.read_error(rows->status(), "reading a dashboard");
  return loaded;
}

}  // namespace

Result<AsOf<std::optional<schema::SaleView>>> find_sale(Generation& generation, std::string_view tenant,
                                                        std::string_view sale_id, std::optional<Position> as_of) {
  PointRead read(1);
  KeyWriter(read.buffer()).table(tenant, Table::kSale).rest(sale_id);
  read.add();
  const auto at = read.run(generation);
  if (!at.ok()) return at.error();
  AsOf<std::optional<schema::SaleView>> out{at.value(), std::nullopt};
  if (const rocksdb::PinnableSlice* const row = read.row(0)) {
    schema::CachedSale sale;
    if (!parse(*row, sale)) return unreadable(generation, "a sale's row");
    if (as_of && sale.position() > as_of->value()) return out;
    if (as_of) forget_after(*as_of, sale);
    out.value = make_sale_view(sale, out.at.log_id);
  }
  return out;
}

Result<AsOf<std::optional<CachedCustomerRow>>> find_customer(Generation& generation, std::string_view tenant,
                                                             std::string_view customer_id) {
  PointRead read(1);
  KeyWriter(read.buffer()).table(tenant, Table::kCustomer).rest(customer_id);
  read.add();
  const auto at = read.run(generation);
  if (!at.ok()) return at.error();
  AsOf<std::optional<CachedCustomerRow>> out{at.value(), std::nullopt};
  if (const rocksdb::PinnableSlice* const row = read.row(0)) {
    schema::CachedCustomer customer;
    if (!parse(*row, customer)) return unreadable(generation, "a customer's row");
    out.value.emplace();
    out.value->position = position_text(out.at.log_id, Epoch(customer.epoch()), Position(customer.position()));
    out.value->customer = std::move(*customer.mutable_customer());
    out.value->state = std::move(customer);
  }
  return out;
}

Result<AsOf<schema::Availability>> availability(Generation& generation, std::string_view tenant, std::string_view store,
                                                std::span<const std::string_view> skus) {
  PointRead read(skus.size());
  for (const std::string_view sku : skus) {
    append_item_key(read.buffer(), tenant, store, sku);
    read.buffer().push_back(kItemAvailability);
    read.add();
  }
  const auto at = read.run(generation);
  if (!at.ok()) return at.error();
  AsOf<schema::Availability> out{at.value(), {}};
  out.value.set_store_id(store.data(), store.size());
  out.value.mutable_items()->Reserve(static_cast<int>(skus.size()));
  for (std::size_t i = 0; i < skus.size(); ++i) {
    schema::Availability::Item& item = *out.value.add_items();
    item.set_sku(skus[i].data(), skus[i].size());
    const rocksdb::PinnableSlice* const row = read.row(i);
    if (row == nullptr) continue;
    if (row->size() != 2 * sizeof(std::int64_t)) return unreadable(generation, "an availability row");
    const std::int64_t on_hand_e5 = load_i64(row->data());
    item.set_on_hand_e5(on_hand_e5);
    item.set_available_e5(on_hand_e5 - load_i64(row->data() + sizeof(std::int64_t)));
  }
  return out;
}

Result<AsOf<schema::Dashboard>> dashboard(Generation& generation, std::string_view tenant, std::string_view store,
                                          std::int32_t business_date) {
  if (Status readable = generation.readable(); !readable.ok()) return readable.error();
  std::string key;
  append_board_key(key, tenant, store, business_date);
  BoardCache& boards = generation.boards();
  if (auto found = boards.find(key, store, business_date)) {
    if (!found->dashboard.ok()) return found->dashboard.error();
    return AsOf<schema::Dashboard>{found->at, std::move(*found->dashboard)};
  }
  const std::uint64_t ticket = boards.begin_load(key);
  auto loaded = load_board(generation, key);
  if (!loaded.ok()) {
    if (ticket != 0) boards.finish_load(key, ticket, std::nullopt, {});
    return loaded.error();
  }
  auto shown = make_dashboard(loaded->board, store, business_date);
  if (ticket != 0) boards.finish_load(key, ticket, std::move(loaded->board), loaded->at);
  if (!shown.ok()) return shown.error();
  return AsOf<schema::Dashboard>{loaded->at, std::move(*shown)};
}

}  // namespace till::read_cache
