#include "tests/simulation/simulated_view.h"

#include "schemas/events.pb.h"

namespace till::simulation {
namespace {

// States that a crash may leave.
constexpr std::size_t kKeptMost = 3;
constexpr std::size_t kUnavailableOnceIn = 12;

void fold(const schema::Event& event, const std::string& stream, Sums& sums) {
  if (event.has_stock_issued()) sums.on_hand_e5[stream] -= event.stock_issued().quantity_e5();
  if (event.has_stock_restored()) sums.on_hand_e5[stream] += event.stock_restored().quantity_e5();
  if (event.has_stock_received()) sums.on_hand_e5[stream] += event.stock_received().quantity_e5();
  if (event.has_stock_adjusted()) sums.on_hand_e5[stream] += event.stock_adjusted().delta_e5();
  if (event.has_sale_completed()) {
    ++sums.sales;
    sums.net += event.sale_completed().net();
  }
  if (event.has_sale_voided()) {
    --sums.sales;
    sums.net -= event.sale_voided().original().net();
  }
}

}  // namespace

void SimulatedView::keep(const Stored& stored) {
  kept_.push_back(stored);
  if (kept_.size() > kKeptMost) kept_.pop_front();
}

Status SimulatedView::apply(std::span<const TransactionPtr> batch) {
  if (dice_.once_in(kUnavailableOnceIn)) return Error{ErrorKind::kUnavailable, "the view's server is away"};
  if (batch.front()->position() != now_.at.position.next()) {
    return Error{ErrorKind::kPoison, "the batch does not follow the checkpoint"};
  }
  if (checkpoint_first_) keep({now_.sums, batch.back()->point()});
  for (const TransactionPtr& transaction : batch) {
    for (int i = 0; i < transaction->event_count(); ++i) {
      fold(static_cast<const schema::Event&>(transaction->event(i)), transaction->record().events(i).stream_id(),
           now_.sums);
    }
  }
  now_.at = batch.back()->point();
  keep(now_);
  return {};
}

void SimulatedView::crash() {
  now_ = kept_[dice_.below(kept_.size())];
  kept_ = {now_};
}

}  // namespace till::simulation
