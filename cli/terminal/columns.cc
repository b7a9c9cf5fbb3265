#include "cli/terminal/columns.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace cwrangler::cli {

std::optional<int> terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

}  // namespace cwrangler::cli
