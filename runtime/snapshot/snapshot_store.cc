#include "runtime/snapshot/snapshot_store.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"

namespace cwrangler::snapshot {
namespace {

namespace fs = std::filesystem;

/// Of disk, for all snapshots of a user: some dozens of Workers.
constexpr std::uint64_t kFolderLimit = std::uint64_t{2} << 30;

void add_folder(Digest& digest, const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    digest.add(file.lexically_relative(folder).string());
    digest.add_file_state(file);
  }
}

}  // namespace

SnapshotStore SnapshotStore::base_only() const {
  SnapshotStore store = *this;
  store.has_worker_layer_ = false;
  return store;
}

void SnapshotStore::set_base(std::string_view python_version) {
  Digest digest;
  digest.add(build_);
  digest.add(python_version);
  keys_[static_cast<size_t>(Layer::base)] = digest.hex();
}

void SnapshotStore::set_worker(std::string_view configuration, std::span<const Module> modules) {
  if (!has_worker_layer_) return;
  Digest digest;
  digest.add(keys_[static_cast<size_t>(Layer::base)]);
  digest.add(configuration);
  for (const Module& module : modules) {
    digest.add(module.name);
    digest.add_number(static_cast<std::uint64_t>(module.type));
    digest.add_file_state(module.path);
  }
  keys_[static_cast<size_t>(Layer::worker)] = digest.hex();
}

fs::path SnapshotStore::path(Layer layer) const {
  const std::string& key = keys_[static_cast<size_t>(layer)];
  if (folder_.empty() || key.empty()) return {};
  return folder_ / (key + (layer == Layer::base ? ".base" : ".worker"));
}

std::optional<SnapshotFile> SnapshotStore::open(Layer layer) const {
  const fs::path file = path(layer);
  return file.empty() ? std::nullopt : SnapshotFile::open(file, build_);
}

void SnapshotStore::save(Layer layer, std::string_view description,
                         std::span<const std::byte> memory) const {
  const fs::path file = path(layer);
  if (file.empty()) return;
  try {
    write_snapshot(file, build_, description, memory, kFolderLimit);
    spdlog::debug("made the snapshot {}", file.string());
  } catch (const std::exception& error) {
    spdlog::debug("no snapshot was made: {}", error.what());
  }
}

std::string build_name(std::span<const char> code) {
  Digest digest;
  digest.add({code.data(), code.size()});
  const fs::path share = share_directory();
  add_folder(digest, share / "python");
  add_folder(digest, share / "pyodide");
  return digest.hex();
}

}  // namespace cwrangler::snapshot
