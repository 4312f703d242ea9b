// Shell completion, made from the registered subcommands and options, so that it cannot lag behind them.
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/json_writer.h"
#include "ops/command_line.h"
#include "ops/commands.h"

namespace till {
namespace {

// Words that may follow `path`: subcommands and long options, those of the parents included.
void append_words(const CLI::App& app, std::string& words) {
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) words += sub->get_name() + " ";
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
    for (const auto* option : level->get_options()) {
      for (const auto& name : option->get_lnames()) words += "--" + name + " ";
    }
  }
}

// One case line for each subcommand: "till views rebuild") words="…";;
void append_cases(const CLI::App& app, const std::string& path, std::string& out) {
  std::string words;
  append_words(app, words);
  out += "    '" + path + "') words='" + words + "' ;;\n";
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    append_cases(*sub, path + " " + sub->get_name(), out);
  }
}

std::string bash_script(const CLI::App& root) {
  std::string cases;
  append_cases(root, "till", cases);
  return R"(_till() {
  local path=till words= word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) if _till_words "$path $word"; then path="$path $word"; fi ;; esac
  done
  _till_words "$path"
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")); fi
}
_till_words() {
  case $1 in
)" + cases +
         R"(    *) return 1 ;;
  esac
}
complete -F _till till
)";
}

}  // namespace

void add_completion_command(CLI::App& app, Shell& shell) {
  auto* completion = app.add_subcommand("completion", "Prints a completion script: source <(till completion bash)");
  const auto kind = std::make_shared<std::string>();
  completion->add_option("shell", *kind, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  completion->callback([&app, &shell, kind] {
    shell.run = [&app, &shell, kind] {
      std::string script = bash_script(app);
      // zsh runs bash completions through its own emulation.
      if (*kind == "zsh") script = "autoload -U +X compinit bashcompinit\ncompinit\nbashcompinit\n" + script;
      script.pop_back();
      if (shell.json()) {
        std::string document;
        JsonWriter(document).begin_object().member("shell", *kind).member("script", script).end_object();
        script = std::move(document);
      }
      print_document(script);
      return static_cast<int>(kExitOk);
    };
  });
}

}  // namespace till
