// The program `till`: parses the command line and runs the chosen subcommand.
#include <CLI/CLI.hpp>

#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/offline_operator.h"
#include "ops/version.h"

int main(int argc, char** argv) {
  CLI::App app{"Till: an event-sourced transaction engine for retail point of sale"};
  app.set_version_flag("--version", std::string("till ") + till::kVersion);
  app.require_subcommand(1);
  till::Shell shell;
  shell.offline_operator = till::open_offline_operator;
  till::add_common_options(app, shell);
  till::add_init_command(app, shell);
  till::add_serve_command(app, shell);
  till::add_up_command(app, shell);
  till::add_key_commands(app, shell);
  till::add_apply_command(app, shell);
  till::add_import_command(app, shell);
  till::add_demo_command(app, shell);
  till::add_view_commands(app, shell);
  till::add_log_commands(app, shell);
  till::add_repair_command(*app.get_subcommand("log"), shell);
  till::add_relay_command(app, shell);
  till::add_bench_command(app, shell);
  till::add_completion_command(app, shell);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? till::kExitOk : till::kExitUsage;
  }
  return shell.run ? shell.run() : till::kExitUsage;
}
