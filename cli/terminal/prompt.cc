#include "cli/terminal/prompt.h"

#include <unistd.h>

#include <iostream>
#include <string>

namespace cwrangler::cli {

bool confirm(Terminal& terminal, std::string_view question) {
  terminal.print("? " + std::string(question));
  if (::isatty(STDIN_FILENO) == 0) {
    terminal.print("🤖 Using fallback value in non-interactive context: yes");
    return true;
  }
  for (std::string answer; std::getline(std::cin, answer);) {
    if (answer.empty() || answer == "y" || answer == "Y" || answer == "yes") return true;
    if (answer == "n" || answer == "N" || answer == "no") return false;
    terminal.print("Please answer y or n.");
  }
  return false;
}

bool out_is_terminal() {
  return ::isatty(STDOUT_FILENO) != 0;
}

}  // namespace cwrangler::cli
