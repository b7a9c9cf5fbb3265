#include "cli/project/sync.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/process/child_process.h"
#include "cli/project/dependencies.h"
#include "cli/project/resolution.h"
#include "cli/project/sync_state.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// What is true of a project before a sync.
struct Situation {
  Dependencies dependencies;
  std::string inputs;
  fs::path modules;
  fs::path lock;

  explicit Situation(const SyncRequest& request)
      : dependencies(read_dependencies(request.project)),
        inputs(inputs_digest(request.project, dependencies, request.python_version)),
        modules(request.project / "python_modules"),
        lock(request.project / "pylock.toml") {}

  bool in_sync() const { return read_sync_state(modules) == sync_fingerprint(inputs, lock); }
  /// Packages of a project that no longer depends on any.
  bool has_leftovers() const { return dependencies.empty() && !read_sync_state(modules).empty(); }
};

/// The one folder of a project where a sync prepares its result: on the same file system as
/// python_modules, so that a rename suffices, and held by a lock against a second sync.
class Staging {
 public:
  explicit Staging(const fs::path& project) : path_(project / ".wrangler" / "tmp" / "sync") {
    fs::create_directories(path_.parent_path());
    const fs::path lock = path_.parent_path() / "sync.lock";
    lock_ = Descriptor(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!lock_.valid()) throw system_error("opening " + lock.string());
    while (::flock(lock_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) throw system_error("locking " + lock.string());
    }
    fs::remove_all(path_);  // what a killed sync has left
    fs::create_directories(path_);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  Descriptor lock_;
};

/// A file that does not outlive the sync.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// uv leaves its lock and the packages' command line programs, whose first line names an
/// interpreter of this machine; neither can be used by a Worker.
void remove_host_files(const fs::path& modules) {
  fs::remove(modules / ".lock");
  const fs::path programs = modules / "bin";
  if (!fs::is_directory(programs)) return;
  std::vector<fs::path> scripts;
  for (const fs::directory_entry& entry : fs::directory_iterator(programs)) {
    std::string start(2, '\0');
    std::ifstream(entry.path(), std::ios::binary).read(start.data(), 2);
    if (entry.is_regular_file() && start == "#!") scripts.push_back(entry.path());
  }
  for (const fs::path& script : scripts) fs::remove(script);
  if (fs::is_empty(programs)) fs::remove(programs);
}

/// Puts the folder `fresh` in the place of `current`, which ends up where `fresh` was, if it
/// exists.
void exchange(const fs::path& fresh, const fs::path& current) {
  const std::string activity = "replacing " + current.string();
  if (!fs::exists(fs::symlink_status(current))) {
    if (::rename(fresh.c_str(), current.c_str()) != 0) throw system_error(activity);
    return;
  }
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, current.c_str(), RENAME_EXCHANGE) == 0) return;
  // Some file systems cannot exchange; there two renames follow each other.
  if (errno != EINVAL && errno != ENOSYS) throw system_error(activity);
  const fs::path old = fresh.string() + ".old";
  if (::rename(current.c_str(), old.c_str()) != 0) throw system_error(activity);
  if (::rename(fresh.c_str(), current.c_str()) != 0) {
    const Error error = system_error(activity);
    ::rename(old.c_str(), current.c_str());
    throw error;
  }
}

std::string seconds_since(std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1fs", passed.count());
  return text.data();
}

/// Whether the project asks for nothing but what every install of cwrangler brings along.
bool only_runtime_sdk(const Dependencies& dependencies) {
  return std::all_of(dependencies.requirements.begin(), dependencies.requirements.end(),
                     [](const Requirement& one) { return one.name == kRuntimeSdk; });
}

void install(const SyncRequest& request, const Situation& situation, const Staging& staging,
             Terminal& terminal) {
  const auto start = std::chrono::steady_clock::now();
  const Uv uv =
      Uv::find(request.verbose ? Uv::Trace([&](std::string_view text) { terminal.print(text); })
                               : Uv::Trace());
  Resolution resolution(uv, situation.dependencies, request.project, staging.path(),
                        request.python_version, terminal);
  // In the project's folder, because the paths in a lock are relative to it. uv keeps the pins that
  // it finds in its output file.
  const TemporaryFile lock(request.project / "pylock.cwrangler.toml");
  fs::remove(lock.path());
  if (!request.upgrade && fs::is_regular_file(situation.lock)) {
    fs::copy_file(situation.lock, lock.path());
  }
  resolution.resolve(lock.path());
  const fs::path fresh = staging.path() / "python_modules";
  resolution.install(lock.path(), fresh);
  remove_host_files(fresh);
  write_sync_state(fresh, sync_fingerprint(situation.inputs, lock.path()));
  const size_t packages = read_pylock(lock.path()).size();
  // A kill between the two leaves a lock that python_modules was not made from: the next sync
  // sees it and installs again.
  if (::rename(lock.path().c_str(), situation.lock.c_str()) != 0) {
    throw system_error("replacing " + situation.lock.string());
  }
  exchange(fresh, situation.modules);
  terminal.print("Installed " + std::to_string(packages) +
                 (packages == 1 ? " package" : " packages") + " in python_modules (" +
                 seconds_since(start) + ")");
}

SyncOutcome synchronise(const SyncRequest& request, Terminal& terminal) {
  const bool always = request.force || request.upgrade;
  if (!always && !sync_needed(request)) {
    return read_dependencies(request.project).empty() ? SyncOutcome::no_dependencies
                                                      : SyncOutcome::up_to_date;
  }
  const Staging staging(request.project);
  // Read again: another sync may have finished while this one waited for its turn.
  const Situation situation(request);
  if (situation.dependencies.empty()) {
    if (situation.has_leftovers()) {
      exchange(situation.modules, staging.path() / "python_modules");
      terminal.print("Removed python_modules: the project depends on no packages any more");
    }
    return SyncOutcome::no_dependencies;
  }
  if (!always && situation.in_sync()) return SyncOutcome::up_to_date;
  try {
    install(request, situation, staging, terminal);
  } catch (const IndexUnreachable& unreachable) {
    if (!only_runtime_sdk(situation.dependencies)) throw;
    terminal.print_warning(unreachable.problem() +
                           "\nThe Worker uses the workers-runtime-sdk that came with cwrangler.");
    return SyncOutcome::built_in;
  }
  return SyncOutcome::installed;
}

}  // namespace

bool sync_needed(const SyncRequest& request) {
  const Situation situation(request);
  return situation.dependencies.empty() ? situation.has_leftovers() : !situation.in_sync();
}

std::string sync_inputs(const SyncRequest& request) {
  const Situation situation(request);
  return sync_fingerprint(situation.inputs, situation.lock);
}

SyncOutcome sync_packages(const SyncRequest& request, Terminal& terminal) {
  try {
    return synchronise(request, terminal);
  } catch (const fs::filesystem_error& error) {
    throw Error(error.code().message()).while_doing("writing " + error.path1().string());
  }
}

}  // namespace cwrangler::cli
