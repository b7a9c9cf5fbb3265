// Which snapshots fit a start of Python, and where they lie.
//
// Four layers. The base has Python booted and the modules that everybody needs, and fits every
// Worker of one Python version; the packages layer has imported the packages that one Worker begins
// with, whatever its own code goes on to be; the worker layer has run its top level as well. The
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

enum class Layer { base, packages, worker, interpreter };
/// By layer.
constexpr const char* kLayerNames[] = {"base", "packages", "worker", "interpreter"};

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

  /// The same without the layers of a Worker, for a Worker whose top level sees what no file says.
  SnapshotStore base_only() const;

  /// The same for an instance that others wait for: it finds a worker layer, and makes none.
  SnapshotStore without_making_worker() const;

  /// Of the base and the interpreter layer: a Python version.
  void set_base(std::string_view python_version);
  /// Of the packages and the worker layer: all that their memory depends on, as text, and the files
  /// of modules. Those are looked at (size, time of change), not read. After set_base().
  void set_packages(std::string_view content, std::span<const Module> modules);
  void set_worker(std::string_view content, std::span<const Module> modules);

  std::optional<SnapshotFile> open(Layer layer) const;
  /// Whether save() would keep a snapshot of this layer.
  bool wants(Layer layer) const;
  /// Failures are logged: without a snapshot a start takes longer, nothing else.
  void save(Layer layer, std::string_view description, std::span<const std::byte> memory) const;

 private:
  std::string key_of(std::string_view content, std::span<const Module> modules) const;
  const std::string& key(Layer layer) const;
  std::filesystem::path path_in_tree(const std::filesystem::path& tree, Layer layer) const;
  std::filesystem::path path(Layer layer) const;

  std::filesystem::path folder_;
  std::string build_;
  bool makes_install_tree_ = false;
  bool has_worker_layers_ = true;
  bool makes_worker_ = true;
  std::string python_version_;
  std::string base_key_;
  std::string packages_key_;  // empty: there is no such layer
  std::string worker_key_;    // the same
};

/// A name for the runtime's own part in a snapshot: the built-in JavaScript `code`, and the files
/// of share/cwrangler that Python is made of. Throws Error when the install tree is not whole.
std::string build_name(std::span<const char> code);

}  // namespace cwrangler::snapshot
