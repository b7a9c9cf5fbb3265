// A new project from a template: all of its files or nothing at all.

#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace cwrangler::cli {

struct InitOptions {
  std::filesystem::path templates;  ///< the folder whose sub-folders are the templates
  std::string template_name;
  /// A template's own folder, from elsewhere; empty: `template_name` below `templates`.
  std::filesystem::path source;
  std::filesystem::path target;  ///< absolute; made when it is not there
  std::string name;              ///< of the Worker; empty: the target folder's name
  std::chrono::system_clock::time_point now;
};

/// What was made.
struct CreatedProject {
  std::string name;
  std::vector<std::string> files;  ///< relative to the target, sorted
};

/// The templates that there are, sorted.
std::vector<std::string> template_names(const std::filesystem::path& templates);

/// Copies the template's files into the target folder, with `{{name}}`, `{{project_name}}` and
/// `{{compatibility_date}}` (today, UTC) filled in. All files or none: they are written beside the
/// target first, and only then moved to their places.
///
/// Of a folder from elsewhere, links and what tools make (.git, python_modules, node_modules, …)
/// stay behind, and a `name` in its configuration becomes the Worker's.
///
/// Throws Error when the name is not a Worker's, when the template does not exist (naming those
/// that do), when a file is in the way (naming all of them), or when writing fails.
CreatedProject create_project(const InitOptions& options);

}  // namespace cwrangler::cli
