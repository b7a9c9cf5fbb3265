#include "runtime/snapshot/snapshot_store.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"

namespace cwrangler::snapshot {
namespace {

namespace fs = std::filesystem;

/// Of disk, for all snapshots of a user: some dozens of Workers.
constexpr std::uint64_t kFolderLimit = std::uint64_t{2} << 30;

std::string extension(Layer layer) {
  return std::string(".") + kLayerNames[static_cast<size_t>(layer)];
}

}  // namespace

SnapshotStore SnapshotStore::for_install_tree(fs::path folder, std::string build) {
  SnapshotStore store(std::move(folder), std::move(build));
  store.makes_install_tree_ = true;
  return store;
}

SnapshotStore SnapshotStore::base_only() const {
  SnapshotStore store = *this;
  store.has_worker_layer_ = false;
  return store;
}

void SnapshotStore::set_base(std::string_view python_version) {
  Digest digest;
  digest.add(build_);
  digest.add(python_version);
  base_key_ = digest.hex();
  python_version_ = python_version;
}

void SnapshotStore::set_worker(std::string_view configuration, std::span<const Module> modules) {
  if (!has_worker_layer_) return;
  Digest digest;
  digest.add(base_key_);
  digest.add(configuration);
  for (const Module& module : modules) {
    digest.add(module.name);
    digest.add_number(static_cast<std::uint64_t>(module.type));
    digest.add_file_state(module.path);
  }
  worker_key_ = digest.hex();
}

fs::path SnapshotStore::path_in_tree(const fs::path& tree, Layer layer) const {
  if (layer == Layer::worker || python_version_.empty()) return {};
  return tree / (python_version_ + extension(layer));
}

fs::path SnapshotStore::path(Layer layer) const {
  if (makes_install_tree_) return path_in_tree(folder_, layer);
  const std::string& key = layer == Layer::worker ? worker_key_ : base_key_;
  if (folder_.empty() || key.empty()) return {};
  return folder_ / (key + extension(layer));
}

std::optional<SnapshotFile> SnapshotStore::open(Layer layer) const {
  if (folder_.empty() || makes_install_tree_) return std::nullopt;
  for (const fs::path& file : {path_in_tree(share_directory() / "snapshots", layer), path(layer)}) {
    if (file.empty()) continue;
    if (auto found = SnapshotFile::open(file, build_)) return found;
  }
  return std::nullopt;
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
  digest.add(read_file(share_directory() / "digest"));
  return digest.hex();
}

}  // namespace cwrangler::snapshot
