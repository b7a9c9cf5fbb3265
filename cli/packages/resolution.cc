#include "cli/packages/resolution.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/explanation.h"
#include "cli/packages/source_build.h"
#include "cli/packages/uv_failure.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using Kind = UvFailure::Kind;

std::vector<LockedPackage> without_wheel(const std::vector<LockedPackage>& packages) {
  std::vector<LockedPackage> result;
  for (const LockedPackage& package : packages) {
    if (!package.has_wheel && !package.is_local) result.push_back(package);
  }
  return result;
}

std::vector<std::string> names_of(const std::vector<LockedPackage>& packages) {
  std::vector<std::string> names;
  for (const LockedPackage& package : packages) names.push_back(package.name);
  return names;
}

std::string major_version(const std::string& version) {
  return version.substr(0, version.find('.'));
}

class Resolver {
 public:
  Resolver(UvProject& uv, const fs::path& lock) : uv_(uv), lock_(lock) {}

  Resolved run();

 private:
  bool lock_suffices();
  bool are_newest(const std::vector<LockedPackage>& packages);
  bool compile(const std::vector<std::string>& wheels_only_for, bool pyodide_index);
  std::vector<LockedPackage> open_questions() const;
  bool ask_pyodide_index();
  bool leave_out_optional();
  bool move_dependents_back();
  bool is_compiled_elsewhere(const LockedPackage& package);
  Resolved finish();

  UvProject& uv_;
  const fs::path& lock_;
  Resolved result_;
  std::string failure_;  ///< what uv said when it failed last
};

/// Whether the index has nothing newer of these packages. Only they are asked for, which takes a
/// fraction of the time of asking for everything.
bool Resolver::are_newest(const std::vector<LockedPackage>& packages) {
  std::string names;
  for (const LockedPackage& package : packages) {
    if (!package.has_wheel || package.is_local) return false;
    names += package.name + "\n";
  }
  const CapturedRun run = uv_.compile_only(names, uv_.python_version(), {"--no-build"});
  return run.status.success() && run.out == pylock_pins(packages);
}

/// True when what the project asks for now is satisfied by packages that are in the lock, as they
/// are there, and by the newest of others that uv has in its cache; `lock_` then holds those. Else
/// `lock_` is as it was.
bool Resolver::lock_suffices() {
  // An index named since the last sync would be passed over, as nothing of it is in uv's cache.
  if (uv_.ask_again() || uv_.offline() || !uv_.asks_default_index_only()) return false;
  const std::string before = read_file(lock_);
  const std::vector<LockedPackage> locked = read_pylock(lock_);
  const CapturedRun run =
      uv_.compile_from_cache({"--format", "pylock.toml", "-o", lock_}, result_.notes.pyodide_index);
  std::vector<LockedPackage> others;
  if (run.status.success()) {
    result_.packages = read_pylock(lock_);
    std::copy_if(result_.packages.begin(), result_.packages.end(), std::back_inserter(others),
                 [&](const LockedPackage& package) {
                   return std::find(locked.begin(), locked.end(), package) == locked.end();
                 });
  }
  const bool one_index = !result_.notes.pyodide_index && !uv_.target().index_from_start;
  if (!run.status.success() || (!others.empty() && !(one_index && are_newest(others)))) {
    write_file_atomically(lock_, before);
    return false;
  }
  append_lock_notes(lock_, result_.notes);
  return true;
}

/// False when there is no solution; what uv said is in `failure_`. Problems that no other attempt
/// would solve are thrown.
bool Resolver::compile(const std::vector<std::string>& wheels_only_for, bool pyodide_index) {
  std::vector<std::string> arguments = {"--format", "pylock.toml", "-o", lock_};
  for (const std::string& package : wheels_only_for) {
    if (package == ":all:") {
      arguments.emplace_back("--no-build");
    } else {
      arguments.insert(arguments.end(), {"--only-binary", package});
    }
  }
  const CapturedRun run = uv_.compile(std::move(arguments), pyodide_index);
  if (run.status.success()) {
    result_.packages = read_pylock(lock_);
    result_.notes.pyodide_index = pyodide_index;
    return true;
  }
  failure_ = run.err;
  if (pyodide_index && uv_.pyodide_index_unreachable()) return false;
  switch (read_uv_failure(failure_).kind) {
    case Kind::no_usable_wheel:
    case Kind::no_version:
    case Kind::build_failed:
      return false;
    default:
      throw_failure(uv_, failure_);
  }
}

/// Packages that have no wheel and are not known to work without one.
std::vector<LockedPackage> Resolver::open_questions() const {
  std::vector<LockedPackage> open;
  for (const LockedPackage& package : without_wheel(result_.packages)) {
    const bool known = known_packages().pure.contains(package.name) ||
                       uv_.dependencies().settings.may_build(package.name) ||
                       !find_source_build(package).empty();
    if (!known) open.push_back(package);
  }
  return open;
}

bool Resolver::ask_pyodide_index() {
  std::vector<LockedPackage> wanted;
  for (const LockedPackage& package : without_wheel(result_.packages)) {
    if (find_source_build(package).empty()) wanted.push_back(package);
  }
  return uv_.has_pyodide_index() && !wanted.empty() &&
         compile(names_of(wanted), /*pyodide_index=*/true);
}

