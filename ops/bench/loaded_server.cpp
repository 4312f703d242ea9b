#include "ops/bench/loaded_server.h"

#include <chrono>
#include <cstdio>

#include "ops/server_access.h"

namespace till {
namespace {

constexpr std::size_t kLoadedProducts = 2000;
constexpr std::int64_t kLoadedDayUs = 24LL * 3'600 * 1'000'000;

std::int32_t date_of_day(std::int32_t days_ago) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return date_of(std::chrono::duration_cast<std::chrono::microseconds>(now).count() - days_ago * kLoadedDayUs);
}

Status load_trade(BenchServer& server, const LoadedTrade& trade, std::uint64_t sales) {
  auto shape = bench_shape(0);
  shape.products = kLoadedProducts;
  TradeGenerator generator(shape);
  const auto ready = server.set_up(generator);
  if (!ready) return ready;
  auto sender = server.open_sender();
  if (!sender) return sender.error();
  CommandStream stream(*sender);
  std::uint64_t made = 0;
  const auto sink = stream.sink();
  const auto days = static_cast<std::uint64_t>(trade.days);
  for (std::uint64_t day = 0; day < days && !stream.failed(); ++day) {
    const std::uint64_t of_day = sales * (day + 1) / days - sales * day / days;
    generator.make_day(date_of_day(static_cast<std::int32_t>(days - 1 - day)), static_cast<std::size_t>(of_day),
                       [&](const KeyedCommand& command) {
                         constexpr std::uint64_t kDrawEvery = 1000;
                         if (++made % kDrawEvery == 0) draw_progress("load", made, sales);
                         sink(command);
                       });
  }
  const auto sent = stream.finish();
  clear_progress();
  if (!sent) return sent;
  if (sender->counts().rejected > 0) return Error{ErrorKind::kInvalid, "the server refused the load"};
  return {};
}

}  // namespace

Result<std::unique_ptr<BenchServer>> loaded_server(const BenchOptions& options, const LoadedTrade& trade) {
  BenchServerOptions needs;
  needs.with_mysql = trade.with_mysql;
  auto server = BenchServer::start(options, needs);
  if (!server) return server;
  const auto loaded = load_trade(**server, trade, trade.sales == 0 ? options.sales : trade.sales);
  if (!loaded) return loaded.error();
  return server;
}

std::string date_text_of_day(std::int32_t days_ago) {
  const std::int32_t date = date_of_day(days_ago);
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
  return text;
}

}  // namespace till
