// Which snapshots fit a Worker, and where they lie.
//
// Two layers: the base has Python booted and the modules that everybody needs, and fits every
// Worker of one Python version; the worker layer has one Worker's top level run as well. Each is
// named by a digest of all that its memory depends on, so that a name never means two contents.

#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/worker_config.h"
#include "runtime/snapshot/snapshot_file.h"

namespace cwrangler::snapshot {

enum class Layer { base, worker };

/// All functions may be called by any thread.
class SnapshotStore {
 public:
  /// `folder`: where snapshots are kept; empty: nowhere, and open() finds nothing.
  /// `build`: names the runtime's own code and data.
  SnapshotStore(std::filesystem::path folder, std::string build)
      : folder_(std::move(folder)), build_(std::move(build)) {}

  /// The same without the worker layer, for a Worker whose top level sees what no file says.
  SnapshotStore base_only() const;

  /// Of the base layer: a Python version.
  void set_base(std::string_view python_version);
  /// Of the worker layer: its configuration as JSON, and the files of its modules. They are looked
  /// at (size, time of change), not read.
  void set_worker(std::string_view configuration, std::span<const Module> modules);

  std::optional<SnapshotFile> open(Layer layer) const;
  /// Failures are logged: without a snapshot a start takes longer, nothing else.
  void save(Layer layer, std::string_view description, std::span<const std::byte> memory) const;

 private:
  std::filesystem::path path(Layer layer) const;

  std::filesystem::path folder_;
  std::string build_;
  bool has_worker_layer_ = true;
  std::array<std::string, 2> keys_;  // by layer; empty: there is none
};

/// A name for the runtime's own part in a snapshot: the built-in JavaScript `code`, and the files
/// of share/cwrangler that Python is made of.
std::string build_name(std::span<const char> code);

}  // namespace cwrangler::snapshot
