#include "cli/packages/uv_project.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <chrono>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/index_settings.h"
#include "cli/packages/uv_failure.h"
#include "cli/packages/work_files.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using Kind = UvFailure::Kind;

/// How long an index that did not answer is not asked again: a sync must not wait for it each time.
constexpr std::chrono::minutes kUnreachableFor{10};

/// An index that is only an addition is given a moment, not uv's half a minute.
const Environment kImpatient = {{"UV_HTTP_RETRIES", "0"}, {"UV_HTTP_CONNECT_TIMEOUT", "2"}};

/// The file whose age tells since when an index is unreachable; empty without a place for it.
fs::path unreachable_mark(std::string_view index) {
  const fs::path cache = cache_directory();
  if (cache.empty()) return {};
  std::string name(index);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return cache / "unreachable" / name;
}

bool recently_unreachable(std::string_view index) {
  struct stat status {};
  if (::stat(unreachable_mark(index).c_str(), &status) != 0) return false;
  const auto age =
      std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(status.st_mtime);
  return age < kUnreachableFor;
}

}  // namespace

UvProject::UvProject(const Uv& uv, const Dependencies& dependencies, UvProjectOptions options,
                     Warn warn)
    : uv_(uv),
      dependencies_(dependencies),
      options_(std::move(options)),
      warn_(std::move(warn)),
      target_(known_packages().python(options_.python_version)),
      interpreter_(worker_interpreter(options_.python_version)),
      pyodide_index_(dependencies.settings.pyodide_index.value_or(target_.index)) {
  write_file_atomically(options_.staging / "sdk.in", std::string(kRuntimeSdk) + "\n");
  exclude(dependencies.settings.exclude);
}

bool UvProject::has_pyodide_index() const {
  return !pyodide_index_.empty() && !pyodide_index_unreachable_;
}

void UvProject::note_unreachable() {
  pyodide_index_unreachable_ = true;
  const fs::path mark = unreachable_mark(pyodide_index_);
  if (mark.empty()) return;
  std::error_code ignored;
  fs::create_directories(mark.parent_path(), ignored);
  try {
    write_file_atomically(mark, "");
  } catch (const Error&) {
    // A cache that cannot be written costs the next sync a moment.
  }
}

std::vector<std::string> UvProject::index_arguments(bool pyodide_index) const {
  std::vector<std::string> arguments;
  for (const std::string& index : options_.indexes.indexes) {
    arguments.insert(arguments.end(), {"--index", index});
  }
  if (!options_.indexes.default_index.empty()) {
    arguments.insert(arguments.end(), {"--default-index", options_.indexes.default_index});
  }
  if (!pyodide_index) return arguments;
  arguments.insert(arguments.end(), {"--index", pyodide_index_});
  // As pywrangler does: otherwise what the release has would hide newer versions of it. Where
  // somebody chose indexes, uv's default stays in force, which takes a package from the first
  // index that has it: that protects a company's packages from strangers' of the same name.
  if (options_.indexes.indexes.empty() && !names_own_indexes(options_.project)) {
    arguments.insert(arguments.end(), {"--index-strategy", "unsafe-best-match"});
  }
  return arguments;
}

