#include "commands/training.h"

#include <algorithm>
#include <array>
#include <string>

#include "commands/authority.h"
#include "commands/money.h"
#include "commands/receipt.h"
#include "commands/sale.h"
#include "commands/shift.h"
#include "commands/store.h"
#include "commands/terminal.h"

namespace till {
namespace {

using schema::RingUpSale;
using schema::RingUpTrainingSale;
using schema::SaleCompleted;
using schema::ShiftState;
using schema::TrainingChainState;

constexpr EntityKind kTrainingChain = kind_of(schema::TRAINING_CHAIN);
constexpr EntityKind kStore = kind_of(schema::STORE);
constexpr EntityKind kTerminal = kind_of(schema::TERMINAL_DEVICE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

void needs_training(const RingUpTrainingSale& command, std::vector<EntityRef>& out) {
  out.push_back({kTrainingChain, command.terminal_id()});
  out.push_back({kStore, command.store_id()});
  out.push_back({kTerminal, command.terminal_id()});
  need_shift(command.shift_id(), out);
  need_session(command.session_id(), out);
  for (const RingUpSale::Line& line : command.lines()) out.push_back({kProduct, line.sku()});
}

const TrainingChainState::Sale* find_latest(const TrainingChainState& chain, const std::string& sale_id) {
  const auto found = std::ranges::find(chain.latest(), sale_id, &TrainingChainState::Sale::sale_id);
  return found == chain.latest().end() ? nullptr : &*found;
}

RingUpSale as_sale(const RingUpTrainingSale& command) {
  RingUpSale sale;
  *sale.mutable_lines() = command.lines();
  *sale.mutable_taxes() = command.taxes();
  *sale.mutable_tenders() = command.tenders();
  *sale.mutable_charges() = command.charges();
  *sale.mutable_expected_total() = command.expected_total();
  if (command.has_change()) *sale.mutable_change() = command.change();
  if (command.has_tip()) *sale.mutable_tip() = command.tip();
  if (command.has_cash_rounding()) *sale.mutable_cash_rounding() = command.cash_rounding();
  return sale;
}

// Of the header what training has: no sequence, no customer, no shift or session that the store asks for.
Refusal check_header(const RingUpTrainingSale& command, const Deciding& deciding) {
  if (auto refusal = check_terminal(deciding, command.terminal_id(), command.store_id())) return refusal;
  if (command.lines().empty()) return reject(schema::VALIDATION_FAILED, "A sale has at least one line", "/lines");
  return check_occurred_at(command.occurred_at_us(), deciding);
}

Refusal count_on_shift(const RingUpTrainingSale& command, const Deciding& deciding, Acceptance& accepted) {
  if (command.shift_id().empty()) return std::nullopt;
  const ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, command.shift_id(), shift)) return refusal;
  if (shift->terminal_id() != command.terminal_id() || shift->store_id() != command.store_id()) {
    return reject(
        schema::SHIFT_NOT_FOUND,
        "Shift " + command.shift_id() + " is of terminal " + shift->terminal_id() + " in store " + shift->store_id(),
        "/shift_id");
  }
  auto& fact = *add_event(accepted, deciding, schema::SHIFT, command.shift_id(), schema::Event::kShiftTrainingCounted)
                    .mutable_shift_training_counted();
  fact.set_shift_id(command.shift_id());
  fact.set_sale_id(command.sale_id());
  fact.set_training_sales_after(shift->totals().training_sales() + 1);
  return std::nullopt;
}

void write_fact(const RingUpTrainingSale& command, const SaleCompleted& priced, const Deciding& deciding,
                schema::TrainingSaleCompleted& fact) {
  fact.set_sale_id(command.sale_id());
  fact.set_store_id(command.store_id());
  fact.set_terminal_id(command.terminal_id());
  fact.set_occurred_at_us(command.occurred_at_us());
  fact.set_employee_id(command.employee_id().empty() ? std::string(employee_of(deciding, command.session_id()))
                                                     : command.employee_id());
  fact.set_shift_id(command.shift_id());
  fact.set_session_id(command.session_id());
  fact.set_currency(priced.currency());
  fact.set_lines(static_cast<std::uint32_t>(priced.lines_size()));
  fact.set_gross(priced.gross());
  fact.set_discount(priced.discount());
  fact.set_net(priced.net());
  fact.set_tax(priced.tax());
  fact.set_total(priced.total());
}

void write_answer(const schema::TrainingSaleCompleted& fact, schema::Answer& answer) {
  answer.set_sale_id(fact.sale_id());
  answer.set_training_no(fact.training_no());
  answer.set_business_date(fact.business_date());
  set_money(*answer.mutable_net(), fact.net(), fact.currency());
  set_money(*answer.mutable_tax(), fact.tax(), fact.currency());
  set_money(*answer.mutable_total(), fact.total(), fact.currency());
}

// Its id is no sale's: one may have it as well.
Decision decide_training(const RingUpTrainingSale& command, const Deciding& deciding) {
  const auto* known = deciding.books.get<TrainingChainState>(kTrainingChain, command.terminal_id());
  const TrainingChainState& chain = known == nullptr ? TrainingChainState::default_instance() : *known;
  if (const auto* made = find_latest(chain, command.sale_id())) {
    if (same_content(made->fingerprint(), deciding)) return AlreadyDone{Position(made->position())};
    return reject(schema::SALE_ID_REUSED, "Sale " + command.sale_id() + " was rung up for training with other content",
                  "/sale_id");
  }
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, command.store_id(), "/store_id", store)) return *std::move(refusal);
  if (auto refusal = check_header(command, deciding)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::TRAINING, deciding.context.recorded_at, accepted,
                               command.store_id())) {
    return *std::move(refusal);
  }
  SaleCompleted priced;
  if (auto refusal = price_as_sale(as_sale(command), *store, deciding, priced)) return *std::move(refusal);
  auto& fact = *add_event(accepted, deciding, schema::TRAINING_CHAIN, command.terminal_id(),
                          schema::Event::kTrainingSaleCompleted)
                    .mutable_training_sale_completed();
  write_fact(command, priced, deciding, fact);
  fact.set_training_no(chain.training_no() + 1);
  fact.set_business_date(business_time_of(*store, Micros(command.occurred_at_us()), deciding.zones).business_date);
  if (auto refusal = count_on_shift(command, deciding, accepted)) return *std::move(refusal);
  accepted.business_date = fact.business_date();
  write_answer(fact, set_answer(accepted, deciding));
  return accepted;
}

