#include "ops/terminal_probe.h"

namespace till {

Status continue_terminals(BatchSender& sender, TradeGenerator& generator) {
  Status status = sender.flush();
  std::size_t terminal = 0;
  sender.on_answer([&](std::string_view, unsigned, const JsonNode& body) {
    if (body.has("expected")) {
      generator.continue_at(terminal, static_cast<std::uint64_t>(body["expected"].integer()));
    }
    ++terminal;
  });
  for (std::size_t i = 0; status && i < generator.terminal_count(); ++i) {
    status = sender.add(generator.sequence_probe(i));
  }
  if (status) status = sender.flush();
  sender.on_answer(nullptr);
  return status;
}

}  // namespace till
