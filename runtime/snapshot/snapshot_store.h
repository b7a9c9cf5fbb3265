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

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/worker_config.h"
#include "runtime/snapshot/snapshot_file.h"

namespace cwrangler::snapshot {

enum class Layer { base, packages, worker, interpreter };
/// By layer.
constexpr const char* kLayerNames[] = {"base", "packages", "worker", "interpreter"};

/// A snapshot that a start has taken.
struct TakenSnapshot {
  std::filesystem::path file;  ///< where it is kept; empty: nowhere
  std::string problem;         ///< why it could not be kept, when it should be
  std::uint64_t memory = 0;    ///< bytes of the interpreter's memory
  std::uint64_t stored = 0;    ///< the same without pages of zeros, which need no disk
};

/// Somebody who wants to know what a start does with snapshots. Called on the thread of the
/// instance.
struct SnapshotObserver {
  std::function<void(Layer, const TakenSnapshot&)> taken;
  /// JavaScript's report, JSON: `Report` in runtime/python/js/snapshot_report.js.
  std::function<void(Layer, std::string_view report)> reported;
};

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

  /// The same with an observer; what it calls must outlive every copy.
  SnapshotStore observed_by(SnapshotObserver observer) const;

  /// The same for a start that takes the worker layer whether there is one or not. `keep`: it is
  /// written as well; else nothing is, and the start may spend time on finding out what prevents
  /// it.
  SnapshotStore retaking_worker(bool keep) const;

  /// Of the base and the interpreter layer: a Python version.
  void set_base(std::string_view python_version);
  /// What the memory of a Worker's layers depends on.
  struct Worker {
    std::string configuration;
    std::string leading_imports;   ///< empty: there is no packages layer
    std::vector<Module> packages;  ///< other people's modules
    std::vector<Module> own;       ///< the Worker's, which the packages layer does not have
  };
  /// Of the packages and the worker layer; after set_base(). The files of modules are looked at
  /// (size, time of change), not read.
  void set_worker(const Worker& worker);

  /// Names what the memory of a layer depends on; empty: there is no such layer.
  const std::string& key(Layer layer) const;
  std::optional<SnapshotFile> open(Layer layer) const;
  /// Takes a file that another machine has made for the worker layer of this very Worker, where
  /// there is none yet. What is off with it is logged: the start does without.
  void adopt(const std::filesystem::path& file) const;
  /// Whether save() would keep a snapshot of this layer.
  bool wants(Layer layer) const;
  /// Whether somebody wants report().
  bool is_observed() const { return static_cast<bool>(observer_.reported); }
  /// Whether that is all that a snapshot of the worker is taken for.
  bool only_reports() const { return retakes_worker_ && !keeps_; }
  void report(Layer layer, std::string_view report) const;
  /// Failures are logged: without a snapshot a start takes longer, nothing else.
  void save(Layer layer, std::string_view description, std::span<const std::byte> memory) const;

 private:
  std::filesystem::path path_in_tree(const std::filesystem::path& tree, Layer layer) const;
  std::filesystem::path path(Layer layer) const;

  std::filesystem::path folder_;
  std::string build_;
  bool makes_install_tree_ = false;
  bool has_worker_layers_ = true;
  bool makes_worker_ = true;
  bool retakes_worker_ = false;
  bool keeps_ = true;
  SnapshotObserver observer_;
  std::string python_version_;
  std::string base_key_;
  std::string packages_key_;  // empty: there is no such layer
  std::string worker_key_;    // the same
};

/// A name for the runtime's own part in a snapshot: the built-in JavaScript `code`, and the files
/// of share/cwrangler that Python is made of. Throws Error when the install tree is not whole.
std::string build_name(std::span<const char> code);

}  // namespace cwrangler::snapshot
