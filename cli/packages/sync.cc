#include "cli/packages/sync.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/dependencies.h"
#include "cli/packages/editor_links.h"
#include "cli/packages/explanation.h"
#include "cli/packages/installation.h"
#include "cli/packages/resolution.h"
#include "cli/packages/staging.h"
#include "cli/packages/sync_state.h"
#include "cli/packages/temporary_file.h"
#include "cli/packages/work_files.h"
#include "cli/terminal/progress.h"

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

/// Whether the project asks for nothing but what every install of cwrangler brings along.
bool only_runtime_sdk(const Dependencies& dependencies) {
  return std::all_of(dependencies.requirements.begin(), dependencies.requirements.end(),
                     [](const Requirement& one) { return one.name == kRuntimeSdk; });
}

/// What is different between two locks, a line each.
std::string differences(const std::vector<LockedPackage>& before,
                        const std::vector<LockedPackage>& after) {
  std::map<std::string, std::pair<std::string, std::string>> versions;
  for (const LockedPackage& package : before) versions[package.name].first = package.version;
  for (const LockedPackage& package : after) versions[package.name].second = package.version;
  std::string text;
  for (const auto& [name, change] : versions) {
    const auto& [was, is] = change;
    if (was == is) continue;
    text += "\n" + name + " " +
            (was.empty()  ? "is missing"
             : is.empty() ? was + " is no longer needed"
                          : was + " would become " + is);
  }
  return text.empty() ? "\nthe files that it names would be others" : text;
}

Error frozen_error(const Situation& situation, const fs::path& lock) {
  if (!fs::is_regular_file(situation.lock)) {
    return Error("there is no pylock.toml, and --frozen allows making none")
        .hint("Run `cwrangler lock` and commit pylock.toml.");
  }
  return Error("pylock.toml does not fit " + situation.dependencies.source.filename().string() +
               ", and --frozen allows no change" +
               differences(read_pylock(situation.lock), read_pylock(lock)))
      .hint("Run `cwrangler lock` and commit pylock.toml.");
}

void warn_of_compromises(const Resolved& resolved, const UvProject& uv, Terminal& terminal) {
  for (const std::string& name : resolved.notes.left_out) {
    const auto optional = known_packages().optional.find(name);
    terminal.print_warning(
        "Left out: " + name + ", which has no wheel for Python " + uv.python_version() +
        " on WebAssembly.\nThe packages that name it do "
        "without it" +
        (optional == known_packages().optional.end() ? "." : ": " + optional->second.effect + "."));
  }
  if (!resolved.moved_for.empty()) {
    std::string text = "Older versions were taken, which do not need";
    for (const std::string& name : resolved.moved_for) text += " " + name;
    text += " (no wheel for Python " + uv.python_version() + " on WebAssembly):";
    for (const std::string& line : resolved.moved_back) text += "\n" + line;
    terminal.print_warning(text);
  }
  if (uv.pyodide_index_unreachable()) {
    terminal.print_warning("Pyodide's own index cannot be reached: " + uv.pyodide_index() +
                           "\nEverything was found without it.");
  }
}

bool killed_sync_left_files(const fs::path& project) {
  return Staging::has_leftovers(project) || has_work_files(project);
}

/// One sync that has something to do.
class Sync {
 public:
  Sync(const SyncRequest& request, const Situation& situation, const fs::path& staging,
       Terminal& terminal)
      : request_(request),
        situation_(situation),
        staging_(staging),
        terminal_(terminal),
        progress_(std::cerr, stderr_is_animated()),
        uv_(Uv::find(request.verbose ? Uv::Trace([this](std::string_view text) {
                       progress_.clear();
                       terminal_.print(text);
                     })
                                     : Uv::Trace(),
                     [this] { progress_.tick(); })),
        lock_(request.project / kLockAtWork),
        project_(uv_, situation.dependencies,
                 {.project = request.project,
                  .staging = staging,
                  .python_version = request.python_version,
                  .indexes = request.indexes,
                  .offline = request.offline,
                  .ask_again = request.force || request.upgrade},
                 [this](const std::string& text) {
                   progress_.clear();
                   terminal_.print_warning(text);
                 }) {}

