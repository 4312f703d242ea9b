// What an open ticket comes to, as the rules count it.
#pragma once

#include <rapidcheck.h>

#include "commands/ticket.h"
#include "commands/ticket_pricing.h"
#include "tests/memory_books.h"

namespace till::testing {

// Of ticket V1 in store S1.
inline PricedTicket priced_of(MemoryTill& till) {
  google::protobuf::Arena arena;
  DecideContext context;
  context.recorded_at = Micros(till.now());
  context.arena = &arena;
  const Deciding deciding{context, till.books(), till.domain().zones(), till.domain()};
  PricedTicket priced;
  const auto* store = till.books().get<schema::StoreState>(kind_of(schema::STORE), "S1");
  const Refusal refusal = price_ticket(deciding, *find_ticket(deciding, "V1"), *store, "/", priced);
  RC_ASSERT(!refusal);
  return priced;
}

}  // namespace till::testing
