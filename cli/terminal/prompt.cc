#include "cli/terminal/prompt.h"

#include <unistd.h>

#include <iostream>
#include <string>

namespace cwrangler::cli {

bool confirm(Terminal& terminal, std::string_view question, OnEnter on_enter) {
  terminal.print("? " + std::string(question));
  if (::isatty(STDIN_FILENO) == 0) {
    terminal.print("🤖 Using fallback value in non-interactive context: yes");
    return true;
  }
  for (std::string answer; std::getline(std::cin, answer);) {
    if (answer.empty()) return on_enter == OnEnter::yes;
    if (answer == "y" || answer == "Y" || answer == "yes") return true;
    if (answer == "n" || answer == "N" || answer == "no") return false;
    terminal.print("Please answer y or n.");
  }
  return false;
}

bool out_is_terminal() {
  return ::isatty(STDOUT_FILENO) != 0;
}

std::string ask(Terminal& terminal, std::string_view question, std::string_view preset) {
  terminal.print_part(terminal.bold(question) + " " +
                      terminal.dim("(" + std::string(preset) + ")") + " ");
  std::string answer;
  std::getline(std::cin, answer);
  const size_t begin = answer.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return std::string(preset);
  return answer.substr(begin, answer.find_last_not_of(" \t\r") - begin + 1);
}

bool can_ask() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace cwrangler::cli
