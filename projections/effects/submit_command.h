// How an effect brings back what it learned.
#pragma once

#include <functional>
#include <string>

#include "engine/result.h"
#include "schemas/commands.pb.h"

namespace till {

// Lets a command of the tenant in and waits until it is durable. Ok where it was accepted, or had been before.
// kInvalid: the rules refuse it, and would again. All other errors are tried again. Thread safe.
using SubmitCommand = std::function<Status(const std::string& tenant, const schema::Command& command,
                                           const std::string& idempotency_key)>;

}  // namespace till
