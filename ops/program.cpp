#include <CLI/CLI.hpp>

#include "ops/command_line.h"
#include "ops/commands.h"
#include "ops/json_log_lines.h"
#include "ops/offline_operator.h"
#include "ops/version.h"

namespace till {

int run_program(int argc, char** argv) {
  CLI::App app{"Till: an event-sourced transaction engine for retail point of sale"};
  app.set_version_flag("--version", std::string("till ") + kVersion);
  app.require_subcommand(1);
  Shell shell;
  shell.offline_operator = open_offline_operator;
  add_common_options(app, shell);
  add_init_command(app, shell);
  add_serve_command(app, shell);
  add_up_command(app, shell);
  add_key_commands(app, shell);
  add_apply_command(app, shell);
  add_import_command(app, shell);
  add_demo_command(app, shell);
  add_view_commands(app, shell);
  add_log_commands(app, shell);
  add_repair_command(*app.get_subcommand("log"), shell);
  add_relay_command(app, shell);
  add_effect_commands(app, shell);
  add_export_command(app, shell);
  add_subscriber_command(app, shell);
  add_bench_command(app, shell);
  add_completion_command(app, shell);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitOk : kExitUsage;
  }
  // Lines of the stores that a subcommand opens itself: stdout belongs to the document.
  (void)use_json_log_lines("error");
  return shell.run ? shell.run() : kExitUsage;
}

}  // namespace till
