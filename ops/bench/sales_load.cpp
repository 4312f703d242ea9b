#include "ops/bench/sales_load.h"

#include <charconv>
#include <string_view>

#include "schemas/commands.pb.h"

namespace till {
namespace {

constexpr std::chrono::seconds kDrainTimeout{30};

// "position":"<log>-<epoch>-<number>" in an answer; 0 where there is none.
std::uint64_t position_in(std::string_view body) {
  constexpr std::string_view kName = R"("position":")";
  const auto start = body.find(kName);
  if (start == std::string_view::npos) return 0;
  const auto end = body.find('"', start + kName.size());
  if (end == std::string_view::npos) return 0;
  const auto text = body.substr(start + kName.size(), end - start - kName.size());
  const auto number = text.substr(text.rfind('-') + 1);
  std::uint64_t position = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), position);
  return parsed.ec == std::errc{} ? position : 0;
}

// How many items of a batch's answer were accepted: each has its status and a position.
std::uint64_t accepted_in_json(std::string_view body) {
  constexpr std::string_view kAccepted = R"("status":201)";
  std::uint64_t accepted = 0;
  for (auto at = body.find(kAccepted); at != std::string_view::npos; at = body.find(kAccepted, at)) {
    at += kAccepted.size();
    if (position_in(body.substr(at)) > 0) ++accepted;
  }
  return accepted;
}

std::uint64_t accepted_in_protobuf(std::string_view body) {
  schema::BatchResult result;
  if (!result.ParseFromArray(body.data(), static_cast<int>(body.size()))) return 0;
  std::uint64_t accepted = 0;
  schema::CommandAnswer answer;
  for (const auto& item : result.results()) {
    if (item.status() == kCreated && answer.ParseFromString(item.body()) && !answer.position().empty()) ++accepted;
  }
  return accepted;
}

}  // namespace

Result<BenchResult> SalesRun::run(std::chrono::seconds duration) {
  LoadOptions options;
  options.url = url_;
  options.connections = load_.connections;
  options.duration = duration;
  options.drain_timeout = kDrainTimeout;
  options.requests_per_second = load_.requests_per_second;
  options.stop = load_.stop;
  LoadCallbacks callbacks;
  callbacks.next = [this](unsigned connection, std::string& out) { return next(connection, out); };
  callbacks.answered = [this](const LoadAnswer& answer) { answered(answer); };
  const Result<LoadResult> load = run_load(options, callbacks);
  if (!load.ok()) return load.error();
  result_.failed += load.value().lost + load.value().unanswered;
  result_.rate = load.value().elapsed_us == 0 ? 0 : result_.acknowledged * 1'000'000 / load.value().elapsed_us;
  result_.numbers = {{"connections", load_.connections},
                     {"sales_per_request", static_cast<std::int64_t>(load_.sales_per_request)}};
  if (load_.requests_per_second > 0) {
    result_.numbers.emplace_back("requests_per_second", load_.requests_per_second);
    result_.numbers.emplace_back("unsent", static_cast<std::int64_t>(load.value().unsent));
  }
  return result_;
}

// Each connection has terminals of its own, so that their order holds.
bool SalesRun::next(unsigned connection, std::string& out) {
  const std::size_t own = (requests_.terminal_count() - connection + load_.connections - 1) / load_.connections;
  const std::size_t terminal = connection + load_.connections * (turn_[connection]++ % own);
  terminal_of_[connection] = terminal;
  if (load_.sales_per_request == 1) {
    requests_.append_sale(terminal, out);
  } else {
    requests_.append_batch(terminal, load_.sales_per_request, out);
  }
  return true;
}

void SalesRun::answered(const LoadAnswer& answer) {
  std::uint64_t accepted = 0;
  if (load_.sales_per_request == 1) {
    accepted = answer.status == kCreated && position_in(answer.body) > 0 ? 1 : 0;
  } else if (answer.status == kOk) {
    const bool protobuf = requests_.form() == SaleForm::kProtobuf;
    accepted = protobuf ? accepted_in_protobuf(answer.body) : accepted_in_json(answer.body);
  }
  result_.acknowledged += accepted;
  const std::size_t refused = load_.sales_per_request - accepted;
  if (refused > 0) requests_.take_back(terminal_of_[answer.connection], refused);
  result_.failed += refused;
  latencies_us_.push_back(static_cast<std::uint32_t>(answer.latency_us));
}

Result<BenchResult> counted_run(BenchServer& server, SalesRun& run, std::chrono::seconds duration) {
  const Result<std::uint64_t> before = server.head();
  if (!before.ok()) return before.error();
  Result<BenchResult> result = run.run(duration);
  if (!result.ok()) return result;
  const Result<std::uint64_t> after = server.head();
  if (!after.ok()) return after.error();
  result->positions_gained = after.value() - before.value();
  return result;
}

}  // namespace till
