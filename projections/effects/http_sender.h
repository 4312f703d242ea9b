// One HTTP request to a receiver that a tenant has named: bounded in time and size, without redirects, proxies or
// cookies, and never to an address inside, whatever a name resolves to.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/result.h"

namespace till {

// Of an answer, what is kept for the delivery log.
inline constexpr std::size_t kOutboundAnswerMost = 1024;

// Of the wait that a receiver may ask for.
inline constexpr std::chrono::hours kRetryAfterMost{24};

struct OutboundPost {
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{15'000};
  bool allow_private_addresses = false;
};

struct OutboundAnswer {
  int status = 0;
  std::string body;                                 // its beginning
  std::optional<std::chrono::seconds> retry_after;  // where the header has seconds; at most kRetryAfterMost
};

// POST. kUnavailable where no answer came; kInvalid where the address is refused, or the URL is none. Any thread.
Result<OutboundAnswer> http_post(const OutboundPost& request);

// Whether an address is of the public internet: not of this host, a private network, a link, documentation, multicast
// or the like (RFC 6890), also inside of an IPv6 address that embeds an IPv4 one.
bool is_public_address(const sockaddr& address);

}  // namespace till
