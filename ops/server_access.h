// How client subcommands reach a server: address and key from the command line.
#pragma once

#include "engine/result.h"
#include "ops/batch_sender.h"
#include "ops/command_line.h"
#include "ops/services.h"

namespace till {

// --url, TILL_URL, the server that runs on --data, or http://127.0.0.1:8080, in this order.
std::string server_url(const CommonOptions& options);

// A sender with the key of --key-file; kInvalid where that is missing, kUnavailable where no server answers.
Result<BatchSender> open_sender(const CommonOptions& options, std::size_t batch_commands = 500);

// As a timeout: as long as the server is alive.
inline constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();

// Waits until GET /readyz answers 200; kUnavailable after `timeout`, with what it answered last. `alive` may end the
// wait; `tell` is told at each look why it is not ready yet. Both may be null.
Status wait_until_ready(const std::string& url, std::chrono::milliseconds timeout,
                        const std::function<bool()>& alive = nullptr,
                        const std::function<void(const std::string&)>& tell = nullptr);

// Waits until a server on `data` has told its address; kUnavailable after `timeout`.
Result<ServeAddress> wait_for_address(const std::string& data, std::chrono::milliseconds timeout,
                                      const std::function<bool()>& alive);

}  // namespace till
