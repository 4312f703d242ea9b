#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/operator_client.h"

namespace till {
namespace {

constexpr std::chrono::milliseconds kTailPoll{200};
constexpr std::uint64_t kRecordsPerCall = 100;

struct LogArguments {
  std::uint64_t from = 1;
  std::uint64_t count = 20;
  bool follow = false;
};

// One line for people: where, when, who, what, and the events.
std::string record_line(const JsonNode& record) {
  std::string line(record["position"].text());
  for (const char* name : {"recorded_at", "tenant", "command", "terminal"}) {
    if (record.has(name)) line += "  " + std::string(record[name].text());
  }
  if (record.has("control")) line += "  " + record["control"].json();
  for (const auto& event : record["events"].items()) {
    line += "  " + std::string(event["type"].text()) + "(" + std::string(event["stream_id"].text()) + ")";
  }
  return line;
}

// Up to `count` records from `from` on, to `show`. Returns how many there were.
Result<std::uint64_t> read_records(OperatorClient& client, std::uint64_t from, std::uint64_t count,
                                   const std::function<void(const JsonNode&)>& show) {
  std::uint64_t done = 0;
  while (done < count) {
    const auto part = std::min(count - done, kRecordsPerCall);
    auto answer = ask_operator(
        client, "GET", "/operator/log/records?from=" + std::to_string(from + done) + "&count=" + std::to_string(part));
    if (!answer) return answer.error();
    const auto& records = (*answer)["records"].items();
    for (const auto& record : records) show(record);
    done += records.size();
    if (records.empty()) break;
  }
  return done;
}

int show_records(const Shell& shell, const LogArguments& arguments) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  std::string document = "[";
  auto shown = read_records(**client, arguments.from, arguments.count, [&](const JsonNode& record) {
    if (!shell.json()) return print_document(record_line(record));
    if (document.size() > 1) document += ',';
    record.append_json(document);
  });
  if (!shown) return fail(shown.error());
  if (shell.json()) print_document(document + "]");
  return kExitOk;
}

int tail_records(const Shell& shell, LogArguments arguments) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto head = ask_operator(**client, "GET", "/operator/log/head");
  if (!head) return fail(head.error());
  const auto last = static_cast<std::uint64_t>((*head)["head"].integer());
  arguments.from = last > arguments.count ? last - arguments.count + 1 : 1;
  if (!arguments.follow) return show_records(shell, arguments);
  for (std::uint64_t next = arguments.from;;) {
    auto shown = read_records(**client, next, kRecordsPerCall, [&](const JsonNode& record) {
      print_document(shell.json() ? record.json() : record_line(record));
    });
    if (!shown) return fail(shown.error());
    next += *shown;
    if (*shown == 0) std::this_thread::sleep_for(kTailPoll);
  }
}

void add_row(std::vector<std::vector<std::string>>& rows, const JsonNode& document, const char* name) {
  if (document.has(name)) rows.push_back({name, std::string(document[name].text())});
}

int show_document(const Shell& shell, const char* method, const char* target,
                  const std::function<void(const JsonNode&)>& for_people,
                  const std::function<int(const JsonNode&)>& exit_code) {
  auto client = open_operator(shell);
  if (!client) return fail(client.error());
  auto document = ask_operator(**client, method, target);
  if (!document) return fail(document.error());
  if (shell.json()) {
    print_document(document->json());
  } else {
    for_people(*document);
  }
  return exit_code(*document);
}

void print_point(const JsonNode& document) {
  std::vector<std::vector<std::string>> rows;
  for (const char* name : {"log_id", "epoch", "head", "position", "chain"}) add_row(rows, document, name);
  print_document(format_table(rows));
}

void print_stats(const JsonNode& stats) {
  print_point(stats);
  std::vector<std::vector<std::string>> rows = {{"TENANT", "TRANSACTIONS", "SALES", "VOIDS", "NET"}};
  for (const auto& tenant : stats["tenants"].items()) {
    std::string net;
    for (const auto& money : tenant["net"].items()) {
      if (!net.empty()) net += ", ";
      net += std::string(money["amount"].text()) + " " + std::string(money["currency"].text());
    }
    rows.push_back({std::string(tenant["tenant"].text()), std::string(tenant["transactions"].text()),
                    std::string(tenant["sales"].text()), std::string(tenant["voids"].text()), net});
  }
  print_document(format_table(rows));
}

void print_verification(const JsonNode& result) {
  if (result["ok"].boolean()) {
    print_document("good: " + std::string(result["verified"].text()) + " records, " +
                   std::string(result["events"].text()) + " events; chain " + std::string(result["chain"].text()));
  } else {
    print_document("bad after " + std::string(result["verified"].text()) +
                   " good records: " + std::string(result["error"].text()));
  }
}

int always_ok(const JsonNode&) {
  return kExitOk;
}

}  // namespace

void add_log_commands(CLI::App& app, Shell& shell) {
  const auto arguments = std::make_shared<LogArguments>();
  const auto when = [&shell](CLI::App* command, std::function<int()> run) {
    command->callback([&shell, run = std::move(run)] { shell.run = run; });
  };
  auto* log = app.add_subcommand("log", "The log itself");
  log->require_subcommand(1);

  auto* show = log->add_subcommand("show", "Shows records from a position on");
  show->add_option("from", arguments->from, "Number of the first record")->capture_default_str();
  show->add_option("--count", arguments->count, "How many")->capture_default_str();
  when(show, [&shell, arguments] { return show_records(shell, *arguments); });

  auto* tail = log->add_subcommand("tail", "Shows the last records");
  tail->add_option("--count", arguments->count, "How many")->capture_default_str();
  tail->add_flag("-f,--follow", arguments->follow, "Go on with what comes; one line a record");
  when(tail, [&shell, arguments] { return tail_records(shell, *arguments); });

  auto* head = log->add_subcommand("head", "Position and chain value of the last record, to anchor elsewhere");
  when(head, [&shell] { return show_document(shell, "GET", "/operator/log/head", print_point, always_ok); });

  auto* stats = log->add_subcommand("stats", "Transactions, events, and each tenant's sales");
  when(stats, [&shell] { return show_document(shell, "GET", "/operator/log/stats", print_stats, always_ok); });

  auto* verify = log->add_subcommand("verify", "Checks every record and chain; exit 3 where one is not good");
  when(verify, [&shell] {
    return show_document(shell, "POST", "/operator/log/verify", print_verification,
                         [](const JsonNode& result) { return result["ok"].boolean() ? kExitOk : kExitDifference; });
  });

  auto* clock = app.add_subcommand("clock", "The server's clock after a jump");
  clock->require_subcommand(1);
  auto* confirm = clock->add_subcommand("confirm", "Says that the clock is right now");
  when(confirm, [&shell] {
    return show_document(
        shell, "POST", "/operator/clock/confirm",
        [](const JsonNode& answer) { print_document(answer["ready"].boolean() ? "ready" : "not ready yet"); },
        [](const JsonNode& answer) { return answer["ready"].boolean() ? kExitOk : kExitFailed; });
  });
}

}  // namespace till
