// Commands that the server itself lets in: what an effect has learned, what an operator asks of one.
#pragma once

#include <string>
#include <string_view>

#include "api/fingerprint.h"
#include "engine/engine.h"
#include "engine/result.h"
#include "schemas/commands.pb.h"

namespace till {

// "operator-" and 32 random hexadecimal digits: of a command that is sent once.
std::string random_command_key();

// Thread safe; the engine outlives it.
class CommandSubmit {
 public:
  // `secret` is the server's, as for the commands of clients.
  CommandSubmit(Engine& engine, const MasterSecret& secret) : engine_(engine), fingerprinter_(secret) {}

  // Waits until the command is durable, and answers where it stands: also where it had been accepted under this key
  // before. The key is apart from those of clients. kInvalid: the rules refuse it, with their code and detail.
  // kUnavailable: it was not let in. kOutcomeUnknown: the log failed.
  Result<Position> submit(std::string_view tenant, const schema::Command& command, std::string_view key,
                          std::string_view actor) const;

 private:
  Engine& engine_;
  const Fingerprinter fingerprinter_;
};

}  // namespace till
