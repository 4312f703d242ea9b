// The subcommands, one file each, and the program that they make up.
#pragma once

namespace CLI {
class App;
}

namespace till {

struct Shell;

// Parses the command line and runs the chosen subcommand; returns the exit code.
int run_program(int argc, char** argv);

void add_init_command(CLI::App& app, Shell& shell);        // init
void add_serve_command(CLI::App& app, Shell& shell);       // serve
void add_repair_command(CLI::App& log, Shell& shell);      // log repair; `log` is the subcommand of that name
void add_up_command(CLI::App& app, Shell& shell);          // up: serve with a private MariaDB and nats-server
void add_key_commands(CLI::App& app, Shell& shell);        // tenant add, key add|list|revoke
void add_apply_command(CLI::App& app, Shell& shell);       // apply FILE.ndjson
void add_import_command(CLI::App& app, Shell& shell);      // import foodmart
void add_demo_command(CLI::App& app, Shell& shell);        // demo
void add_view_commands(CLI::App& app, Shell& shell);       // views list|rebuild|rollback|cancel|verify
void add_log_commands(CLI::App& app, Shell& shell);        // log show|tail|verify|stats|head, clock confirm
void add_relay_command(CLI::App& app, Shell& shell);       // relay status
void add_effect_commands(CLI::App& app, Shell& shell);     // effects list|replay|pause|resume, dead-letters …
void add_export_command(CLI::App& app, Shell& shell);      // export verify
void add_subscriber_command(CLI::App& app, Shell& shell);  // subscribers add|list|revoke|config
void add_bench_command(CLI::App& app, Shell& shell);       // bench CASE
void add_completion_command(CLI::App& app, Shell& shell);  // completion bash|zsh

}  // namespace till
