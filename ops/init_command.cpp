// till init: makes a data folder with its configuration and an empty log. till log repair: accepts a loss.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "engine/json_writer.h"
#include "engine/rocks_log.h"
#include "ops/app.h"
#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/data_folder.h"

namespace till {
namespace {

constexpr unsigned kConfigMode = 0600;

RocksLogOptions log_options(const DataLayout& layout) {
  RocksLogOptions options;
  options.directory = layout.log;
  return options;
}

int init(const Shell& shell) {
  const DataLayout layout(shell.options.data);
  for (const Status& made : {make_data_folder(layout.directory), make_private_folder(layout.log)}) {
    if (!made.ok()) return fail(kExitFailed, made.error().message);
  }
  Result<DirectoryLock> lock = DirectoryLock::take(layout.directory);
  if (!lock.ok()) return fail(kExitFailed, lock.error().message);
  if (Status created = create_rocks_log(log_options(layout)); !created.ok()) return fail(created.error());
  if (!std::filesystem::exists(layout.config)) {
    if (Status written = replace_file(layout.config, default_config(), kConfigMode); !written.ok()) {
      return fail(kExitFailed, written.error().message);
    }
  }
  OpenReport report;
  const Result<std::unique_ptr<Log>> log = open_rocks_log(log_options(layout), report);
  if (!log.ok()) return fail(log.error());
  const std::string id = to_hex(as_bytes(log.value()->id()));
  if (shell.json()) {
    std::string text;
    JsonWriter(text).begin_object().member("data", layout.directory).member("log_id", id).end_object();
    print_document(text);
  } else {
    say("made " + layout.directory + " with log " + id);
  }
  return kExitOk;
}

struct RepairFlags {
  std::uint64_t keep = 0;
  std::string reason;
  bool accept_loss = false;
};

// `kept` is the last position that the log had before this and has still.
void show_repair(const Shell& shell, bool cut, std::uint64_t kept, std::string_view sentence) {
  if (!shell.json()) return say(sentence);
  std::string text;
  JsonWriter(text).begin_object().key("cut").boolean(cut).key("kept").number(kept).end_object();
  print_document(text);
}

int repair(const Shell& shell, const RepairFlags& flags) {
  const DataLayout layout(shell.options.data);
  Result<DirectoryLock> lock = DirectoryLock::take(layout.directory);
  if (!lock.ok()) return fail(kExitFailed, lock.error().message);
  if (!flags.accept_loss) {
    OpenReport report;
    const Result<std::unique_ptr<Log>> log = open_rocks_log(log_options(layout), report);
    if (!log.ok()) return fail(kExitLogTrouble, log.error().message);
    const std::uint64_t head = log.value()->head().position.value();
    show_repair(shell, false, head, "nothing to repair: the log ends at position " + std::to_string(head));
    return kExitOk;
  }
  const std::optional<Position> keep = flags.keep == 0 ? std::nullopt : std::optional<Position>(flags.keep);
  const Result<AcceptedLoss> accepted = accept_loss(log_options(layout), keep, flags.reason);
  if (!accepted.ok()) return fail(kExitLogTrouble, accepted.error().message);
  say("what stood there is kept in " + accepted->saved_folder + "; remove it when it is of no more use");
  show_repair(shell, true, accepted->kept.value(),
              "everything above position " + std::to_string(accepted->kept.value()) + " is cut (" +
                  std::to_string(accepted->dropped) + " sound records); epoch " +
                  std::to_string(accepted->head.epoch.value()) + " begins");
  return kExitOk;
}

}  // namespace

void add_init_command(CLI::App& app, Shell& shell) {
  CLI::App* const sub = app.add_subcommand("init", "Makes a data folder with an empty log");
  sub->callback([&shell] { shell.run = [&shell] { return init(shell); }; });
}

void add_repair_command(CLI::App& log, Shell& shell) {
  CLI::App* const sub = log.add_subcommand("repair", "Checks the log's end; accepts the loss of what is above --keep");
  auto flags = std::make_shared<RepairFlags>();
  CLI::Option* const accept =
      sub->add_flag("--accept-loss", flags->accept_loss, "Cuts the log after --keep and opens a new epoch");
  sub->add_option("--keep", flags->keep, "Last position to keep; default: the last sound one")->needs(accept);
  sub->add_option("--reason", flags->reason, "Recorded in the log")->needs(accept);
  sub->callback([&shell, flags] { shell.run = [&shell, flags] { return repair(shell, *flags); }; });
}

}  // namespace till
