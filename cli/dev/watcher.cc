#include "cli/dev/watcher.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// A file that is being written counts when it is closed; links and moved files at once.
constexpr unsigned kMask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                           IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// Vendored packages are replaced as a whole, which the folder above them shows.
constexpr std::string_view kVendoredFolder = "python_modules";

/// A new file with one name is still being written: its closing will be told.
bool is_unfinished_file(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

bool is_ignored_folder(std::string_view name) {
  return name == ".git" || name == ".wrangler" || name == "node_modules" || name == "__pycache__" ||
         name.starts_with(".venv");
}

Watcher::Watcher() : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_.valid()) {
    throw system_error("watching the project's files")
        .hint("Raise the limit with `sysctl fs.inotify.max_user_instances=512`.");
  }
}

Watcher::Folder* Watcher::add(const fs::path& path) {
  const int id = ::inotify_add_watch(inotify_.get(), path.c_str(), kMask);
  if (id < 0) {
    // A folder that is not there (any more) is told of by the one above it.
    limit_reached_ = limit_reached_ || errno == ENOSPC;
    return nullptr;
  }
  Folder& folder = folders_[id];
  folder.path = path;
  return &folder;
}

void Watcher::add_tree(const fs::path& root) {
  Folder* folder = add(root);
  if (folder == nullptr) return;
  folder->tree = folder->everything = true;
  std::error_code failed;
  for (fs::directory_iterator entries(root, failed), end; !failed && entries != end;
       entries.increment(failed)) {
    std::error_code unreadable;
    const std::string name = entries->path().filename().string();
    if (!entries->is_directory(unreadable) || entries->is_symlink(unreadable)) continue;
    if (!is_ignored_folder(name) && name != kVendoredFolder) add_tree(entries->path());
  }
}

void Watcher::add_file(const fs::path& file) {
  if (Folder* folder = add(file.parent_path())) folder->names.insert(file.filename().string());
}

void Watcher::watch(const WatchTargets& targets) {
  std::map<int, Folder> previous = std::move(folders_);
  folders_.clear();
  limit_reached_ = false;
  for (const fs::path& root : targets.trees) {
    add_tree(root);
    add_file(root);
  }
  for (const fs::path& path : targets.folders) {
    if (Folder* folder = add(path)) folder->everything = true;
    add_file(path);
  }
  for (const fs::path& file : targets.files) add_file(file);
  for (const auto& [id, folder] : previous) {
    if (!folders_.contains(id)) ::inotify_rm_watch(inotify_.get(), id);
  }
  if (limit_reached_) {
    throw Error("the system's limit of watched folders is reached: some changes will go unnoticed")
        .while_doing("watching the project's files")
        .hint("Raise it with `sysctl fs.inotify.max_user_watches=524288`.");
  }
}

bool Watcher::concerns(const Folder& folder, const std::string& name, unsigned mask) const {
  if (name.empty()) return folder.everything;  // the folder itself was moved or deleted
  if (folder.names.contains(name)) return true;
  if (!folder.everything) return false;
  if ((mask & IN_ISDIR) != 0) return !is_ignored_folder(name);
  return true;
}

Change Watcher::changed() {
  Change result = Change::none;
  alignas(inotify_event) std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (count <= 0) return result;
    for (ssize_t at = 0; at < count;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) result = Change::begun;
      const auto found = folders_.find(event->wd);
      if (found == folders_.end()) continue;
      if ((event->mask & IN_IGNORED) != 0) {
        folders_.erase(found);
        continue;
      }
      const std::string name = event->len > 0 ? event->name : "";
      if (!concerns(found->second, name, event->mask)) continue;
      const fs::path path = found->second.path / name;
      const bool created = (event->mask & IN_CREATE) != 0;
      const bool is_folder = (event->mask & IN_ISDIR) != 0;
      if (created && !is_folder && is_unfinished_file(path)) continue;
      const bool whole = !is_folder && (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0;
      result = whole ? Change::complete : Change::begun;
      const bool enters = is_folder && (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0;
      if (enters && found->second.tree && name != kVendoredFolder) add_tree(path);
    }
  }
}

}  // namespace cwrangler::cli
