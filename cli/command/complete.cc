// `cwrangler complete SHELL`: the completions of a shell, on standard output.

#include <memory>

#include "cli/command/completion.h"
#include "cli/command/program.h"

namespace cwrangler::cli {
namespace {

int complete(const std::string& shell, const CommandContext& context) {
  // A program of its own: the one that was parsed is not ours to read.
  CommandContext other{context.terminal, context.clock, {}, {}};
  const std::unique_ptr<CLI::App> program = make_program(other);
  std::string script = shell == "bash"  ? bash_completion(*program)
                       : shell == "zsh" ? zsh_completion(*program)
                                        : fish_completion(*program);
  script.pop_back();  // print() adds it
  context.terminal.print(script);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_complete_command(CLI::App& program, CommandContext& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("complete", "Print completions for a shell");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback(
      [shell, &context] { context.run = [shell, &context] { return complete(*shell, context); }; });
}

}  // namespace cwrangler::cli
