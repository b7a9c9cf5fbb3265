#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/descriptor.h"
#include "base/error.h"

namespace cwrangler {
namespace {

namespace fs = std::filesystem;

/// Closes a descriptor when the scope ends.
fs::path executable_directory() {
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (failed) throw Error("cannot tell where this program is: " + failed.message());
  return self.parent_path();
}

}  // namespace

std::string read_file(const fs::path& path) {
  const std::string activity = "reading " + path.string();
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw system_error(activity);
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    throw system_error(activity);
  }
  std::string content;
  content.reserve(static_cast<size_t>(status.st_size));
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) return content;
    if (count > 0) {
      content.append(buffer.data(), static_cast<size_t>(count));
    } else if (errno != EINTR) {
      throw system_error(activity);
    }
  }
}

void write_file_atomically(const fs::path& path, std::string_view content, unsigned mode,
                           Flush flush) {
  const std::string activity = "writing " + path.string();
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) throw system_error(activity);
  auto fail = [&] {
    const Error error = system_error(activity);
    ::unlink(temporary.c_str());
    throw error;
  };
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      fail();
    }
  }
  if (::fchmod(file.get(), mode) != 0 || (flush == Flush::yes && ::fsync(file.get()) != 0) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    fail();
  }
}

fs::path share_directory() {
  if (const char* override_path = std::getenv("CWRANGLER_SHARE")) return override_path;
  const fs::path path = executable_directory().parent_path() / "share" / "cwrangler";
  if (!fs::is_directory(path)) {
    throw Error("the built-in assets are missing: " + path.string())
        .hint("Reinstall cwrangler, or set CWRANGLER_SHARE to its share/cwrangler folder.");
  }
  return path;
}

fs::path cache_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string path = variable("CWRANGLER_CACHE_DIR"); !path.empty()) return path;
  // Relative paths are invalid there (XDG Base Directory Specification).
  if (const std::string path = variable("XDG_CACHE_HOME"); path.starts_with('/')) {
    return fs::path(path) / "cwrangler";
  }
  if (const std::string home = variable("HOME"); !home.empty()) {
    return fs::path(home) / ".cache" / "cwrangler";
  }
  return {};
}

fs::path sibling_program(std::string_view name) {
  const fs::path here = executable_directory();
  for (const fs::path& folder : {here, here.parent_path() / "lib" / "cwrangler"}) {
    if (::access((folder / name).c_str(), X_OK) == 0) return folder / name;
  }
  return {};
}

}  // namespace cwrangler
