#include "runtime/snapshot/snapshot_store.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/cache_folder.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"

namespace cwrangler::snapshot {
namespace {

namespace fs = std::filesystem;

std::string extension(Layer layer) {
  return std::string(".") + kLayerNames[static_cast<size_t>(layer)];
}

void add_states(Digest& digest, std::span<const Module> modules) {
  for (const Module& module : modules) {
    digest.add(module.name);
    digest.add_number(static_cast<std::uint64_t>(module.type));
    digest.add_file_state(module.path);
  }
}

}  // namespace

SnapshotStore SnapshotStore::for_install_tree(fs::path folder, std::string build) {
  SnapshotStore store(std::move(folder), std::move(build));
  store.makes_install_tree_ = true;
  return store;
}

SnapshotStore SnapshotStore::base_only() const {
  SnapshotStore store = *this;
  store.has_worker_layers_ = false;
  return store;
}

SnapshotStore SnapshotStore::without_making_worker() const {
  SnapshotStore store = *this;
  store.makes_worker_ = false;
  return store;
}

SnapshotStore SnapshotStore::observed_by(SnapshotObserver observer) const {
  SnapshotStore store = *this;
  store.observer_ = std::move(observer);
  return store;
}

SnapshotStore SnapshotStore::retaking_worker(bool keep) const {
  SnapshotStore store = *this;
  store.retakes_worker_ = true;
  store.keeps_ = keep;
  return store;
}

void SnapshotStore::set_base(std::string_view python_version) {
  Digest digest;
  digest.add(build_);
  digest.add(python_version);
  base_key_ = digest.hex();
  python_version_ = python_version;
}

void SnapshotStore::set_worker(const Worker& worker) {
  if (!has_worker_layers_) return;
  // Of all packages' files, which take a while to look at: once for both layers.
  Digest common;
  common.add(base_key_);
  common.add(worker.configuration);
  add_states(common, worker.packages);

  Digest own;
  own.add(common.hex());
  add_states(own, worker.own);
  worker_key_ = own.hex();

  if (worker.leading_imports.empty()) return;
  Digest packages;
  packages.add(common.hex());
  packages.add(worker.leading_imports);
  packages_key_ = packages.hex();
}

const std::string& SnapshotStore::key(Layer layer) const {
  switch (layer) {
    case Layer::packages:
      return packages_key_;
    case Layer::worker:
      return worker_key_;
    default:
      return base_key_;
  }
}

fs::path SnapshotStore::path_in_tree(const fs::path& tree, Layer layer) const {
  if (&key(layer) != &base_key_ || python_version_.empty()) return {};
  return tree / (python_version_ + extension(layer));
}

fs::path SnapshotStore::path(Layer layer) const {
  if (makes_install_tree_) return path_in_tree(folder_, layer);
  if (folder_.empty() || key(layer).empty()) return {};
  return folder_ / (key(layer) + extension(layer));
}

std::optional<SnapshotFile> SnapshotStore::open(Layer layer) const {
  if (folder_.empty() || makes_install_tree_) return std::nullopt;
  if (layer == Layer::worker && retakes_worker_) return std::nullopt;
  for (const fs::path& file : {path_in_tree(share_directory() / "snapshots", layer), path(layer)}) {
    if (file.empty()) continue;
    if (auto found = SnapshotFile::open(file, build_)) return found;
  }
  return std::nullopt;
}

void SnapshotStore::adopt(const fs::path& file) const {
  if (!makes_worker_ || makes_install_tree_) return;
  const fs::path kept = path(Layer::worker);
  if (kept.empty() || fs::exists(kept) || !SnapshotFile::open(file, build_)) return;
  std::error_code error;
  fs::create_directories(kept.parent_path(), error);
  // Its name appears with all of its content, or not at all.
  fs::create_hard_link(file, kept, error);
  if (error) {
    spdlog::debug("the snapshot {} is not taken: {}", file.string(), error.message());
  } else {
    spdlog::debug("took a snapshot that was made elsewhere");
  }
}

bool SnapshotStore::wants(Layer layer) const {
  if (only_reports()) return layer == Layer::worker && !worker_key_.empty();
  return (layer != Layer::worker || makes_worker_) && !path(layer).empty();
}

void SnapshotStore::report(Layer layer, std::string_view report) const {
  if (is_observed()) observer_.reported(layer, report);
}

void SnapshotStore::save(Layer layer, std::string_view description,
                         std::span<const std::byte> memory) const {
  if (!wants(layer)) return;
  TakenSnapshot taken;
  if (!only_reports()) {
    taken.file = path(layer);
    try {
      write_snapshot(taken.file, build_, description, memory, snapshot_cache_limit());
      spdlog::debug("made the snapshot {}", taken.file.string());
    } catch (const std::exception& error) {
      spdlog::debug("no snapshot was made: {}", error.what());
      taken.file.clear();
      taken.problem = error.what();
    }
  }
  if (!observer_.taken) return;
  taken.memory = memory.size();
  taken.stored = bytes_in_use(memory);
  observer_.taken(layer, taken);
}

std::string build_name(std::span<const char> code) {
  Digest digest;
  digest.add({code.data(), code.size()});
  digest.add(read_file(share_directory() / "digest"));
  return digest.hex();
}

}  // namespace cwrangler::snapshot
