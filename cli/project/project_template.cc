#include "cli/project/project_template.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/files.h"
#include "cli/config/document.h"
#include "cli/config/names.h"
#include "cli/config/utc_time.h"
#include "cli/packages/dependencies.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

struct TemplateFile {
  fs::path path;  ///< relative
  std::string content;
  bool executable = false;
};

/// What tools make in a project, and what is no file of a template.
constexpr std::array<std::string_view, 7> kLeftBehind{
    ".git", ".wrangler", "python_modules", "node_modules", "__pycache__", ".venv", ".venv-workers"};

/// A folder that is removed with all it holds when the scope ends.
class StagingFolder {
 public:
  /// A new folder inside `parent`, so that moving out of it never crosses a file system.
  explicit StagingFolder(const fs::path& parent) {
    std::string pattern = (parent / ".cwrangler-init.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw system_error("making a folder in " + parent.string());
    }
    path_ = pattern;
  }
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

fs::path template_root(const InitOptions& options) {
  return options.source.empty() ? options.templates / options.template_name : options.source;
}

void check_template_exists(const InitOptions& options) {
  if (!options.source.empty()) {
    if (fs::is_directory(options.source)) return;
    throw Error("There is no folder " + options.source.string() + " to take the project from.")
        .exit_with(ExitCode::usage);
  }
  const std::vector<std::string> names = template_names(options.templates);
  if (std::find(names.begin(), names.end(), options.template_name) != names.end()) return;
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string nearest = nearest_word(options.template_name, names);
  throw Error("There is no template \"" + options.template_name + "\".")
      .exit_with(ExitCode::usage)
      .hint((nearest.empty() ? "" : "Did you mean \"" + nearest + "\"? ") +
            "The templates are: " + list + ".");
}

std::string project_worker_name(const InitOptions& options) {
  const std::string name = options.name.empty() ? options.target.filename().string() : options.name;
  if (is_worker_name(name)) return name;
  const std::string possible = to_worker_name(name);
  std::string advice(kWorkerNameRule);
  if (!possible.empty()) advice += "\nFor example: --name " + possible;
  throw Error("\"" + name + "\" cannot be the name of a Worker.")
      .exit_with(ExitCode::usage)
      .hint(advice);
}

/// The name for pyproject.toml, where one starts and ends with a letter or a digit
/// (packaging.python.org, "Names and normalization") and is not that of a package which the
/// template depends on.
std::string python_project_name(const std::string& worker_name, const fs::path& root) {
  const size_t first = worker_name.find_first_not_of("-_");
  if (first == std::string::npos) return "worker";
  std::string name = worker_name.substr(first, worker_name.find_last_not_of("-_") - first + 1);
  const fs::path pyproject = root / "pyproject.toml";
  if (!fs::exists(pyproject)) return name;
  for (const Requirement& requirement : pyproject_requirements(read_file(pyproject), pyproject)) {
    if (requirement.name == normalized_package_name(name)) return name + "-worker";
  }
  return name;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// The `name` of a configuration that says another one becomes `name`.
void rename_worker(const fs::path& file, std::string& content, const std::string& name) {
  const std::string base = file.filename().string();
  if (base != "wrangler.toml" && base != "wrangler.json" && base != "wrangler.jsonc") return;
  const Document document = parse_document(file, content);
  const Node* node = document.root.find("name");
  if (node == nullptr || !node->is(Node::Kind::string) || node->text == name) return;
  size_t at = 0;
  for (int line = 1; line < node->spot.line; ++line) at = content.find('\n', at) + 1;
  at = content.find(node->text, at);
  if (at != std::string::npos) content.replace(at, node->text.size(), name);
}

void read_folder(const fs::path& root, const fs::path& folder, std::vector<TemplateFile>& files) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_symlink() ||
        std::find(kLeftBehind.begin(), kLeftBehind.end(), name) != kLeftBehind.end()) {
      continue;
    }
    if (entry.is_directory()) {
      read_folder(root, entry.path(), files);
    } else if (entry.is_regular_file()) {
      const bool executable =
          (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
      files.push_back({entry.path().lexically_relative(root), read_file(entry.path()), executable});
    }
  }
}

