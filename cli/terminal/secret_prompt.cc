#include "cli/terminal/secret_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <iterator>

namespace cwrangler::cli {
namespace {

/// Keeps what is typed off the screen until the end of the block.
class SilentTyping {
 public:
  SilentTyping() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  SilentTyping(const SilentTyping&) = delete;
  SilentTyping& operator=(const SilentTyping&) = delete;
  ~SilentTyping() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

std::string ask_secret(Terminal& terminal, std::string_view question) {
  std::string value;
  if (::isatty(STDIN_FILENO) == 0) {
    value.assign(std::istreambuf_iterator<char>(std::cin), {});
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
  } else {
    terminal.print_part(std::string(question) + " ");
    const SilentTyping silent;
    std::getline(std::cin, value);
    terminal.print("");
  }
  if (value.empty()) {
    throw Error("There is no value")
        .while_doing("reading a secret")
        .hint("Type it at the question, or give it on the standard input: `… < file`.");
  }
  return value;
}

}  // namespace cwrangler::cli
