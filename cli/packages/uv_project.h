// One sync's dealings with uv about one project: which files, interpreter and indexes it is given,
// and what is done when an index cannot be reached.

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/packages/dependencies.h"
#include "cli/packages/known_packages.h"
#include "cli/packages/temporary_file.h"
#include "cli/packages/uv.h"

namespace cwrangler::cli {

/// The package that Worker code imports as `workers`. Every Worker has it, as with pywrangler.
inline constexpr std::string_view kRuntimeSdk = "workers-runtime-sdk";

/// Indexes from the command line; they come on top of what uv's own settings say.
struct IndexOptions {
  std::vector<std::string> indexes;  ///< --index, in order of precedence
  std::string default_index;         ///< --default-index; empty: uv's
};

/// What decides a project's dealings with uv.
struct UvProjectOptions {
  std::filesystem::path project;
  std::filesystem::path staging;  ///< a folder of this sync for temporary files
  std::string python_version;     ///< "3.14"
  IndexOptions indexes = {};
  bool offline = false;    ///< only what uv has in its cache
  bool ask_again = false;  ///< also an index that did not answer in the last minutes
};

class UvProject {
 public:
  /// Told of what the user should know, several lines each.
  using Warn = std::function<void(const std::string&)>;

  /// `uv` and `dependencies` must outlive the object.
  UvProject(const Uv& uv, const Dependencies& dependencies, UvProjectOptions options, Warn warn);

  /// `uv pip compile` of the project's dependencies with `arguments` behind. With `pyodide_index`
  /// the release's own index is one of those asked; when that one cannot be reached, the run
  /// fails at once and reachable() says so from then on.
  CapturedRun compile(std::vector<std::string> arguments, bool pyodide_index);

  /// The same with nothing but what uv has in its cache, and without a word when that fails.
  CapturedRun compile_from_cache(std::vector<std::string> arguments, bool pyodide_index);

  /// The same for requirements of ours instead of the project's, for another Python perhaps.
  CapturedRun compile_only(const std::string& requirements, std::string_view python_version,
                           std::vector<std::string> arguments);

  /// `uv ARGUMENTS…`, and once more from uv's cache when the network is gone: a warning says so.
  CapturedRun run(std::vector<std::string> arguments);

  /// `uv ARGUMENTS…` for files whose hashes are known: from uv's cache, because an index could say
  /// nothing of them that matters, else as run() does.
  CapturedRun run_for_known_files(const std::vector<std::string>& arguments);

  /// Packages that no dependency may bring in from now on.
  void exclude(std::vector<std::string> packages);
  const std::vector<std::string>& excluded() const { return excluded_; }

  /// Whether the Pyodide release's own index is part of this project, and was not found unreachable
  /// in the last minutes.
  bool has_pyodide_index() const;
  /// Whether it should have been asked and could not be reached.
  bool pyodide_index_unreachable() const { return pyodide_index_unreachable_; }
  const std::string& pyodide_index() const { return pyodide_index_; }

  /// Whether all that uv may ask is its default index and the Pyodide release's, whatever the user
  /// has changed since the last sync.
  bool asks_default_index_only() const;

  /// The flags that name the command line's indexes, and the Pyodide release's.
  std::vector<std::string> index_arguments(bool pyodide_index) const;

  bool ask_again() const { return options_.ask_again; }
  bool offline() const { return options_.offline; }
  const Uv& uv() const { return uv_; }
  const Dependencies& dependencies() const { return dependencies_; }
  const std::filesystem::path& project() const { return options_.project; }
  const std::filesystem::path& staging() const { return options_.staging; }
  const std::string& python_version() const { return options_.python_version; }
  const std::filesystem::path& interpreter() const { return interpreter_; }
  const TargetPython& target() const { return target_; }

 private:
  std::vector<std::string> compile_arguments(const std::vector<std::string>& arguments,
                                             bool pyodide_index) const;
  CapturedRun run_uv(std::vector<std::string> arguments, const Environment& environment = {});
  bool leave_out_index(const std::string& address);
  void note_unreachable();

  const Uv& uv_;
  const Dependencies& dependencies_;
  UvProjectOptions options_;
  const Warn warn_;
  const TargetPython& target_;
  const std::filesystem::path interpreter_;
  std::string pyodide_index_;
  std::vector<std::string> excluded_;
  bool pyodide_index_unreachable_ = false;
  /// uv's settings without an index that cannot be reached, in place of the project's.
  std::optional<TemporaryFile> settings_;
};

}  // namespace cwrangler::cli
