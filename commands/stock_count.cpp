#include "commands/stock_count.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/money.h"
#include "commands/scratch.h"
#include "commands/stock_cost.h"
#include "commands/stock_move.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::CountSheetState;

constexpr EntityKind kSheet = kind_of(schema::COUNT_SHEET);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);
constexpr EntityKind kStock = kind_of(schema::STOCK);

void needs_start(const schema::StartCount& command, std::vector<EntityRef>& out) {
  out.push_back({kSheet, command.count_id()});
  out.push_back({kStore, command.store_id()});
  need_session(command.session_id(), out);
  for (const std::string& sku : command.skus()) {
    out.push_back({kProduct, sku});
    out.push_back({kStock, stock_id(command.store_id(), sku)});
  }
}

// The sheet's store and stock are not in the command: the engine loads them when decide() looks.
void needs_record(const schema::RecordCount& command, std::vector<EntityRef>& out) {
  out.push_back({kSheet, command.count_id()});
  need_session(command.session_id(), out);
}

Refusal check_articles(const schema::StartCount& command, BooksReader& books) {
  if (command.skus().empty() || command.skus_size() > kCountItemsMost) {
    return reject(schema::VALIDATION_FAILED, "A count has 1 to " + std::to_string(kCountItemsMost) + " articles",
                  "/skus");
  }
  const auto count = static_cast<std::size_t>(command.skus_size());
  Scratch<std::string_view> skus(count);
  Scratch<std::uint32_t> first(count);
  for (std::size_t i = 0; i < count; ++i) skus[i] = command.skus(static_cast<int>(i));
  find_first_equal(skus.all(), first.all());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string sku(skus[i]);
    if (first[i] != i) return reject(schema::SKU_DUPLICATE, sku + " is named twice", item_pointer("skus", i));
    if (books.get<schema::ProductState>(kProduct, sku) == nullptr) {
      return reject(schema::PRODUCT_NOT_FOUND, "No product " + sku, item_pointer("skus", i));
    }
    const schema::StockState& item = stock_item(books, stock_id(command.store_id(), sku));
    if (item.has_count()) {
      return reject(schema::COUNT_OVERLAP, sku + " is in the open count " + item.count().count_id(),
                    item_pointer("skus", i));
    }
  }
  return std::nullopt;
}

void write_started(const schema::StartCount& command, const Deciding& deciding, Acceptance& accepted) {
  auto& fact = *add_event(accepted, deciding, schema::COUNT_SHEET, command.count_id(), schema::Event::kCountStarted)
                    .mutable_count_started();
  fact.set_count_id(command.count_id());
  fact.set_store_id(command.store_id());
  *fact.mutable_skus() = command.skus();
  fact.set_blind(command.blind());
  if (command.has_tolerance_e5()) fact.set_tolerance_e5(command.tolerance_e5());
  for (const std::string& sku : command.skus()) {
    auto& mark = *add_event(accepted, deciding, schema::STOCK, stock_id(command.store_id(), sku),
                            schema::Event::kStockCountOpened)
                      .mutable_stock_count_opened();
    mark.set_store_id(command.store_id());
    mark.set_sku(sku);
    mark.set_count_id(command.count_id());
  }
}

void write_answer(const std::string& count_id, const std::string& store_id, schema::Answer& answer) {
  answer.set_store_id(store_id);
  answer.set_count_id(count_id);
}

Decision decide_start(const schema::StartCount& command, const Deciding& deciding) {
  if (const auto* known = deciding.books.get<CountSheetState>(kSheet, command.count_id())) {
    if (same_content(known->fingerprint(), deciding)) return AlreadyDone{Position(known->position())};
    return reject(schema::COUNT_ID_REUSED, "Count " + command.count_id() + " was started with other content",
                  "/count_id");
  }
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::STOCK_COUNT, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *refusal;
  }
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *refusal;
  if (command.has_tolerance_e5() && (command.tolerance_e5() < 0 || command.tolerance_e5() > kQuantityMostE5)) {
    return reject(schema::QUANTITY_INVALID, "A tolerance is not negative and at most 10^9", "/tolerance");
  }
  if (auto refusal = check_articles(command, deciding.books)) return *refusal;
  accepted.events.reserve(accepted.events.size() + static_cast<std::size_t>(command.skus_size()) + 1);
  write_started(command, deciding, accepted);
  set_business_date(accepted, deciding, *store);
  write_answer(command.count_id(), command.store_id(), set_answer(accepted, deciding));
  return accepted;
}

