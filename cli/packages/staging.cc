#include "cli/packages/staging.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Who wrote its process id into the lock file.
std::string holder_of(int lock) {
  std::array<char, 16> text{};
  const ssize_t count = ::pread(lock, text.data(), text.size(), 0);
  const std::string id(text.data(), static_cast<size_t>(std::max<ssize_t>(count, 0)));
  const bool is_number = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  return is_number ? " (process " + id + ")" : "";
}

void lock_file(int lock, const fs::path& file,
               const std::function<void(const std::string&)>& waits) {
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) waits(holder_of(lock));
  while (::flock(lock, LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error("locking " + file.string());
  }
}

}  // namespace

Staging::Staging(const fs::path& project, const std::function<void(const std::string&)>& waits)
    : path_(project / ".wrangler" / "tmp" / "sync") {
  fs::create_directories(path_.parent_path());
  const fs::path file = path_.parent_path() / "sync.lock";
  lock_ = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock_.valid()) throw system_error("opening " + file.string());
  lock_file(lock_.get(), file, waits);
  const std::string id = std::to_string(::getpid());
  // Only for the message of who waits: a disk that is full does not matter here.
  if (::ftruncate(lock_.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t count = ::pwrite(lock_.get(), id.data(), id.size(), 0);
  }
  fs::remove_all(path_);
  fs::create_directories(path_);
}

Staging::~Staging() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace cwrangler::cli
