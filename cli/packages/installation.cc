#include "cli/packages/installation.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/explanation.h"
#include "cli/packages/source_build.h"
#include "cli/packages/work_files.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

bool is_script(const fs::path& file) {
  std::string start(2, '\0');
  std::ifstream(file, std::ios::binary).read(start.data(), 2);
  return start == "#!";
}

void remove_programs(const fs::path& folder) {
  if (!fs::is_directory(folder)) return;
  std::vector<fs::path> scripts;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_script(entry.path())) scripts.push_back(entry.path());
  }
  for (const fs::path& script : scripts) fs::remove(script);
  if (fs::is_empty(folder)) fs::remove(folder);
}

void remove_bytecode(const fs::path& modules) {
  std::vector<fs::path> found;
  for (auto entry = fs::recursive_directory_iterator(modules);
       entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->is_directory() && entry->path().filename() == "__pycache__") {
      found.push_back(entry->path());
      entry.disable_recursion_pending();
    } else if (entry->path().extension() == ".pyc") {
      found.push_back(entry->path());
    }
  }
  for (const fs::path& path : found) fs::remove_all(path);
}

/// Where a package came from, when that is a place on this machine, and what uv noted for itself.
void remove_origins(const fs::path& dist_info) {
  for (const char* name : {"uv_cache.json", "uv_build.json"}) fs::remove(dist_info / name);
  const fs::path origin = dist_info / "direct_url.json";
  if (fs::is_regular_file(origin) && read_file(origin).find("file://") != std::string::npos) {
    fs::remove(origin);
  }
}

/// Rewrites RECORD without files that are gone. Paths with a comma are quoted; none of those is one
/// of the files that are taken away here.
void shorten_record(const fs::path& record, const fs::path& modules) {
  std::istringstream lines(read_file(record));
  std::string kept;
  std::string line;
  bool changed = false;
  while (std::getline(lines, line)) {
    const std::string file = line.substr(0, line.find(','));
    std::error_code failed;
    if (!file.starts_with('"') && !fs::exists(fs::symlink_status(modules / file, failed))) {
      changed = true;
      continue;
    }
    kept += line + "\n";
  }
  // Not flushed to the disk one by one: python_modules is made anew when a machine goes down.
  if (changed) std::ofstream(record, std::ios::binary | std::ios::trunc) << kept;
}

}  // namespace

void remove_host_files(const fs::path& modules) {
  fs::remove(modules / ".lock");
  remove_programs(modules / "bin");
  remove_bytecode(modules);
  for (const fs::directory_entry& entry : fs::directory_iterator(modules)) {
    if (entry.path().extension() != ".dist-info") continue;
    remove_origins(entry.path());
    const fs::path record = entry.path() / "RECORD";
    if (fs::is_regular_file(record)) shorten_record(record, modules);
  }
}

std::vector<std::string> install_lock(UvProject& uv, const fs::path& lock, const fs::path& target,
                                      Progress& progress) {
  fs::create_directories(target);
  // A wheel for WebAssembly, a pure wheel or a local source is uv's to install; the rest is built.
  std::vector<std::string> arguments = {
      "pip",      "install",     "--python",  uv.interpreter(),
      "--target", target,        "--no-deps", "--only-binary",
      ":all:",    "--link-mode", "copy",      "--no-compile-bytecode"};
  std::vector<std::string> built;
  const std::vector<LockedPackage> packages = read_pylock(lock);
  bool builds_local_source = false;
  for (const LockedPackage& package : packages) {
    if (package.is_local && !package.has_wheel) {
      // uv caches builds of a local source by its path, and would miss an edit in it.
      arguments.insert(arguments.end(),
                       {"--no-binary", package.name, "--refresh-package", package.name});
      builds_local_source = true;
    } else if (!package.has_wheel) {
      if (find_source_build(package).empty()) {
        progress.step("Building " + package.name + " " + package.version +
                      " from its source, as there is no wheel of it for Python " +
                      uv.python_version() + " on WebAssembly");
      }
      const SourceBuild build = build_purely(uv, package);
      if (build.tree.empty()) {
        progress.clear();
        throw explain_unsupported(uv, package, build.problem);
      }
      fs::copy(build.tree, target,
               fs::copy_options::recursive | fs::copy_options::overwrite_existing);
      built.push_back(package.name);
    }
  }
  progress.step("Installing " + std::to_string(packages.size()) +
                (packages.size() == 1 ? " package" : " packages"));
  fs::path installed_lock = lock;
  if (!built.empty()) {
    // Beside the lock, so that its relative paths keep their meaning.
    installed_lock = lock.parent_path() / kWheelsLock;
    write_file_atomically(installed_lock, pylock_without(lock, built));
  }
  arguments.insert(arguments.end(), {"-r", installed_lock, "--preview-features", "pylock"});
  // A build that fails would fail twice, seconds each.
  const CapturedRun run =
      builds_local_source ? uv.run(arguments) : uv.run_for_known_files(arguments);
  std::error_code ignored;
  if (!built.empty()) fs::remove(installed_lock, ignored);
  if (!run.status.success()) throw_failure(uv, run.err);
  remove_host_files(target);
  return built;
}

void check_left_out(UvProject& uv, const InstalledPackages& installed,
                    const std::vector<std::string>& left_out) {
  for (const std::string& name : left_out) {
    const auto optional = known_packages().optional.find(name);
    if (optional == known_packages().optional.end()) continue;
    const std::vector<std::string>& allowed = optional->second.dependents;
    for (const auto& [dependent, package] : installed) {
      if (std::find(allowed.begin(), allowed.end(), dependent) != allowed.end()) continue;
      for (const DependencySpecifier& required :
           dependencies_of(package, uv.target().version, {})) {
        if (required.name != name) continue;
        throw explain_unsupported(uv, {.name = name, .version = required.versions},
                                  dependent + " needs it");
      }
    }
  }
}

}  // namespace cwrangler::cli
