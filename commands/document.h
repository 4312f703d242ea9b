// Papers with a client-made id that is used once: a paid-out, a reservation, a transfer of a balance. Stream:
// document/<type>/<id>; the type keeps the ids of different commands apart. What a receipt or an adjustment books lies
// in streams of their own, older than this.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

const Aggregate& document_aggregate();

// "<type>/<id>"; `type` is the member of Command that books it.
std::string document_id(std::string_view type, std::string_view id);

// For needs().
void need_document(std::string_view type, std::string_view id, std::vector<EntityRef>& out);

// What a command leads to whose document is booked already: its first result where the content is the same, else
// DOCUMENT_ID_REUSED at `pointer`. Nothing where the id is new.
std::optional<Decision> decide_booked(const Deciding& deciding, std::string_view type, std::string_view id,
                                      std::string_view pointer);

// Adds the event that uses the id up.
void book_document(Acceptance& acceptance, const Deciding& deciding, std::string_view type, std::string_view id);

}  // namespace till
