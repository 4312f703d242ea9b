// What the effects make of errors, and how long they wait, in the same way each.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/effect.h"
#include "engine/result.h"

namespace till {

// kInvalid: no other try helps. All else may pass.
inline DeliveryAttempt not_delivered(const Error& error) {
  DeliveryAttempt attempt;
  attempt.kind = error.kind == ErrorKind::kInvalid ? DeliveryAttempt::Kind::kRefused : DeliveryAttempt::Kind::kFailed;
  attempt.error = error.message;
  return attempt;
}

// The wait after so many failed attempts: those of `first` one after the other, then `later` each time; nothing once
// there were `attempts_most`.
inline std::optional<std::chrono::milliseconds> wait_of(std::span<const std::chrono::milliseconds> first,
                                                        std::chrono::milliseconds later, std::uint32_t attempts_most,
                                                        std::uint32_t attempts) {
  if (attempts >= attempts_most) return std::nullopt;
  return attempts <= first.size() ? first[std::max(attempts, 1u) - 1] : later;
}

}  // namespace till
