// What every subcommand of `till` shares: common options, exit codes, and where output goes. One subcommand is one file
// with one function `void add_<name>_command(CLI::App& app, Shell& shell)`: it registers the subcommand and, in its
// callback, sets shell.run. main() parses, then returns shell.run().
//
//   void add_example_command(CLI::App& app, Shell& shell) {
//     auto* sub = app.add_subcommand("example", "Shows the pattern");
//     auto count = std::make_shared<int>(3);
//     sub->add_option("--count", *count, "How many");
//     sub->callback([&shell, count] { shell.run = [&shell, count] { return run_example(shell, *count); }; });
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "ops/operator_client.h"

namespace CLI {
class App;
}

namespace till {

// Exit codes of the program, part of its contract.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,        // command line or configuration
  kExitDifference = 3,   // a verification found one
  kExitUnreachable = 4,  // no server answers
  kExitLogTrouble = 5,   // missing, shorter than known to be durable, or of another history
};

// Options that may stand anywhere on the command line.
struct CommonOptions {
  std::string data = "./var";   // --data DIR
  std::string output = "text";  // --output text|json
  std::string url;              // --url, else TILL_URL, else http://127.0.0.1:8080
  std::string key_file;         // --key-file FILE: the API key alone on its first line
};

struct Shell {
  CommonOptions options;
  std::function<int()> run;          // set by the chosen subcommand's callback
  OfflineOperator offline_operator;  // set by main(); null: only a running server answers
  bool json() const { return options.output == "json"; }
};

// Registers the common options on `app` and lets subcommands, added after it, accept them too.
void add_common_options(CLI::App& app, Shell& shell);

// Runs `run` where `command` is chosen.
void when_chosen(CLI::App* command, Shell& shell, std::function<int()> run);

// The API key of --key-file, without white space around it. kInvalid says what to do.
Result<std::string> read_key(const CommonOptions& options);

// One line for people, on stderr, so that stdout stays a document under --output json.
void say(std::string_view line);

// Writes `document` and a line end to stdout.
void print_document(std::string_view document);

// Prints the error on stderr and returns the exit code of its kind.
int fail(const Error& error);
int fail(ExitCode code, std::string_view sentence);

// Columns padded to their widest cell; the first row is the heading. Numbers are the caller's to format.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

// True where stderr is a terminal: only then progress is drawn.
bool progress_visible();

// Draws and clears one line of progress on stderr; nothing where it is not visible. `total` 0: not known. `left_ms`:
// how long it will take still; negative: not known.
void draw_progress(std::string_view what, std::uint64_t done, std::uint64_t total, std::int64_t left_ms = -1);
void clear_progress();

}  // namespace till
