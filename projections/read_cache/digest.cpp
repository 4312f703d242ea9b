// A generation read whole: its digest and its dump.
#include <array>
#include <map>

#include <rocksdb/snapshot.h>

#include "projections/read_cache/counters.h"
#include "projections/read_cache/generation.h"
#include "projections/read_cache/keys.h"
#include "schemas/cache.pb.h"

namespace till::read_cache {
namespace {

void add_sale(Digest& digest, const schema::CachedSale& row) {
  const schema::SaleCompleted& sale = row.sale();
  ++digest.sales;
  digest.lines += sale.lines_size();
  if (row.void_position() != 0) {
    ++digest.voids;
    return;
  }
  for (const schema::SaleCompleted::Line& line : sale.lines()) digest.units_e5 += line.quantity_e5();
  digest.gross += sale.gross();
  digest.discount += sale.discount();
  digest.net += sale.net();
  digest.tax += sale.tax();
  digest.total += sale.total();
  digest.goods += WideSum(sale.net()) + sale.tax();
  digest.kept += WideSum(sale.total()) + sale.cash_rounding();
  digest.cogs_e4 += sale.cogs_e4();
  ++digest.standing;
}

void add_return(Digest& digest, const schema::SaleCompleted& receipt) {
  for (const schema::SaleCompleted::Line& line : receipt.lines()) digest.units_e5 -= line.quantity_e5();
  digest.gross -= receipt.gross();
  digest.discount -= receipt.discount();
  digest.net -= receipt.net();
  digest.tax -= receipt.tax();
  digest.total -= receipt.total();
  digest.goods -= WideSum(receipt.net()) + receipt.tax();
  digest.kept -= WideSum(receipt.total()) + receipt.cash_rounding();
  digest.cogs_e4 -= receipt.cogs_e4();
  ++digest.returns;
}

bool add_return_row(const KeyParts& key, std::string_view value, Digests& digests) {
  schema::Event event;
  if (!event.ParseFromArray(value.data(), static_cast<int>(value.size())) || !event.has_return_completed())
    return false;
  const schema::SaleCompleted& receipt = event.return_completed().receipt();
  add_return(digests[{std::string(key.tenant), receipt.currency()}], receipt);
  return true;
}

// Sums of the dashboards' members, apart by whose dashboard it is and by what the member counts.
class BoardSums {
 public:
  // False where the row is not what was written.
  bool add(const KeyParts& key, std::string_view value) {
    const std::size_t store_end = key.rest.find('\0');
    const std::size_t currency_begin = store_end + 1 + sizeof(std::uint32_t);
    RowSum row;
    if (store_end == std::string_view::npos || key.rest.size() < currency_begin || !row.add(value)) return false;
    const DigestKey whose{std::string(key.tenant), std::string(key.rest.substr(currency_begin))};
    const bool of_tenant = store_end == 0;
    row.for_each([&](std::string_view name, const Counters& counters) {
      Digest& digest = sums_[{of_tenant, static_cast<Measure>(name.front())}][whose];
      digest.standing += counters.count;
      digest.units_e5 += counters.units_e5;
      digest.net += counters.amount;
      digest.kept += counters.amount;
      if (name == std::string_view(kCash.data(), kCash.size())) digest.cash_kept += counters.amount;
    });
    return true;
  }

  std::vector<DigestPart> take() {
    struct Shape {
      Measure measure;
      std::string_view name;
      std::vector<WideSum Digest::*> fields;
    };
    const Shape shapes[] = {{Measure::kTotal, "", {&Digest::standing, &Digest::units_e5, &Digest::net}},
                            {Measure::kHour, " by hour", {&Digest::standing, &Digest::units_e5, &Digest::net}},
                            {Measure::kProduct, " by product", {&Digest::units_e5, &Digest::net}},
                            {Measure::kTender, " by tender", {&Digest::kept, &Digest::cash_kept}}};
    std::vector<DigestPart> parts;
    for (const bool of_tenant : {false, true}) {
      for (const Shape& shape : shapes) {
        std::string name = of_tenant ? "tenant dashboards" : "store dashboards";
        parts.push_back({name.append(shape.name), shape.fields, std::move(sums_[{of_tenant, shape.measure}])});
      }
    }
    return parts;
  }

