#include "cli/reference/command_reference.h"

#include "cli/command/program.h"

namespace cwrangler::cli {
namespace {

constexpr std::string_view kMade =
    "<!-- Made from the command line's own data by `scripts/reference`; do not edit. -->\n";

/// "-c, --config VALUE", "--json", "NAME".
std::string usage_of(const CLI::Option& option) {
  if (option.get_positional() && option.get_lnames().empty()) {
    return option.get_name(/*positional=*/true);
  }
  std::string text;
  for (const std::string& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) text += (text.empty() ? "--" : ", --") + name;
  if (option.get_items_expected_max() > 0) text += " VALUE";
  return text;
}

std::string meaning_of(const CLI::Option& option) {
  std::string text = option.get_description();
  if (option.get_required()) text += " (required)";
  if (!option.get_default_str().empty()) text += " (default: " + option.get_default_str() + ")";
  if (!option.get_envname().empty()) text += " (or " + option.get_envname() + ")";
  return text;
}

std::string full_name(const CLI::App& command) {
  const std::string path = command_path(command);
  return path.empty() ? "cwrangler" : "cwrangler " + path;
}

void add_options(std::string& page, const CLI::App& command) {
  std::string rows;
  for (const CLI::Option* option : listed_options(command)) {
    if (option == command.get_help_ptr()) continue;
    std::string meaning;
    for (const char c : meaning_of(*option))
      meaning += c == '|' ? std::string("\\|") : std::string(1, c);
    rows += "| `" + usage_of(*option) + "` | " + meaning + " |\n";
  }
  if (!rows.empty()) page += "\n| | |\n|---|---|\n" + rows;
}

void add_examples(std::string& page, const CLI::App& command) {
  const auto examples = examples_of(command_path(command));
  if (examples.empty()) return;
  page += "\n```\n";
  for (const Example& example : examples) {
    page += "# " + std::string(example.meaning) + "\n" + std::string(example.line) + "\n";
  }
  page += "```\n";
}

void add_command(std::string& page, const CLI::App& command, int level) {
  page += std::string(static_cast<size_t>(level), '#') + " " + full_name(command) + "\n" +
          (level == 1 ? std::string(kMade) : "") + command.get_description() + ".\n";
  add_options(page, command);
  add_examples(page, command);
  for (const CLI::App* child : command.get_subcommands({})) {
    page += "\n";
    add_command(page, *child, level + 1);
  }
}

/// Text that roff takes as it is.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  // A dot or a quote at the start of a line is a command.
  return escaped.starts_with('.') || escaped.starts_with('\'') ? "\\&" + escaped : escaped;
}

}  // namespace

std::string command_page(const CLI::App& command) {
  std::string page;
  add_command(page, command, 1);
  return page;
}

std::string command_index(const CLI::App& program) {
  std::string page = "# Commands\n" + std::string(kMade) +
                     "`cwrangler COMMAND --help` says the same in the terminal.\n\n"
                     "| command | |\n|---|---|\n";
  for (const CLI::App* command : program.get_subcommands({})) {
    page += "| [" + command->get_name() + "](" + command->get_name() + ".md) | " +
            command->get_description() + " |\n";
  }
  page += "\n## Every command takes\n";
  add_options(page, program);
  return page;
}

std::string manual_page(const CLI::App& program) {
  std::string page = ".TH CWRANGLER 1\n.SH NAME\ncwrangler \\- " + roff(program.get_description()) +
                     "\n.SH SYNOPSIS\n.B cwrangler\n[COMMAND] [FLAGS]\n";
  for_each_command(program, [&page](const CLI::App& command) {
    page += ".SH " + roff(full_name(command)) + "\n" + roff(command.get_description()) + ".\n";
    for (const CLI::Option* option : listed_options(command)) {
      if (option == command.get_help_ptr()) continue;
      page += ".TP\n.B " + roff(usage_of(*option)) + "\n" + roff(meaning_of(*option)) + "\n";
    }
    for (const Example& example : examples_of(command_path(command))) {
      page += ".PP\n" + roff(example.meaning) + ":\n.PP\n.RS\n.nf\n" + roff(example.line) +
              "\n.fi\n.RE\n";
    }
  });
  return page;
}

}  // namespace cwrangler::cli
