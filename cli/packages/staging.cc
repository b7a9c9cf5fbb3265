#include "cli/packages/staging.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/packages/removal.h"

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

/// Folders that wait for their removal are named so.
constexpr std::string_view kSetAside = "removed-";

/// A disk takes some hundredths of a second for the files of a dozen packages, or some seconds.
constexpr std::chrono::milliseconds kPatience{50};

fs::path folder_of(const fs::path& project) {
  return project / ".wrangler" / "tmp";
}

std::vector<fs::path> set_aside_folders(const fs::path& parent) {
  std::vector<fs::path> folders;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, failed)) {
    if (entry.path().filename().string().starts_with(kSetAside)) folders.push_back(entry.path());
  }
  return folders;
}

/// Gives the folder `path`, if it is there, a name under which it is in nobody's way.
void set_aside(const fs::path& path) {
  if (!fs::exists(path)) return;
  std::string name = (path.parent_path() / kSetAside).string() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr || ::rename(path.c_str(), name.c_str()) != 0) {
    fs::remove_all(path);
  }
}

void remove_set_aside(const fs::path& parent) {
  for (const fs::path& folder : set_aside_folders(parent)) remove_with_patience(folder, kPatience);
}

}  // namespace

Staging::Staging(const fs::path& project, const std::function<void(const std::string&)>& waits)
    : path_(folder_of(project) / "sync") {
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
  set_aside(path_);
  remove_set_aside(path_.parent_path());
  fs::create_directories(path_);
}

Staging::~Staging() {
  try {
    set_aside(path_);
    remove_set_aside(path_.parent_path());
  } catch (const std::exception&) {
    // The next sync finds it and tries again.
  }
}

bool Staging::has_leftovers(const fs::path& project) {
  return !set_aside_folders(folder_of(project)).empty();
}

}  // namespace cwrangler::cli
