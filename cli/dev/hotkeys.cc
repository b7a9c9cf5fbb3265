#include "cli/dev/hotkeys.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <utility>

#include "cli/terminal/box.h"
#include "cli/terminal/columns.h"

namespace cwrangler::cli {
namespace {

/// What is assumed of a terminal that does not say.
constexpr int kUsualColumns = 80;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_on_path(const std::string& program) {
  std::istringstream folders(variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / program;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

std::string browser_program() {
  if (const std::string chosen = variable("BROWSER"); !chosen.empty()) return chosen;
  const bool has_desktop = !variable("DISPLAY").empty() || !variable("WAYLAND_DISPLAY").empty();
  return has_desktop && is_on_path("xdg-open") ? "xdg-open" : "";
}

Hotkeys::Hotkeys() {
  take();
  has_browser_ = active_ && !browser_program().empty();
}

Hotkeys::~Hotkeys() {
  pause();
}

void Hotkeys::take() {
  const bool again = std::exchange(active_, false);
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) return;
  // A job in the background that changes the terminal is stopped by it.
  if (::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) return;
  // Who never gave it back knows how it was; what is there now may be our own settings.
  if (!again && ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios keys = before_;
  // Signals of Ctrl-C and Ctrl-Z stay, and so does the output's processing.
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_cc[VMIN] = 1;
  keys.c_cc[VTIME] = 0;
  active_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

void Hotkeys::pause() {
  if (std::exchange(active_, false)) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

bool Hotkeys::resume() {
  take();
  return active_;
}

std::vector<Hotkey> Hotkeys::read() {
  std::array<char, 64> pressed{};
  const ssize_t count = ::read(STDIN_FILENO, pressed.data(), pressed.size());
  if (count <= 0) {
    active_ = false;  // nobody sits there any more
    return {};
  }
  std::vector<Hotkey> keys;
  for (ssize_t i = 0; i < count; ++i) {
    const char key = pressed[static_cast<size_t>(i)];
    // An arrow or a function key: letters in it are no letters.
    if (is_in_sequence(key)) continue;
    if ((key == 'b' || key == 'B') && has_browser_) keys.push_back(Hotkey::open_browser);
    if (key == 'c' || key == 'C') keys.push_back(Hotkey::clear);
    // 4 is Ctrl-D.
    if (key == 'x' || key == 'X' || key == 'q' || key == 'Q' || key == 4) {
      keys.push_back(Hotkey::exit);
    }
  }
  return keys;
}

/// ECMA-48, 5.4: a control sequence is ESC [, parameters, and a final byte from 64 on; of others it
/// is enough to pass over the one byte after ESC (and after ESC O, which some function keys send).
bool Hotkeys::is_in_sequence(char byte) {
  switch (sequence_) {
    case Sequence::none:
      if (byte == '\x1b') sequence_ = Sequence::begun;
      return byte == '\x1b';
    case Sequence::begun:
      if (byte == '[' || byte == 'O') {
        sequence_ = Sequence::control;
      } else if (byte != '\x1b') {
        sequence_ = Sequence::none;
      }
      return true;
    case Sequence::control:
      if (byte >= '@' && byte <= '~') sequence_ = Sequence::none;
      return true;
  }
  return false;
}

std::string Hotkeys::box() const {
  if (!active_) return {};
  std::vector<std::string> items;
  if (has_browser_) items.emplace_back("[b] open a browser");
  items.emplace_back("[c] clear console");
  items.emplace_back("[x] to exit");
  return boxed(items, terminal_columns().value_or(kUsualColumns));
}

}  // namespace cwrangler::cli
