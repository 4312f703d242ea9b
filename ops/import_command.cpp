#include <fstream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/foodmart_converter.h"
#include "ops/server_access.h"

namespace till {
namespace {

struct ImportArguments {
  std::string directory;  // of the CSV files
  std::string to;         // write lines for `till apply` there instead of sending
  FoodmartOptions options;
};

std::string summary(const FoodmartCounts& counts, const BatchSender* sender) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("commands").number(counts.commands).key("sales").number(counts.sales);
  json.key("lines").number(counts.lines);
  const auto money = [&json](const char* name, std::int64_t amount) {
    json.object(name).key("amount").number(amount).member("currency", "USD").end_object();
  };
  money("amount", counts.amount);
  money("tax", counts.tax);
  money("gift_cards_sold", counts.gift_cards_sold);
  json.key("voids").number(counts.voids).key("shifts").number(counts.shifts);
  json.key("returns").number(counts.returns);
  money("returned", counts.returned);
  if (sender != nullptr) {
    json.key("accepted").number(sender->counts().accepted).key("rejected").number(sender->counts().rejected);
    json.key("retries").number(sender->counts().retries).member("position", sender->last_position());
  }
  json.end_object();
  return text;
}

void show(const Shell& shell, const std::string& text) {
  if (shell.json()) {
    print_document(text);
  } else {
    say("imported " + text);
  }
}

int convert_to_file(const Shell& shell, const FoodmartData& data, const ImportArguments& arguments) {
  const std::string& path = arguments.to;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const auto write = [&out](const KeyedCommand& command) {
    std::string line;
    append_batch_item(command, line);
    out << line << '\n';
  };
  const auto counts = convert_foodmart(data, write, arguments.options);
  if (!counts) return fail(counts.error());
  out.close();
  if (!out) return fail(kExitFailed, "cannot write " + path);
  show(shell, summary(counts.value(), nullptr));
  return kExitOk;
}

// Of all commands, for the progress: they are cheap to make. 0 where they cannot be made.
std::uint64_t count_commands(const FoodmartData& data, const FoodmartOptions& options) {
  if (!progress_visible()) return 0;
  const auto counts = convert_foodmart(
      data, [](const KeyedCommand&) {}, options);
  return counts ? counts->commands : 0;
}

int send_to_server(const Shell& shell, const FoodmartData& data, const FoodmartOptions& options) {
  auto sender = open_sender(shell.options);
  if (!sender) return fail(sender.error());
  std::string first_rejection;
  std::uint64_t answered = 0;
  const std::uint64_t total = count_commands(data, options);
  sender->on_answer([&](std::string_view item, unsigned status, const JsonNode& body) {
    constexpr std::uint64_t kDrawEvery = 500;
    if (++answered % kDrawEvery == 0) draw_progress("import", answered, total);
    if (status < 400 || !first_rejection.empty()) return;
    first_rejection = problem_sentence(body) + " for " + std::string(item.substr(0, 200));
  });
  CommandStream stream(*sender);
  const auto counts = convert_foodmart(data, stream.sink(), options);
  if (!counts) return fail(counts.error());
  const auto sent = stream.finish();
  clear_progress();
  if (!sent) return fail(sent.error());
  show(shell, summary(counts.value(), &*sender));
  if (sender->counts().rejected == 0) return kExitOk;
  return fail(kExitFailed,
              std::to_string(sender->counts().rejected) + " commands were rejected, the first: " + first_rejection);
}

int import_foodmart(const Shell& shell, const ImportArguments& arguments) {
  auto data = read_foodmart(arguments.directory);
  if (!data) return fail(kExitUsage, data.error().message + "; name the folder of the files: --data-dir DIR");
  return arguments.to.empty() ? send_to_server(shell, *data, arguments.options)
                              : convert_to_file(shell, *data, arguments);
}

}  // namespace

void add_import_command(CLI::App& app, Shell& shell) {
  auto* import = app.add_subcommand("import", "Takes over data of other systems; run again to go on");
  import->require_subcommand(1);
  auto* foodmart = import->add_subcommand("foodmart", "A grocery chain's year: catalogue, people, stock, tills, sales");
  const auto arguments = std::make_shared<ImportArguments>();
  foodmart->add_option("--data-dir", arguments->directory, "Folder of the CSV files")->required();
  foodmart->add_option("--to", arguments->to, "Write lines for `till apply` to this file instead of sending them");
  foodmart->add_flag("--plain", arguments->options.plain,
                     "Catalogue, customers, receipts and sales alone, as the files have them; not after the whole");
  foodmart->callback(
      [&shell, arguments] { shell.run = [&shell, arguments] { return import_foodmart(shell, *arguments); }; });
}

}  // namespace till
