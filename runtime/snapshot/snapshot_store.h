// Which snapshots fit a start of Python, and where they lie.
//
// Three layers. The base has Python booted and the modules that everybody needs, and fits every
// Worker of one Python version; the worker layer has one Worker's top level run as well. The
// interpreter layer is a Python command line (`cwrangler-runtime python`) before its command.
//
// The base and the interpreter layer of each Python are part of the install tree: the build has
// made them. What is missing there, and what belongs to a Worker, is in a folder of the user's,
// where each is named by a digest of all that its memory depends on, so that a name never means two
// contents.

#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/worker_config.h"
#include "runtime/snapshot/snapshot_file.h"

namespace cwrangler::snapshot {

enum class Layer { base, worker, interpreter };
/// By layer.
constexpr const char* kLayerNames[] = {"base", "worker", "interpreter"};

/// All functions may be called by any thread.
class SnapshotStore {
 public:
  /// `folder`: the user's; empty: snapshots are not used, and open() finds nothing.
  /// `build`: names the runtime's own code and data.
  SnapshotStore(std::filesystem::path folder, std::string build)
      : folder_(std::move(folder)), build_(std::move(build)) {}

  /// The store that makes a part of the install tree, in `folder`: it finds nothing, and saves
  /// under the names that the others look for there.
  static SnapshotStore for_install_tree(std::filesystem::path folder, std::string build);

  /// The same without the worker layer, for a Worker whose top level sees what no file says.
  SnapshotStore base_only() const;

  /// Of the base and the interpreter layer: a Python version.
  void set_base(std::string_view python_version);
  /// Of the worker layer: its configuration as JSON, and the files of its modules. They are looked
  /// at (size, time of change), not read.
  void set_worker(std::string_view configuration, std::span<const Module> modules);

  std::optional<SnapshotFile> open(Layer layer) const;
  /// Failures are logged: without a snapshot a start takes longer, nothing else.
  void save(Layer layer, std::string_view description, std::span<const std::byte> memory) const;

 private:
  std::filesystem::path path_in_tree(const std::filesystem::path& tree, Layer layer) const;
  std::filesystem::path path(Layer layer) const;

  std::filesystem::path folder_;
  std::string build_;
  bool makes_install_tree_ = false;
  bool has_worker_layer_ = true;
  std::string python_version_;
  std::string base_key_;
  std::string worker_key_;  // empty: there is no such layer
};

/// A name for the runtime's own part in a snapshot: the built-in JavaScript `code`, and the files
/// of share/cwrangler that Python is made of. Throws Error when the install tree is not whole.
std::string build_name(std::span<const char> code);

}  // namespace cwrangler::snapshot