std::vector<std::string> UvProject::compile_arguments(const std::vector<std::string>& arguments,
                                                      bool pyodide_index) const {
  std::vector<std::string> all = {
      "pip",      "compile",    dependencies_.source, options_.staging / "sdk.in",
      "--python", interpreter_, "--no-header"};
  for (const std::string& extra : dependencies_.settings.extras) {
    all.insert(all.end(), {"--extra", extra});
  }
  for (const std::string& group : dependencies_.settings.groups) {
    all.insert(all.end(), {"--group", group});
  }
  if (!excluded_.empty()) {
    all.insert(all.end(), {"--excludes", options_.staging / "excludes.txt"});
  }
  const std::vector<std::string> indexes = index_arguments(pyodide_index);
  all.insert(all.end(), indexes.begin(), indexes.end());
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

CapturedRun UvProject::compile_from_cache(std::vector<std::string> arguments, bool pyodide_index) {
  arguments.emplace_back("--offline");
  return run_uv(compile_arguments(arguments, pyodide_index));
}

CapturedRun UvProject::compile(std::vector<std::string> arguments, bool pyodide_index) {
  std::vector<std::string> all = compile_arguments(arguments, pyodide_index);
  if (!pyodide_index || options_.offline) return run(std::move(all));

  if (!options_.ask_again && recently_unreachable(pyodide_index_)) {
    pyodide_index_unreachable_ = true;
    return {{2, 0}, "", "error: Failed to fetch: `" + pyodide_index_ + "`"};
  }
  CapturedRun result = run_uv(all, kImpatient);
  const UvFailure failure = read_uv_failure(result.err);
  if (!result.status.success() && failure.kind == Kind::network &&
      failure.address.starts_with(pyodide_index_)) {
    note_unreachable();
  } else if (!result.status.success() && failure.kind == Kind::network) {
    return run(std::move(all));  // another index: with uv's patience
  }
  return result;
}

CapturedRun UvProject::compile_only(const std::string& requirements,
                                    std::string_view python_version,
                                    std::vector<std::string> arguments) {
  const fs::path file = options_.staging / "asked.in";
  write_file_atomically(file, requirements + "\n");
  std::vector<std::string> all = {
      "pip",         "compile",   file,           "--python", worker_interpreter(python_version),
      "--no-header", "--no-deps", "--no-annotate"};
  const std::vector<std::string> indexes = index_arguments(/*pyodide_index=*/false);
  all.insert(all.end(), indexes.begin(), indexes.end());
  all.insert(all.end(), arguments.begin(), arguments.end());
  if (options_.offline) all.emplace_back("--offline");
  return uv_.run(std::move(all), options_.staging, kImpatient);
}

CapturedRun UvProject::run_uv(std::vector<std::string> arguments, const Environment& environment) {
  if (settings_) {
    arguments.insert(arguments.end(), {"--config-file", settings_->path()});
  }
  return uv_.run(std::move(arguments), options_.project, environment);
}

bool UvProject::leave_out_index(const std::string& address) {
  std::string index;
  const auto settings = settings_ ? std::optional<std::string>()
                                  : settings_without_index(options_.project, address, index);
  if (!settings) return false;
  // In the project's folder, because paths in settings are relative to their file.
  settings_.emplace(options_.project / kSettingsAtWork);
  write_file_atomically(settings_->path(), *settings);
  warn_("The index cannot be reached: " + index + "\nGoing on without it.");
  return true;
}

CapturedRun UvProject::run(std::vector<std::string> arguments) {
  if (!options_.offline) {
    CapturedRun result = run_uv(arguments);
    const UvFailure failure = read_uv_failure(result.err);
    if (result.status.success() || failure.kind != Kind::network) return result;
    if (leave_out_index(failure.address)) return run(std::move(arguments));
    arguments.emplace_back("--offline");
    CapturedRun cached = run_uv(arguments);
    // "Not in the cache" is the consequence; that the network is gone is what the user must know.
    if (!cached.status.success()) return result;
    options_.offline = true;
    warn_(
        "The package index cannot be reached; using the packages in uv's cache.\n"
        "Versions may be older than the newest.");
    return cached;
  }
  arguments.emplace_back("--offline");
  return run_uv(std::move(arguments));
}

CapturedRun UvProject::run_for_known_files(const std::vector<std::string>& arguments) {
  if (!options_.offline) {
    std::vector<std::string> cached = arguments;
    cached.emplace_back("--offline");
    CapturedRun result = run_uv(std::move(cached));
    if (result.status.success() || read_uv_failure(result.err).kind == Kind::no_space) {
      return result;
    }
  }
  return run(arguments);
}

bool UvProject::asks_default_index_only() const {
  return options_.indexes.indexes.empty() && options_.indexes.default_index.empty() &&
         !names_any_index(options_.project, dependencies_.inputs);
}

void UvProject::exclude(std::vector<std::string> packages) {
  if (packages.empty()) return;
  excluded_.insert(excluded_.end(), packages.begin(), packages.end());
  std::string text;
  for (const std::string& package : excluded_) text += package + "\n";
  write_file_atomically(options_.staging / "excludes.txt", text);
}

}  // namespace cwrangler::cli