std::vector<TemplateFile> read_template(const InitOptions& options, const std::string& name) {
  const fs::path root = template_root(options);
  const std::string project_name = python_project_name(name, root);
  std::vector<TemplateFile> files;
  read_folder(root, root, files);
  for (TemplateFile& file : files) {
    if (file.content.find('\0') != std::string::npos) continue;  // no text
    replace_all(file.content, "{{name}}", name);
    replace_all(file.content, "{{project_name}}", project_name);
    replace_all(file.content, "{{compatibility_date}}", utc_date(options.now));
    if (!options.source.empty()) rename_worker(file.path, file.content, name);
  }
  std::sort(files.begin(), files.end(),
            [](const TemplateFile& a, const TemplateFile& b) { return a.path < b.path; });
  return files;
}

/// Refuses when a file would be overwritten, or when something that is no folder is where a folder
/// must be.
void check_nothing_in_the_way(const fs::path& target, const std::vector<TemplateFile>& files) {
  if (fs::exists(fs::symlink_status(target)) && !fs::is_directory(target)) {
    throw Error(target.string() + " exists and is not a folder.")
        .hint("Choose another name, or move it away.");
  }
  std::vector<std::string> in_the_way;
  for (const TemplateFile& file : files) {
    fs::path place = target;
    for (auto part = file.path.begin(); part != file.path.end(); ++part) {
      place /= *part;
      const bool is_last = std::next(part) == file.path.end();
      if (!fs::exists(fs::symlink_status(place))) break;
      if (is_last || !fs::is_directory(place)) {
        in_the_way.push_back(place.lexically_relative(target).string());
        break;
      }
    }
  }
  in_the_way.erase(std::unique(in_the_way.begin(), in_the_way.end()), in_the_way.end());
  if (in_the_way.empty()) return;
  std::string problem = "These files of " + target.string() + " would be overwritten:\n";
  for (const std::string& path : in_the_way) problem += "\n- " + path;
  throw Error(problem).hint("Nothing was written. Move them away, or choose another folder.");
}

/// Moves the staged files to their places; puts nothing there when one cannot be moved.
void move_into_place(const fs::path& staged, const fs::path& target,
                     const std::vector<TemplateFile>& files) {
  std::vector<fs::path> made;  // in the order they were made, for undoing
  try {
    for (const TemplateFile& file : files) {
      fs::path folder = target;
      for (const fs::path& part : file.path.parent_path()) {
        folder /= part;
        if (fs::create_directory(folder)) made.push_back(folder);
      }
      fs::rename(staged / file.path, target / file.path);
      made.push_back(target / file.path);
    }
  } catch (const fs::filesystem_error&) {
    std::error_code ignored;
    for (auto path = made.rbegin(); path != made.rend(); ++path) fs::remove(*path, ignored);
    throw;
  }
}

}  // namespace

std::vector<std::string> template_names(const fs::path& templates) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(templates, ignored)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

CreatedProject create_project(const InitOptions& options) {
  CreatedProject project{project_worker_name(options), {}};
  check_template_exists(options);
  try {
    const std::vector<TemplateFile> files = read_template(options, project.name);
    check_nothing_in_the_way(options.target, files);
    const bool exists = fs::is_directory(options.target);
    const fs::path parent = exists ? options.target : options.target.parent_path();
    if (!exists) fs::create_directories(parent);
    const StagingFolder staging(parent);
    for (const TemplateFile& file : files) {
      const fs::path path = staging.path() / "new" / file.path;
      fs::create_directories(path.parent_path());
      write_file_atomically(path, file.content, file.executable ? 0755 : 0644);
      project.files.push_back(file.path.string());
    }
    if (exists) {
      move_into_place(staging.path() / "new", options.target, files);
    } else {
      fs::rename(staging.path() / "new", options.target);
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(error.code().message() + ": " + error.path1().string())
        .while_doing("creating " + options.target.string());
  }
  return project;
}

}  // namespace cwrangler::cli
