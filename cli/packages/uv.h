// Running uv, the resolver and installer of packages, on behalf of a project.
//
// uv learns the platform of a Worker by asking the interpreter it is given, so it is given ours:
// `lib/cwrangler/python/3.X/bin/python3.X`, which is Pyodide in `cwrangler-runtime`.

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process/child_process.h"

namespace cwrangler::cli {

/// The oldest uv that does what is asked of it here: it knows the platforms of Pyodide's releases,
/// locks in the format pylock.toml and `--excludes`.
inline constexpr std::string_view kOldestUv = "0.12.3";

/// Changes to the environment of a program: a value, or unset.
using Environment = std::map<std::string, std::optional<std::string>>;

class Uv {
 public:
  /// Handed what uv is started with and what it said, for --verbose.
  using Trace = std::function<void(std::string_view)>;

  /// Finds a uv that is new enough: CWRANGLER_UV, then PATH, then this program's install tree.
  /// Throws Error with the command that installs it when there is none, saying what was found.
  static Uv find(Trace trace, std::function<void()> tick = {});

  /// Runs `uv ARGUMENTS…` in `directory` to its end. Settings of the surrounding shell that would
  /// make uv choose another Python are taken out of its environment, then `environment` applies.
  /// SIGINT and SIGTERM are passed on, see run_captured.
  CapturedRun run(std::vector<std::string> arguments, const std::filesystem::path& directory,
                  const Environment& environment = {}) const;

  const std::filesystem::path& program() const { return program_; }

 private:
  Uv(std::filesystem::path program, Trace trace, std::function<void()> tick);

  std::filesystem::path program_;
  Trace trace_;
  std::function<void()> tick_;
};

/// The version in what `uv --version` prints ("uv 0.13.9 (…)"); empty when it is not uv's.
std::string uv_version(std::string_view output);

/// Whether dotted version `version` is `least` or newer. Text that is no number counts as 0.
bool at_least_version(std::string_view version, std::string_view least);

/// The interpreter that stands for a Worker of `python_version` ("3.14"). Throws Error when the
/// install tree has none.
std::filesystem::path worker_interpreter(std::string_view python_version);

}  // namespace cwrangler::cli
