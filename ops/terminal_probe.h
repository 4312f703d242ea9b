// Where the terminals of a made-up chain stand on a server.
#pragma once

#include "engine/result.h"
#include "ops/batch_sender.h"
#include "ops/trade_generator.h"

namespace till {

// Lets each terminal of `generator` go on with the sequence that the server expects of it: a sale far ahead is refused
// with that number. Replaces the sender's on_answer().
Status continue_terminals(BatchSender& sender, TradeGenerator& generator);

}  // namespace till