  SyncReport run() {
    SyncReport report;
    progress_.step("Resolving the project's packages");
    const Resolved resolved = resolve_into_lock();
    report.packages = resolved.packages;
    report.left_out = resolved.notes.left_out;
    report.outcome = SyncOutcome::locked;
    const fs::path fresh = staging_ / "python_modules";
    const fs::path& final_lock = request_.frozen ? situation_.lock : lock_.path();
    if (!request_.lock_only) {
      report.built = install_lock(project_, lock_.path(), fresh, progress_);
      check_left_out(project_, read_installed(fresh), resolved.notes.left_out);
      write_sync_state(fresh, sync_fingerprint(situation_.inputs, final_lock));
      report.outcome = SyncOutcome::installed;
    }
    progress_.clear();
    warn_of_compromises(resolved, project_, terminal_);
    // A kill between the two leaves a lock that python_modules was not made from: the next sync
    // sees it and installs again.
    if (!request_.frozen && ::rename(lock_.path().c_str(), situation_.lock.c_str()) != 0) {
      throw system_error("replacing " + situation_.lock.string());
    }
    if (!request_.lock_only) exchange(fresh, situation_.modules);
    return report;
  }

 private:
  /// uv keeps the pins that it finds in its output file.
  Resolved resolve_into_lock() {
    const bool has_lock = fs::is_regular_file(situation_.lock);
    if (!request_.upgrade && has_lock) fs::copy_file(situation_.lock, lock_.path());
    Resolved resolved = resolve(project_, lock_.path());
    check_hashes(situation_.dependencies, resolved.packages);
    if (request_.frozen && !(has_lock && same_lock(resolved))) {
      progress_.clear();
      throw frozen_error(situation_, lock_.path());
    }
    return resolved;
  }

  /// What is installed counts: the addresses of local files may differ from machine to machine.
  bool same_lock(const Resolved& resolved) const {
    return read_pylock(situation_.lock) == resolved.packages &&
           read_lock_notes(situation_.lock) == resolved.notes;
  }

  const SyncRequest& request_;
  const Situation& situation_;
  const fs::path& staging_;
  Terminal& terminal_;
  Progress progress_;
  const Uv uv_;
  const TemporaryFile lock_;
  UvProject project_;
};

SyncReport synchronise(const SyncRequest& request, Terminal& terminal) {
  const bool always = request.force || request.upgrade || request.lock_only;
  SyncReport report;
  if (!always && !sync_needed(request) && !killed_sync_left_files(request.project)) {
    report.outcome = read_dependencies(request.project).empty() ? SyncOutcome::no_dependencies
                                                                : SyncOutcome::up_to_date;
    return report;
  }
  const Staging staging(request.project, [&terminal](const std::string& holder) {
    terminal.print_warning("Waiting for another `cwrangler sync` of this project" + holder +
                           " to end.");
  });
  remove_work_files(request.project);
  // Read again: another sync may have finished while this one waited for its turn.
  Situation situation(request);
  if (request.allow_build) situation.dependencies.settings.allow_every_build = true;
  if (situation.dependencies.empty()) {
    report.outcome = SyncOutcome::no_dependencies;
    if (situation.has_leftovers() && !request.frozen) {
      exchange(situation.modules, staging.path() / "python_modules");
      report.outcome = SyncOutcome::removed;
    }
    return report;
  }
  if (!always && situation.in_sync()) return report;
  const auto start = std::chrono::steady_clock::now();
  try {
    report = Sync(request, situation, staging.path(), terminal).run();
  } catch (const IndexUnreachable& unreachable) {
    if (!only_runtime_sdk(situation.dependencies) || request.frozen) throw;
    terminal.print_warning(unreachable.problem() +
                           "\nThe Worker uses the workers-runtime-sdk that came with cwrangler.");
    report.outcome = SyncOutcome::built_in;
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace

std::string_view outcome_name(SyncOutcome outcome) {
  switch (outcome) {
    case SyncOutcome::no_dependencies:
      return "no-dependencies";
    case SyncOutcome::removed:
      return "removed";
    case SyncOutcome::up_to_date:
      return "up-to-date";
    case SyncOutcome::locked:
      return "locked";
    case SyncOutcome::installed:
      return "installed";
    case SyncOutcome::built_in:
      return "built-in";
  }
  return "";
}

bool sync_needed(const SyncRequest& request) {
  const Situation situation(request);
  return situation.dependencies.empty() ? situation.has_leftovers() : !situation.in_sync();
}

std::string sync_inputs(const SyncRequest& request) {
  const Situation situation(request);
  return sync_fingerprint(situation.inputs, situation.lock);
}

SyncReport sync_packages(const SyncRequest& request, Terminal& terminal) {
  try {
    SyncReport report = synchronise(request, terminal);
    update_editor_links(request.project);
    return report;
  } catch (const fs::filesystem_error& error) {
    throw Error(error.code().message()).while_doing("writing " + error.path1().string());
  }
}

}  // namespace cwrangler::cli
