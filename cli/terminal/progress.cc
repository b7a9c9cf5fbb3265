#include "cli/terminal/progress.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace cwrangler::cli {
namespace {

constexpr std::array<std::string_view, 10> kFrames{"⠋", "⠙", "⠹", "⠸", "⠼",
                                                   "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr std::string_view kClearLine = "\r\x1b[2K";

}  // namespace

Progress::Progress(std::ostream& err, bool animated) : err_(err), animated_(animated) {}

Progress::~Progress() {
  clear();
}

void Progress::step(const std::string& what) {
  what_ = what;
  begun_ = std::chrono::steady_clock::now();
  if (animated_) {
    tick();
  } else {
    err_ << what_ << "…\n" << std::flush;
  }
}

void Progress::tick() {
  if (!animated_ || what_.empty()) return;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_);
  err_ << kClearLine << kFrames[frame_++ % kFrames.size()] << ' ' << what_ << "…";
  if (seconds.count() > 0) err_ << " (" << seconds.count() << "s)";
  err_ << std::flush;
  shown_ = true;
}

void Progress::clear() {
  if (shown_) err_ << kClearLine << std::flush;
  shown_ = false;
}

bool stderr_is_animated() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb" &&
         std::getenv("CI") == nullptr;
}

}  // namespace cwrangler::cli
