// `cwrangler-reference share|docs FOLDER`: writes what is made from the program's own tables.

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "cli/command/completion.h"
#include "cli/command/program.h"
#include "cli/config/json_schema.h"
#include "cli/config/key_reference.h"
#include "cli/reference/command_reference.h"

namespace {

using namespace cwrangler;
using namespace cwrangler::cli;

/// The command line, with nobody to run it for.
class Commands {
 public:
  const CLI::App& program() const { return *program_; }

 private:
  Terminal terminal_{std::cout, std::cerr, false, false};
  CommandContext context_{terminal_, &std::chrono::system_clock::now, {}, {}};
  std::unique_ptr<CLI::App> program_ = make_program(context_);
};

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  write_file_atomically(file, text);
}

void write_share(const std::filesystem::path& folder) {
  const Commands commands;
  write(folder / "man" / "cwrangler.1", manual_page(commands.program()));
  write(folder / "completions" / "cwrangler.bash", bash_completion(commands.program()));
  write(folder / "completions" / "_cwrangler", zsh_completion(commands.program()));
  write(folder / "completions" / "cwrangler.fish", fish_completion(commands.program()));
  write(folder / kSchemaFile, config_json_schema().dump(1) + "\n");
}

void write_docs(const std::filesystem::path& folder) {
  const Commands commands;
  write(folder / "configuration-keys.md", config_key_reference());
  write(folder / "commands" / "README.md", command_index(commands.program()));
  for (const CLI::App* command : commands.program().get_subcommands({})) {
    write(folder / "commands" / (command->get_name() + ".md"), command_page(*command));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw Error("usage: cwrangler-reference share|docs FOLDER");
    const std::string_view what = argv[1];
    if (what == "share") {
      write_share(argv[2]);
    } else if (what == "docs") {
      write_docs(argv[2]);
    } else {
      throw Error("usage: cwrangler-reference share|docs FOLDER");
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
