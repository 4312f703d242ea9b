#include "api/due_index.h"

#include <iterator>
#include <utility>

namespace till {

void DueIndex::add(Due due) {
  if (due.at >= horizon_) return;
  dues_.insert(std::move(due));
  if (dues_.size() <= most_) return;
  const auto latest = std::prev(dues_.end());
  horizon_ = latest->at;
  dues_.erase(latest);
}

std::optional<Due> DueIndex::take(Micros now) {
  if (dues_.empty() || dues_.begin()->at > now) return std::nullopt;
  return std::move(dues_.extract(dues_.begin()).value());
}

}  // namespace till