 private:
  // The member that counts cash.
  static constexpr std::array kCash{static_cast<char>(Measure::kTender), static_cast<char>(schema::Tender::CASH)};

  std::map<std::pair<bool, Measure>, Digests> sums_;
};

// False where the row is not what was written.
bool add_row(const KeyParts& key, std::string_view value, schema::CachedSale& sale, Digests& digests,
             BoardSums& boards) {
  if (key.table == static_cast<char>(Table::kBoard)) return boards.add(key, value);
  if (key.table == static_cast<char>(Table::kReturn)) return add_return_row(key, value, digests);
  if (key.table == static_cast<char>(Table::kSale)) {
    if (!sale.ParseFromArray(value.data(), static_cast<int>(value.size())) || !sale.has_sale()) return false;
    add_sale(digests[{std::string(key.tenant), sale.sale().currency()}], sale);
  } else if (key.table == static_cast<char>(Table::kItem) && item_row_kind(key.rest) == kItemAvailability) {
    if (value.size() != 16) return false;
    digests[{std::string(key.tenant), ""}].on_hand_e5 += load_i64(value.data());
  } else if (key.table == static_cast<char>(Table::kCustomer)) {
    ++digests[{std::string(key.tenant), ""}].customers;
  }
  return true;
}

// Rows that are read once are not worth the block cache.
rocksdb::ReadOptions scan_options(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.fill_cache = false;
  options.readahead_size = 1u << 20;
  return options;
}

Status scan(Generation& generation, rocksdb::ReadOptions options, std::string_view tenant,
            const std::function<bool(std::string_view key, std::string_view value)>& visit,
            const std::atomic<bool>* cancelled = nullptr) {
  const std::string begin = tenant.empty() ? std::string("\1", 1) : tenant_begin(tenant);
  const std::string end = tenant_end(tenant);
  const rocksdb::Slice upper(end);
  if (!tenant.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(generation.db().NewIterator(options));
  for (rows->Seek(begin); rows->Valid(); rows->Next()) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return Error{ErrorKind::kCancelled, "read cache: cancelled while scanning"};
    }
    if (!visit(rows->key().ToStringView(), rows->value().ToStringView())) {
      generation.report_damage("a row does not read");
      return Error{ErrorKind::kUnavailable, "read cache: a row does not read"};
    }
  }
  if (!rows->status().ok()) return generation.read_error(rows->status(), "scanning");
  return {};
}

}  // namespace

Result<DigestAt> Generation::digest(std::string_view tenant, const std::atomic<bool>* cancelled) {
  rocksdb::ManagedSnapshot snapshot(db_.get());
  const rocksdb::ReadOptions options = scan_options(snapshot.snapshot());
  auto at = read_checkpoint(*db_, options);
  if (!at.ok()) return read_error(at.error());
  DigestAt out{*at, {}, {}};
  schema::CachedSale sale;
  BoardSums boards;
  const Status scanned = scan(
      *this, options, tenant,
      [&](std::string_view key, std::string_view value) {
        return add_row(split_key(key), value, sale, out.digests, boards);
      },
      cancelled);
  if (!scanned.ok()) return scanned.error();
  out.parts = boards.take();
  return out;
}

Status Generation::dump(const std::function<void(std::string_view key, std::string_view value)>& visit,
                        std::string_view tenant) {
  rocksdb::ManagedSnapshot snapshot(db_.get());
  return scan(*this, scan_options(snapshot.snapshot()), tenant, [&](std::string_view key, std::string_view value) {
    visit(key, value);
    return true;
  });
}

}  // namespace till::read_cache
