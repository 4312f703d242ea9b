// What has to stand before a sale can use the rules around it: open shifts, gift cards with a balance, a loyalty
// program, a tax table. Customers come with the chain.
#pragma once

#include <cstddef>
#include <string>

#include "engine/result.h"
#include "ops/bench/bench_server.h"
#include "ops/trade_generator.h"

namespace till {

inline constexpr std::size_t kDomainCustomers = 2'000;
inline constexpr std::size_t kDomainGiftCards = 256;

// The open shift of a terminal, and a gift card from 0 to kDomainGiftCards - 1.
std::string domain_shift(const std::string& terminal);
std::string domain_gift_card(std::size_t number);

// After BenchServer::set_up() of the same generator. Doing it again is a replay.
Status set_up_domain(const BenchServer& server, const TradeGenerator& generator);

}  // namespace till
