// The keys of a dev session, where a person sits at a terminal: each is read as it is pressed. Only
// keys that do something here are offered.

#pragma once

#include <termios.h>

#include <string>
#include <vector>

namespace cwrangler::cli {

enum class Hotkey { open_browser, clear, exit };

class Hotkeys {
 public:
  /// Takes standard input out of line mode when it and standard output are a terminal that this
  /// process is in the foreground of; otherwise nothing is changed and no key is ever read.
  Hotkeys();
  Hotkeys(const Hotkeys&) = delete;
  Hotkeys& operator=(const Hotkeys&) = delete;
  /// Gives the terminal back as it was.
  ~Hotkeys();

  /// Before this process is stopped (Ctrl-Z): gives the terminal back as it was.
  void pause();
  /// After it goes on: takes the terminal again, unless it goes on in the background. True when
  /// keys are read.
  bool resume();

  /// To poll for reading; -1 when there is no terminal, or it has gone away.
  int descriptor() const { return active_ ? 0 : -1; }
  /// The keys that were pressed. Others than those offered are passed over.
  std::vector<Hotkey> read();
  /// The box that says which keys there are; empty without a terminal.
  std::string box() const;

 private:
  /// Where in an escape sequence of the terminal's the input is; it may come in pieces.
  enum class Sequence { none, begun, control };

  void take();
  bool is_in_sequence(char byte);

  Sequence sequence_ = Sequence::none;
  bool active_ = false;
  bool has_browser_ = false;
  termios before_{};
};

/// The program that shows a page to the user: BROWSER, else xdg-open where there is a desktop;
/// empty when there is none.
std::string browser_program();

/// What makes a terminal empty, what was scrolled out included.
inline constexpr const char* kClearScreen = "\x1b[H\x1b[2J\x1b[3J";

}  // namespace cwrangler::cli
