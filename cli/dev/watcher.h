// Tells when something changes in the files a Worker is made of (inotify). It says that there was a
// change, not which: what is loaded next is read from the disk anyway.

#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/process/child_process.h"

namespace cwrangler::cli {

/// What to watch. Nothing of it need exist: its appearance is a change as well.
struct WatchTargets {
  std::vector<std::filesystem::path> trees;    ///< folders with everything below them
  std::vector<std::filesystem::path> folders;  ///< folders with what is directly in them
  std::vector<std::filesystem::path> files;    ///< single files, however an editor replaces them
};

/// Folders that are never entered, wherever they are: what is in them is no part of a Worker.
bool is_ignored_folder(std::string_view name);

/// What has happened to the targets.
enum class Change {
  none,
  begun,  ///< something was made, moved away or deleted: an editor may be in the middle of a save
  complete,  ///< at last, a file came to be whole: it was closed after writing, or moved into place
};

class Watcher {
 public:
  /// Throws Error when the system refuses a watch.
  Watcher();

  /// Readable (poll) when something may have changed.
  int descriptor() const { return inotify_.get(); }

  /// Watches `targets` instead of what was watched before. Changes made in between are not lost.
  /// Throws Error, after watching as much as possible, when the system's limit is reached.
  void watch(const WatchTargets& targets);

  /// Reads what has happened, as far as it concerns the targets. Folders that appeared in a tree
  /// are watched from here on. Call watch() after a change, so that renamed folders are known by
  /// their new names.
  Change changed();

 private:
  struct Folder {
    std::filesystem::path path;
    bool tree = false;        ///< folders below belong to the targets
    bool everything = false;  ///< every entry matters, not only `names`
    std::set<std::string> names;
  };

  Folder* add(const std::filesystem::path& path);
  void add_tree(const std::filesystem::path& root);
  void add_file(const std::filesystem::path& file);
  bool concerns(const Folder& folder, const std::string& name, unsigned mask) const;

  Descriptor inotify_;
  std::map<int, Folder> folders_;
  bool limit_reached_ = false;
};

}  // namespace cwrangler::cli
