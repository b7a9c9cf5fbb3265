// The one folder of a project where a sync prepares its result: on the same file system as
// python_modules, so that a rename suffices, and held by a lock against a second sync.

#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "cli/process/child_process.h"

namespace cwrangler::cli {

class Staging {
 public:
  /// Takes the lock and empties the folder of what a killed sync has left. When another process has
  /// the lock, `waits` is called with " (process 123)", or "" when it is not known, before waiting.
  Staging(const std::filesystem::path& project,
          const std::function<void(const std::string& holder)>& waits);
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  /// Removes the folder, see remove_with_patience.
  ~Staging();

  /// Whether folders of earlier syncs wait for their removal, or are being removed.
  static bool has_leftovers(const std::filesystem::path& project);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Descriptor lock_;
};

}  // namespace cwrangler::cli
