#include "cli/packages/removal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "cli/process/child_process.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// False when `deadline` passed before everything below `folder` was gone. Links are not followed.
bool empty_folder(const fs::path& folder, Clock::time_point deadline) {
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    if (Clock::now() > deadline) return false;
    std::error_code ignored;
    const bool is_folder = fs::is_directory(entry.symlink_status(ignored));
    if (is_folder && !empty_folder(entry.path(), deadline)) return false;
    fs::remove(entry.path(), ignored);
  }
  return true;
}

/// Never returns. Everything but the folder's lock is let go of: whoever waits for the end of this
/// program's output, or for the lock of a sync, must not wait for this.
[[noreturn]] void go_on_alone(const fs::path& folder, Descriptor lock) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  for (const int standard : {0, 1, 2}) ::dup2(null, standard);
  constexpr int kLock = 3;
  ::dup2(lock.get(), kLock);
  ::close_range(kLock + 1, ~0U, 0);
  if (::fork() != 0) _exit(0);
  // The user's own work comes first.
  [[maybe_unused]] const int niceness = ::nice(10);
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  _exit(0);
}

}  // namespace

void remove_with_patience(const fs::path& folder, std::chrono::milliseconds patience) {
  Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  std::error_code ignored;
  if (empty_folder(folder, Clock::now() + patience)) {
    fs::remove(folder, ignored);
    return;
  }
  const pid_t child = ::fork();
  if (child == 0) go_on_alone(folder, std::move(lock));
  if (child < 0) {
    fs::remove_all(folder, ignored);
    return;
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace cwrangler::cli
