// One sync's dealings with uv: resolving the project's dependencies into a lock, and installing a
// lock into a folder.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/project/dependencies.h"
#include "cli/project/pylock.h"
#include "cli/project/uv.h"
#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// The package that Worker code imports as `workers`. Every Worker has it, as with pywrangler.
inline constexpr std::string_view kRuntimeSdk = "workers-runtime-sdk";

/// Packages could not be had because neither the network nor uv's cache has them.
class IndexUnreachable : public Error {
 public:
  using Error::Error;
};

class Resolution {
 public:
  /// `staging`: a folder of this sync for temporary files. All must outlive the object.
  Resolution(const Uv& uv, const Dependencies& dependencies, std::filesystem::path project,
             std::filesystem::path staging, std::string python_version, Terminal& terminal);

  /// Resolves into `lock`. What is in that file already is kept unless the requirements forbid it.
  /// Wheels are preferred; where they do not suffice, source packages are let in.
  /// When an index cannot be reached, what uv has in its cache is used, and a warning says so.
  void resolve(const std::filesystem::path& lock);

  /// Installs a lock into `target`, which is created; packages without a wheel are built first.
  void install(const std::filesystem::path& lock, const std::filesystem::path& target);

  /// Whether the index could not be reached.
  bool offline() const { return offline_; }

 private:
  CapturedRun run_or_offline(std::vector<std::string> arguments);
  std::vector<std::string> compile_arguments() const;
  std::string required_by(std::string_view package) const;
  /// Throws the Error for uv's standard error, placed where the user wrote the requirement.
  [[noreturn]] void fail(std::string_view standard_error) const;
  Error cannot_install(const LockedPackage& package, const std::string& problem) const;
  std::string malformed_requirement() const;

  const Uv& uv_;
  const Dependencies& dependencies_;
  const std::filesystem::path project_;
  const std::filesystem::path staging_;
  const std::string python_version_;
  const std::filesystem::path interpreter_;
  Terminal& terminal_;
  bool offline_ = false;
};

}  // namespace cwrangler::cli
