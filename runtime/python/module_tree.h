// The Worker's modules as the folder tree that Python sees under /session/metadata.
//
// Only the list of names is held; files are asked for size, time and content when Python asks. So a
// tree of thousands of files costs nothing at boot beyond its names.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/worker_config.h"

namespace cwrangler::python {

class ModuleTree {
 public:
  using Id = uint32_t;
  static constexpr Id kRoot = 0;

  struct Node {
    std::string name;
    std::string path;                            ///< of the file on this host; empty for a folder
    std::shared_ptr<const std::string> content;  ///< of a file that is not on this host
    std::vector<Id> children;

    bool is_folder() const { return path.empty() && !content; }
  };

  /// Takes the modules that Python can see as files: types python, text, data and json. Names with
  /// empty, "." or ".." parts, with NUL, or that use a file as a folder, throw Error. A name given
  /// twice keeps its first file.
  explicit ModuleTree(std::span<const Module> modules);

  /// Throws std::out_of_range for an id that was never given out.
  const Node& node(Id id) const { return nodes_.at(id); }

  /// The entry of a folder with this name; nothing when there is none (0 is no entry's id).
  Id find(Id folder, std::string_view name) const;

 private:
  void add(const Module& module);
  Id child(Id folder, std::string_view name);

  std::vector<Node> nodes_;
  std::unordered_map<std::string, Id> index_;  // by "folder id/name"
};

}  // namespace cwrangler::python