const CountSheetState::Line* find_line(const CountSheetState& sheet, const std::string& sku) {
  const auto found = std::ranges::find(sheet.lines(), sku, &CountSheetState::Line::sku);
  return found == sheet.lines().end() ? nullptr : &*found;
}

Refusal check_record(const schema::RecordCount& command, const CountSheetState::Line* line,
                     const schema::StockState& item, Micros now) {
  if (command.quantity_e5() < 0 || command.quantity_e5() > kQuantityMostE5) {
    return reject(schema::QUANTITY_INVALID, "A counted quantity is not negative and at most 10^9", "/quantity");
  }
  if (command.counted_at_us() > now.value()) {
    return reject(schema::COUNT_IN_FUTURE, "Goods are counted before they are recorded", "/counted_at");
  }
  if (command.counted_at_us() < item.count().kept_since_us()) {
    return reject(schema::COUNT_TOO_OLD,
                  "What moved since then is not known any more: count " + command.sku() + " again", "/counted_at");
  }
  if (line->has_counted_e5() && command.counted_at_us() < line->counted_at_us()) {
    return reject(schema::COUNT_TOO_OLD, command.sku() + " was counted later already", "/counted_at");
  }
  return std::nullopt;
}

template <class Fact>
void write_counted(const schema::RecordCount& command, const std::string& store_id, Fact& fact) {
  fact.set_count_id(command.count_id());
  fact.set_store_id(store_id);
  fact.set_sku(command.sku());
  fact.set_counted_e5(command.quantity_e5());
  fact.set_counted_at_us(command.counted_at_us());
}

Decision decide_record(const schema::RecordCount& command, const Deciding& deciding) {
  const CountSheetState* sheet = nullptr;
  if (auto refusal = find_open_count(deciding.books, command.count_id(), sheet)) return *refusal;
  Acceptance accepted;
  if (auto refusal =
          authorize(deciding, command.session_id(), schema::STOCK_COUNT, deciding.context.recorded_at, accepted)) {
    return *refusal;
  }
  const CountSheetState::Line* line = find_line(*sheet, command.sku());
  if (line == nullptr) {
    return reject(schema::SKU_NOT_LISTED, command.sku() + " is not in count " + command.count_id(), "/sku");
  }
  const std::string id = stock_id(sheet->store_id(), command.sku());
  const schema::StockState& item = stock_item(deciding.books, id);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, sheet->store_id(), {}, store)) return *refusal;
  if (auto refusal = check_record(command, line, item, deciding.context.recorded_at)) return *refusal;
  write_counted(command, sheet->store_id(),
                *add_event(accepted, deciding, schema::COUNT_SHEET, command.count_id(), schema::Event::kCountRecorded)
                     .mutable_count_recorded());
  write_counted(command, sheet->store_id(),
                *add_event(accepted, deciding, schema::STOCK, id, schema::Event::kStockCountRecorded)
                     .mutable_stock_count_recorded());
  set_business_date(accepted, deciding, *store);
  auto& answer = set_answer(accepted, deciding);
  write_answer(command.count_id(), sheet->store_id(), answer);
  answer.set_sku(command.sku());
  return accepted;
}

// A sum that stops at its type's ends: what a count of such goods leads to is beyond the bounds of stock anyhow.
std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}

void evolve_started(CountSheetState& state, const schema::CountStarted& fact, const schema::Record& record) {
  state.set_count_id(fact.count_id());
  state.set_store_id(fact.store_id());
  state.set_status(CountSheetState::OPEN);
  state.set_blind(fact.blind());
  if (fact.has_tolerance_e5()) state.set_tolerance_e5(fact.tolerance_e5());
  state.set_started_at_us(record.recorded_at_us());
  for (const std::string& sku : fact.skus()) state.add_lines()->set_sku(sku);
  state.set_fingerprint(record.fingerprint());
  state.set_position(record.position());
}

void evolve_recorded(CountSheetState& state, const schema::CountRecorded& fact, const schema::Record&) {
  const auto known = std::ranges::find(*state.mutable_lines(), fact.sku(), &CountSheetState::Line::sku);
  if (known == state.mutable_lines()->end()) return;
  CountSheetState::Line& line = *known;
  // The same count sent twice is not a recount.
  if (line.has_counted_e5() && fact.counted_at_us() > line.counted_at_us()) line.set_recounted(true);
  line.set_counted_e5(fact.counted_e5());
  line.set_counted_at_us(fact.counted_at_us());
}

