// What a command sent to the rules led to.
#pragma once

#include <string>

#include <catch2/catch.hpp>

#include "tests/memory_books.h"

namespace till::testing {

// The code of its refusal; empty where there is none.
inline std::string code_of(const MemoryTill::Sent& sent) {
  const auto* rejection = std::get_if<Rejection>(&sent.decision);
  return rejection == nullptr ? "" : std::string(rejection->code);
}

// Sends a command that must not be refused.
inline MemoryTill::Sent must(MemoryTill& till, const schema::Command& command) {
  auto sent = till.send(command);
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) FAIL(rejection->code << " " << rejection->detail);
  return sent;
}

// Store S1 with customer C1.
inline void open_store_with_customer(MemoryTill& till) {
  schema::Command command;
  command.mutable_upsert_store()->set_store_id("S1");
  must(till, command);
  command.mutable_register_customer()->set_customer_id("C1");
  must(till, command);
}

}  // namespace till::testing
