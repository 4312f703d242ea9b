#include "ops/foodmart_stock.h"

#include <algorithm>
#include <set>

namespace till {
namespace {

constexpr std::int64_t kShipEveryDays = 3, kUnderWayDays = 2, kCountEveryDays = 20;
constexpr std::size_t kTransferLines = 8, kCountLines = 5;
constexpr std::int64_t kUnitsLeft = 2, kUnitsShippedMost = 12;
constexpr std::uint64_t kDamagedOneIn = 12, kSentBackOneIn = 20, kVarianceOneIn = 3;
constexpr std::int64_t kVarianceMost = 3;
constexpr std::uint64_t kStockSeed = 0x73746F636Bu;

}  // namespace

FoodmartStock::FoodmartStock(const FoodmartData& data, FoodmartOutput& out) : data_(data), out_(out) {
  std::set<std::int64_t> stores;
  for (const auto& [key, lines] : data.baskets) stores.insert(key.store);
  stores_.assign(stores.begin(), stores.end());
  for (const auto& [id, product] : data.products) products_.push_back(id);
}

void FoodmartStock::begin_day(std::int32_t date) {
  ++day_;
  SeededRandom random(kFoodmartSeed ^ kStockSeed ^ (static_cast<std::uint64_t>(date) << 32));
  while (!under_way_.empty() && under_way_.front().arrives <= day_) {
    receive(under_way_.front());
    under_way_.pop_front();
  }
  if (day_ % kShipEveryDays == 0 && stores_.size() > 1) ship(date, random);
  if (day_ % kCountEveryDays != 0) return;
  for (const std::int64_t store : stores_) count(store, date, random);
}

void FoodmartStock::end_year() {
  for (const Transfer& transfer : under_way_) receive(transfer);
  under_way_.clear();
}

std::int64_t FoodmartStock::level(std::int64_t store, std::int64_t product) const {
  const auto found = levels_.find({store, product});
  return found == levels_.end() ? 0 : found->second;
}

std::vector<FoodmartStock::Line> FoodmartStock::draw_products(std::int64_t store, std::size_t most,
                                                              std::int64_t units_least, SeededRandom& random) {
  std::vector<Line> lines;
  const std::size_t first = random.below(products_.size());
  for (std::size_t i = 0; i < products_.size() && lines.size() < most; ++i) {
    const std::int64_t product = products_[(first + i) % products_.size()];
    const std::int64_t units = level(store, product) / kFoodmartUnitE5;
    if (units >= units_least) lines.push_back({product, units});
  }
  return lines;
}

void FoodmartStock::ship(std::int32_t date, SeededRandom& random) {
  const std::size_t from = random.below(stores_.size());
  const std::size_t to = (from + 1 + random.below(stores_.size() - 1)) % stores_.size();
  Transfer transfer{"foodmart-transfer-" + std::to_string(date), stores_[from], stores_[to], day_ + kUnderWayDays, {}};
  for (const Line& line : draw_products(transfer.from, kTransferLines, kUnitsLeft + 1, random)) {
    const std::int64_t units = random.between(1, std::min(line.units - kUnitsLeft, kUnitsShippedMost));
    transfer.lines.push_back({line.product, units});
    move(transfer.from, line.product, -units * kFoodmartUnitE5);
  }
  if (transfer.lines.empty()) return;
  out_.emit(transfer.id, [&](schema::Command& command) {
    auto& create = *command.mutable_create_transfer();
    create.set_transfer_id(transfer.id);
    create.set_from_store_id(foodmart_store(transfer.from));
    create.set_to_store_id(foodmart_store(transfer.to));
    for (const Line& line : transfer.lines) {
      auto& stated = *create.add_lines();
      stated.set_sku(data_.products.at(line.product).sku);
      stated.set_quantity_e5(line.units * kFoodmartUnitE5);
    }
  });
  out_.emit(transfer.id + ".shipped",
            [&](schema::Command& command) { command.mutable_ship_transfer()->set_transfer_id(transfer.id); });
  under_way_.push_back(std::move(transfer));
}

// Nearly all arrives; a unit may be damaged, or sent back to the store that it came from.
void FoodmartStock::receive(const Transfer& transfer) {
  SeededRandom random(kFoodmartSeed ^ kStockSeed ^ static_cast<std::uint64_t>(transfer.arrives));
  const std::string receipt = transfer.id + "-receipt";
  out_.emit(receipt, [&](schema::Command& command) {
    auto& receive = *command.mutable_receive_transfer();
    receive.set_transfer_id(transfer.id);
    receive.set_receipt_id(receipt);
    for (const Line& line : transfer.lines) {
      const bool damaged = random.one_in(kDamagedOneIn), sent_back = !damaged && random.one_in(kSentBackOneIn);
      const std::int64_t received_e5 = (line.units - (damaged || sent_back ? 1 : 0)) * kFoodmartUnitE5;
      auto& stated = *receive.add_lines();
      stated.set_sku(data_.products.at(line.product).sku);
      stated.set_received_e5(received_e5);
      if (damaged) stated.set_damaged_e5(kFoodmartUnitE5);
      if (sent_back) stated.set_cancelled_e5(kFoodmartUnitE5);
      move(transfer.to, line.product, received_e5);
      if (sent_back) move(transfer.from, line.product, kFoodmartUnitE5);
    }
  });
}

// Levels are set to what was counted. A count sheet would compare with what moved between its opening and the moment of
// counting by the server's clock, which knows nothing of a year that is past.
void FoodmartStock::count(std::int64_t store, std::int32_t date, SeededRandom& random) {
  for (const Line& line : draw_products(store, kCountLines, 1, random)) {
    const std::int64_t book_e5 = level(store, line.product);
    const std::int64_t variance =
        random.one_in(kVarianceOneIn) ? random.between(-std::min(line.units, kVarianceMost), kVarianceMost) : 0;
    const std::string id =
        "foodmart-count-" + std::to_string(store) + "-" + std::to_string(date) + "-" + std::to_string(line.product);
    out_.emit(id, [&](schema::Command& command) {
      auto& set = *command.mutable_set_stock();
      set.set_set_id(id);
      set.set_store_id(foodmart_store(store));
      set.set_sku(data_.products.at(line.product).sku);
      set.set_to_e5(book_e5 + variance * kFoodmartUnitE5);
      set.set_change_from_e5(book_e5);
    });
    move(store, line.product, variance * kFoodmartUnitE5);
  }
}

}  // namespace till