/// True when something was left out, and the rest has a solution.
bool Resolver::leave_out_optional() {
  std::vector<std::string> optional;
  for (const LockedPackage& package : open_questions()) {
    // What the project itself asks for is not optional.
    if (known_packages().optional.contains(package.name) &&
        uv_.dependencies().position_of(package.name).file.empty()) {
      optional.push_back(package.name);
    }
  }
  if (optional.empty()) return false;
  uv_.exclude(optional);
  result_.notes.left_out.insert(result_.notes.left_out.end(), optional.begin(), optional.end());
  return compile({}, /*pyodide_index=*/false);
}

/// Whether there are wheels of it for other platforms: then its source is not plain Python.
bool Resolver::is_compiled_elsewhere(const LockedPackage& package) {
  const CapturedRun run =
      uv_.compile_only(package.name + "==" + package.version, uv_.python_version(),
                       {"--no-build", "--python-platform", "x86_64-unknown-linux-gnu"});
  return run.status.success();
}

bool Resolver::move_dependents_back() {
  std::vector<std::string> avoided;
  for (const LockedPackage& package : open_questions()) {
    if (is_compiled_elsewhere(package)) avoided.push_back(package.name);
  }
  if (avoided.empty()) return false;
  const std::vector<LockedPackage> newest = result_.packages;
  const std::string newest_lock = read_file(lock_);
  std::map<std::string, std::string> before;
  for (const LockedPackage& package : newest) before[package.name] = package.version;
  if (!compile(avoided, /*pyodide_index=*/false)) return false;
  for (const LockedPackage& package : result_.packages) {
    const bool asked_for = !uv_.dependencies().position_of(package.name).file.empty();
    const auto newer = before.find(package.name);
    if (!asked_for || newer == before.end()) continue;
    if (major_version(newer->second) == major_version(package.version)) continue;
    // What the project itself asks for in another major version is another package to its code.
    write_file_atomically(lock_, newest_lock);
    result_.packages = newest;
    return false;
  }
  for (const LockedPackage& package : result_.packages) {
    const auto newer = before.find(package.name);
    if (newer == before.end() || newer->second == package.version) continue;
    result_.moved_back.push_back(package.name + " " + package.version + " instead of " +
                                 newer->second);
  }
  result_.moved_for = std::move(avoided);
  return true;
}

Resolved Resolver::run() {
  if (fs::is_regular_file(lock_)) {
    result_.notes = read_lock_notes(lock_);
    std::erase_if(result_.notes.left_out, [this](const std::string& name) {
      return !uv_.dependencies().position_of(name).file.empty();
    });
    uv_.exclude(result_.notes.left_out);
    if (lock_suffices()) return std::move(result_);
  }
  const bool index_first = uv_.target().index_from_start || result_.notes.pyodide_index;
  if (index_first && uv_.has_pyodide_index()) {
    if (compile({":all:"}, /*pyodide_index=*/true)) return finish();
    if (compile({}, uv_.has_pyodide_index()) && open_questions().empty()) return finish();
  }
  if (!compile({}, /*pyodide_index=*/false)) {
    // A source that must be built to tell its dependencies, and cannot.
    const std::string failure = failure_;
    if (!compile({":all:"}, uv_.has_pyodide_index()) && !compile({":all:"}, false)) {
      throw_failure(uv_, failure);
    }
    return finish();
  }
  if (without_wheel(result_.packages).empty() || ask_pyodide_index()) return finish();
  leave_out_optional();
  if (!open_questions().empty()) move_dependents_back();
  return finish();
}

Resolved Resolver::finish() {
  append_lock_notes(lock_, result_.notes);
  return std::move(result_);
}

}  // namespace

Resolved resolve(UvProject& uv, const fs::path& lock) {
  const std::string before = fs::is_regular_file(lock) ? read_file(lock) : "";
  Resolved resolved = Resolver(uv, lock).run();
  const std::string now = read_file(lock);
  if (now != before && without_remarks(now) == without_remarks(before)) {
    write_file_atomically(lock, before);
  }
  return resolved;
}

void check_hashes(const Dependencies& dependencies, const std::vector<LockedPackage>& packages) {
  for (const Requirement& requirement : dependencies.requirements) {
    if (requirement.hashes.empty()) continue;
    if (std::none_of(requirement.hashes.begin(), requirement.hashes.end(),
                     [](const std::string& hash) { return hash.starts_with("sha256:"); })) {
      throw Error("the hashes of " + requirement.name + " cannot be checked: none is a sha256")
          .at(requirement.position)
          .hint("Write it as --hash=sha256:…");
    }
    for (const LockedPackage& package : packages) {
      if (package.name != requirement.name) continue;
      for (const std::string& hash : package.sha256) {
        const std::string full = "sha256:" + hash;
        if (std::find(requirement.hashes.begin(), requirement.hashes.end(), full) !=
            requirement.hashes.end()) {
          continue;
        }
        throw Error("the file of " + package.name + " " + package.version +
                    " is not one that the project allows: its hash is " + full)
            .at(requirement.position)
            .hint(
                "Either the index serves another file than it used to, or the hashes are of "
                "another "
                "version: make sure which, then write the right ones. " +
                std::string(kModulesKept));
      }
    }
  }
}

}  // namespace cwrangler::cli