void evolve_completed(TrainingChainState& state, const schema::TrainingSaleCompleted& fact,
                      const schema::Record& record) {
  state.set_training_no(fact.training_no());
  auto& latest = *state.mutable_latest();
  if (latest.size() >= kTrainingSalesKept) latest.DeleteSubrange(0, 1);
  TrainingChainState::Sale& sale = *latest.Add();
  sale.set_sale_id(fact.sale_id());
  sale.set_fingerprint(record.fingerprint());
  sale.set_position(record.position());
}

void evolve_counted(ShiftState& state, const schema::ShiftTrainingCounted& fact, const schema::Record&) {
  state.mutable_totals()->set_training_sales(fact.training_sales_after());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::ring_up_training_sale, needs_training, decide_training>(Command::kRingUpTrainingSale),
};
constexpr std::array kEvents{
    event_rule<TrainingChainState, &Event::training_sale_completed, evolve_completed>(Event::kTrainingSaleCompleted,
                                                                                      schema::TRAINING_CHAIN),
    event_rule<ShiftState, &Event::shift_training_counted, evolve_counted>(Event::kShiftTrainingCounted, schema::SHIFT),
};
constexpr std::array kStates{state_rule<TrainingChainState>(schema::TRAINING_CHAIN)};

}  // namespace

const Aggregate& training_aggregate() {
  static constexpr Aggregate kAggregate{"training", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
