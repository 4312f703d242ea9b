#include "engine/effect_book.h"

#include <algorithm>

namespace till {

using schema::EffectProgress;
using schema::ParkedDelivery;

bool EffectBook::is_finished(const EventRef& event) const {
  return in_ranges(progress, event.position) || finished.contains(event);
}

void EffectBook::count(ParkedDelivery::State state, const std::string& target, bool came) {
  const auto change = [&](std::uint64_t& number) { number += came ? 1 : -std::uint64_t{1}; };
  if (state == ParkedDelivery::HELD) change(held);
  if (state == ParkedDelivery::DEAD) change(dead);
  if (state != ParkedDelivery::WAITING) return;
  const auto of_target = waiting.try_emplace(target, 0).first;
  change(of_target->second);
  if (of_target->second == 0) waiting.erase(of_target);
}

void add_range(EffectProgress& progress, std::uint64_t from, std::uint64_t to) {
  if (from > to) return;
  EffectProgress merged;
  for (const EffectProgress::Range& range : progress.finished()) {
    if (range.to() + 1 < from || to + 1 < range.from()) {
      *merged.add_finished() = range;
      continue;
    }
    from = std::min(from, range.from());
    to = std::max(to, range.to());
  }
  EffectProgress::Range& range = *merged.add_finished();
  range.set_from(from);
  range.set_to(to);
  std::ranges::sort(*merged.mutable_finished(), {}, &EffectProgress::Range::from);
  progress.mutable_finished()->Swap(merged.mutable_finished());
}

void cut_ranges(EffectProgress& progress, std::uint64_t last) {
  EffectProgress kept;
  for (const EffectProgress::Range& range : progress.finished()) {
    if (range.from() > last) continue;
    EffectProgress::Range& cut = *kept.add_finished();
    cut.set_from(range.from());
    cut.set_to(std::min(range.to(), last));
  }
  progress.mutable_finished()->Swap(kept.mutable_finished());
}

bool in_ranges(const EffectProgress& progress, Position position) {
  return std::ranges::any_of(progress.finished(), [&](const EffectProgress::Range& range) {
    return range.from() <= position.value() && position.value() <= range.to();
  });
}

Position finished_up_to(const schema::EffectProgress& progress) {
  const std::uint64_t before = progress.begin() == 0 ? 0 : progress.begin() - 1;
  for (const schema::EffectProgress::Range& range : progress.finished()) {
    if (range.from() <= before + 1 && range.to() > before) return Position(range.to());
  }
  return Position(before);
}

}  // namespace till