void evolve_opened(schema::StockState& state, const schema::StockCountMarked& fact, const schema::Record& record) {
  state.mutable_count()->Clear();
  state.mutable_count()->set_count_id(fact.count_id());
  state.mutable_count()->set_kept_since_us(record.recorded_at_us());
}

void evolve_marked(schema::StockState& state, const schema::StockCountMarked& fact, const schema::Record&) {
  auto& count = *state.mutable_count();
  count.set_counted_e5(fact.counted_e5());
  count.set_counted_at_us(fact.counted_at_us());
  std::int64_t since = 0;
  for (const auto& movement : count.movements()) {
    if (movement.at_us() > fact.counted_at_us()) since = add_saturated(since, movement.quantity_e5());
  }
  count.set_moved_since_e5(since);
}

using schema::Command;
using schema::Event;
using schema::StockState;

constexpr std::array kCommands{
    command_rule<&Command::start_count, needs_start, decide_start>(Command::kStartCount),
    command_rule<&Command::record_count, needs_record, decide_record>(Command::kRecordCount),
};
constexpr std::array kEvents{
    event_rule<CountSheetState, &Event::count_started, evolve_started>(Event::kCountStarted, schema::COUNT_SHEET),
    event_rule<CountSheetState, &Event::count_recorded, evolve_recorded>(Event::kCountRecorded, schema::COUNT_SHEET),
    event_rule<StockState, &Event::stock_count_opened, evolve_opened>(Event::kStockCountOpened, schema::STOCK),
    event_rule<StockState, &Event::stock_count_recorded, evolve_marked>(Event::kStockCountRecorded, schema::STOCK),
};
constexpr std::array kStates{state_rule<CountSheetState>(schema::COUNT_SHEET)};

}  // namespace

const Aggregate& stock_count_aggregate() {
  static constexpr Aggregate kAggregate{"stock_count", kCommands, kEvents, kStates};
  return kAggregate;
}

Refusal find_open_count(BooksReader& books, const std::string& count_id, const CountSheetState*& sheet) {
  sheet = books.get<CountSheetState>(kSheet, count_id);
  if (sheet == nullptr) return reject(schema::COUNT_NOT_FOUND, "No count " + count_id, "/count_id");
  if (sheet->status() == CountSheetState::OPEN) return std::nullopt;
  return reject(schema::COUNT_CLOSED, "Count " + count_id + " is " + CountSheetState::Status_Name(sheet->status()),
                "/count_id");
}

bool was_counted_since(const StockState& item, Micros at) {
  const std::int64_t counted_at = item.posted().counted_at_us();
  return item.has_posted() && at.value() <= counted_at && at.value() > counted_at - kLateSaleMostUs;
}

void keep_counted_level(const StockState& item, const schema::StockIssued& issued, const Deciding& deciding,
                        Acceptance& accepted) {
  auto& kept =
      *add_event(accepted, deciding, schema::STOCK, stock_id(issued.store_id(), issued.sku()), Event::kStockCountKept)
           .mutable_stock_count_kept();
  kept.set_store_id(issued.store_id());
  kept.set_sku(issued.sku());
  kept.set_document_id(item.posted().count_id());
  kept.set_quantity_e5(issued.quantity_e5());
  kept.set_on_hand_after_e5(item.on_hand_e5());
  kept.set_reserved_after_e5(item.reserved_e5());
  kept.set_quarantine_after_e5(item.quarantine_e5());
  kept.set_handled_e5(issued.quantity_e5());
  ItemCost before = cost_of(item);
  take_value(issued.value(), before);
  ItemCost after = before;
  move_at_average(after, issued.on_hand_after_e5(), item.on_hand_e5());
  write_value(before, after, kept);
}

// Movements come in any order of their own times: an offline sale is told of late.
void note_movement(StockState::Count& count, std::int64_t at_us, std::int64_t quantity_e5) {
  if (quantity_e5 == 0) return;
  if (count.has_counted_e5() && at_us > count.counted_at_us()) {
    count.set_moved_since_e5(add_saturated(count.moved_since_e5(), quantity_e5));
  }
  if (at_us <= count.kept_since_us()) return;
  auto& movements = *count.mutable_movements();
  auto& movement = *movements.Add();
  movement.set_at_us(at_us);
  movement.set_quantity_e5(quantity_e5);
  if (movements.size() <= kCountMovementsMost) return;
  const auto oldest =
      std::ranges::min_element(movements, {}, [](const StockState::Movement& kept) { return kept.at_us(); });
  count.set_kept_since_us(oldest->at_us());
  movements.erase(oldest);
}

}  // namespace till
