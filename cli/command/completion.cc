#include "cli/command/completion.h"

#include "cli/command/program.h"

namespace cwrangler::cli {
namespace {

/// One word that may come next.
struct Word {
  std::string text;
  std::string meaning;
};

std::vector<Word> commands_of(const CLI::App& command) {
  std::vector<Word> words;
  for (const CLI::App* child : command.get_subcommands({})) {
    words.push_back({child->get_name(), child->get_description()});
  }
  return words;
}

std::vector<Word> flags_of(const CLI::App& command) {
  std::vector<Word> words;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : listed_options(*app)) {
      // Every level has --help.
      if (app != &command && option == app->get_help_ptr()) continue;
      for (const std::string& name : option->get_lnames()) {
        words.push_back({"--" + name, option->get_description()});
      }
    }
  }
  return words;
}

std::string texts(const std::vector<Word>& words) {
  std::string list;
  for (const Word& word : words) list += (list.empty() ? "" : " ") + word.text;
  return list;
}

/// Between single quotes, for a POSIX shell.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

/// For fish, where a backslash escapes inside of quotes.
std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

/// An entry of zsh's _describe: "word:meaning".
std::string described(const Word& word) {
  std::string text;
  for (const char c : word.text) text += c == ':' ? std::string("\\:") : std::string(1, c);
  return shell_quoted(text + ":" + word.meaning);
}

/// Lines of a shell's `case` that follow the words typed so far to the command they make.
std::string path_cases(const CLI::App& program, const char* variable) {
  std::string lines;
  for_each_command(program, [&](const CLI::App& command) {
    const std::string path = command_path(command);
    if (path.empty()) return;
    const CLI::App* parent = command.get_parent();
    lines += "      " + shell_quoted(command_path(*parent) + "/" + command.get_name()) + ") " +
             variable + "=" + shell_quoted(path) + " ;;\n";
  });
  return lines;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string script =
      "# bash completion of cwrangler\n"
      "_cwrangler() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} path='' i commands='' flags=''\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$path/${COMP_WORDS[i]}\" in\n" +
      path_cases(program, "path") +
      "    esac\n"
      "  done\n"
      "  case \"$path\" in\n";
  for_each_command(program, [&script](const CLI::App& command) {
    script += "    " + shell_quoted(command_path(command)) +
              ") commands=" + shell_quoted(texts(commands_of(command))) +
              " flags=" + shell_quoted(texts(flags_of(command))) + " ;;\n";
  });
  return script +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n"
         "  elif [[ -n $commands ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _cwrangler cwrangler\n";
}

std::string zsh_completion(const CLI::App& program) {
  std::string script =
      "#compdef cwrangler\n"
      "_cwrangler() {\n"
      "  local route='' word\n"
      "  local -a commands flags\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    case \"$route/$word\" in\n" +
      path_cases(program, "route") +
      "    esac\n"
      "  done\n"
      "  case \"$route\" in\n";
  for_each_command(program, [&script](const CLI::App& command) {
    script += "    " + shell_quoted(command_path(command)) + ")\n      commands=(";
    for (const Word& word : commands_of(command)) script += "\n        " + described(word);
    script += ")\n      flags=(";
    for (const Word& word : flags_of(command)) script += "\n        " + described(word);
    script += ")\n      ;;\n";
  });
  return script +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then\n"
         "    _describe flag flags\n"
         "  elif (( $#commands )); then\n"
         "    _describe command commands\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [[ $funcstack[1] == _cwrangler ]]; then _cwrangler \"$@\"; "
         "else compdef _cwrangler cwrangler; fi\n";
}

std::string fish_completion(const CLI::App& program) {
  std::string script =
      "# fish completion of cwrangler\n"
      "function __cwrangler_at\n"
      "  set -l route ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$route/$word\"\n";
  for_each_command(program, [&script](const CLI::App& command) {
    const std::string path = command_path(command);
    if (path.empty()) return;
    script += "      case " +
              fish_quoted(command_path(*command.get_parent()) + "/" + command.get_name()) +
              "\n        set route " + fish_quoted(path) + "\n";
  });
  script +=
      "    end\n"
      "  end\n"
      "  test \"$route\" = \"$argv[1]\"\n"
      "end\n";
  for_each_command(program, [&script](const CLI::App& command) {
    const std::string here = "complete -c cwrangler -n " +
                             fish_quoted("__cwrangler_at " + fish_quoted(command_path(command)));
    for (const Word& word : commands_of(command)) {
      script += here + " -f -a " + word.text + " -d " + fish_quoted(word.meaning) + "\n";
    }
    for (const Word& word : flags_of(command)) {
      script += here + " -l " + word.text.substr(2) + " -d " + fish_quoted(word.meaning) + "\n";
    }
  });
  return script;
}

}  // namespace cwrangler::cli
