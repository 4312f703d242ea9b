// Which events of the log somebody is told of.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/effect.h"
#include "engine/result.h"
#include "projections/effects/alert.h"
#include "schemas/values.pb.h"

namespace till {

// How much a drawer of a store may differ without a word; nothing: it is not told at all. Asked only of drawers that do
// differ.
using OverShortLimit = std::function<Result<std::optional<schema::Money>>(const std::string& store_id)>;

// Whether an event of this name can be an alert.
bool may_alert(std::string_view event_name);

// The alert that an event is, most are none. kInvalid where its payload does not read; otherwise errors of `limit`.
Result<std::optional<Alert>> alert_of(const EffectMessage& message, const OverShortLimit& limit);

}  // namespace till
