#include "cli/command/package_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/packages/installed.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

std::string shown_seconds(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1fs", seconds);
  return text.data();
}

std::string counted(size_t count) {
  return std::to_string(count) + (count == 1 ? " package" : " packages");
}

uintmax_t bytes_below(const fs::path& folder) {
  uintmax_t bytes = 0;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, failed)) {
    if (entry.is_regular_file(failed)) bytes += entry.file_size(failed);
  }
  return bytes;
}

std::string report_line(const SyncReport& report, const SyncRequest& request) {
  switch (report.outcome) {
    case SyncOutcome::no_dependencies:
      return "The project depends on no packages: nothing to install";
    case SyncOutcome::removed:
      return "Removed python_modules: the project depends on no packages any more";
    case SyncOutcome::up_to_date:
      return "python_modules is up to date";
    case SyncOutcome::locked:
      return "Locked " + counted(report.packages.size()) + " in pylock.toml (" +
             shown_seconds(report.seconds) + ")";
    case SyncOutcome::installed:
      return "Installed " + counted(report.packages.size()) + " in python_modules (" +
             shown_size(bytes_below(request.project / "python_modules")) + ", " +
             shown_seconds(report.seconds) + ")";
    case SyncOutcome::built_in:
      return {};
  }
  return {};
}

nlohmann::json report_json(const SyncReport& report, const SyncRequest& request) {
  nlohmann::json packages = nlohmann::json::array();
  for (const LockedPackage& package : report.packages) {
    const bool built =
        std::find(report.built.begin(), report.built.end(), package.name) != report.built.end();
    packages.push_back({{"name", package.name},
                        {"version", package.version},
                        {"from", built              ? "source"
                                 : package.is_local ? "local"
                                                    : "wheel"}});
  }
  return {{"outcome", outcome_name(report.outcome)},
          {"python", request.python_version},
          {"packages", packages},
          {"left_out", report.left_out},
          {"seconds", report.seconds}};
}

}  // namespace

void add_package_options(CLI::App& command, PackageOptions& options) {
  command.add_flag("-U,--upgrade", options.upgrade, "Newest versions instead of the locked ones");
  command.add_flag("--allow-build", options.allow_build,
                   "Packages without a wheel may be built by this machine's Python");
  command.add_flag("--offline", options.offline, "Only what uv has in its cache");
  command.add_flag("--frozen", options.frozen, "Fail if pylock.toml would change");
  command
      .add_option("--index", options.indexes,
                  "URL of an index to ask before the default one; repeatable")
      ->allow_extra_args(false);
  command.add_option("--default-index", options.default_index,
                     "URL of the index to ask instead of the default one");
  command.add_flag("--json", options.json, "Report as JSON on standard output");
  command.add_flag("--verbose", options.verbose, "Show what uv is asked and what it says");
  command.add_option("--python", options.python,
                     "Python version instead of the configuration's: 3.12, 3.13 or 3.14");
}

Project package_project(const PackageOptions& options, const CommandContext& context) {
  ProjectOptions project;
  project.config = {context.options.directory, context.options.config_file,
                    context.options.environment};
  project.python_version = options.python;
  project.clock = context.clock;
  return load_project_settings(project);
}

SyncRequest sync_request(const PackageOptions& options, const Project& project) {
  SyncRequest request;
  request.project = project.config.directory;
  request.python_version = project.python_version;
  request.upgrade = options.upgrade;
  request.offline = options.offline;
  request.frozen = options.frozen;
  request.allow_build = options.allow_build;
  request.verbose = options.verbose;
  request.indexes = {options.indexes, options.default_index};
  return request;
}

void print_report(const SyncReport& report, const SyncRequest& request, bool json,
                  Terminal& terminal) {
  if (json) {
    terminal.print(report_json(report, request).dump());
  } else if (const std::string line = report_line(report, request); !line.empty()) {
    terminal.print(line);
  }
}

}  // namespace cwrangler::cli
