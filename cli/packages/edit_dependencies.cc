#include "cli/packages/edit_dependencies.h"

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/uv_failure.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

void check_requirements(const std::vector<std::string>& requirements) {
  for (const std::string& requirement : requirements) {
    if (!requirement_name(requirement).empty()) continue;
    throw Error("not a requirement: " + requirement)
        .exit_with(ExitCode::usage)
        .hint("A requirement is a name and, if needed, versions: \"httpx>=0.28,<1\".");
  }
}

void run_edit(const Uv& uv, const fs::path& file, std::vector<std::string> arguments,
              const std::string& python_version) {
  // The list only; resolving and installing are done for the Worker's platform, afterwards.
  arguments.insert(arguments.begin() + 1,
                   {"--frozen", "--quiet", "--python", worker_interpreter(python_version)});
  const CapturedRun run = uv.run(std::move(arguments), file.parent_path());
  if (run.status.success()) return;
  const UvFailure failure = read_uv_failure(run.err);
  throw Error(failure.detail.empty() ? run.err : failure.detail)
      .while_doing("editing " + file.filename().string());
}

}  // namespace

EditedFile::EditedFile(fs::path path) : path_(std::move(path)), existed_(fs::exists(path_)) {
  if (existed_) content_ = read_file(path_);
}

EditedFile::~EditedFile() {
  if (keep_) return;
  try {
    if (existed_) {
      if (read_file(path_) != content_) write_file_atomically(path_, content_);
    } else {
      fs::remove(path_);
    }
  } catch (const std::exception&) {
    // The error that led here is the one to be told.
  }
}

fs::path dependencies_file(const fs::path& project, const Dependencies& dependencies) {
  if (!dependencies.empty()) return dependencies.source;
  const fs::path pyproject = project / "pyproject.toml";
  const fs::path requirements = project / "requirements.txt";
  return !fs::exists(pyproject) && fs::exists(requirements) ? requirements : pyproject;
}

std::string without_requirements(const std::string& text, const std::vector<std::string>& names) {
  std::istringstream lines(text);
  std::string kept;
  std::string line;
  while (std::getline(lines, line)) {
    const bool drop = std::find(names.begin(), names.end(), requirement_name(line)) != names.end();
    // What a backslash joins to the line goes with it.
    for (std::string more; drop && line.ends_with('\\') && std::getline(lines, more);) line = more;
    if (!drop) kept += line + "\n";
  }
  return kept;
}

std::string with_requirements(const std::string& text,
                              const std::vector<std::string>& requirements) {
  std::string result = text;
  for (const std::string& requirement : requirements) {
    const std::string name = requirement_name(requirement);
    std::istringstream lines(result);
    std::string changed;
    std::string line;
    bool replaced = false;
    while (std::getline(lines, line)) {
      const bool same = requirement_name(line) == name;
      if (same && replaced) continue;
      changed += (same ? requirement : line) + "\n";
      replaced = replaced || same;
    }
    result = replaced ? changed : changed + requirement + "\n";
  }
  return result;
}

void add_dependencies(const Uv& uv, const fs::path& file, const std::string& name,
                      const std::string& python_version,
                      const std::vector<std::string>& requirements) {
  check_requirements(requirements);
  if (file.filename() == "requirements.txt") {
    write_file_atomically(file, with_requirements(read_file(file), requirements));
    return;
  }
  if (!fs::exists(file)) {
    write_file_atomically(file, "[project]\nname = \"" + (name.empty() ? "worker" : name) +
                                    "\"\nversion = \"0.1.0\"\nrequires-python = \">=" +
                                    python_version + "\"\ndependencies = []\n");
  }
  std::vector<std::string> arguments = {"add"};
  arguments.insert(arguments.end(), requirements.begin(), requirements.end());
  run_edit(uv, file, std::move(arguments), python_version);
}

void remove_dependencies(const Uv& uv, const fs::path& file, const Dependencies& dependencies,
                         const std::string& python_version, const std::vector<std::string>& names) {
  std::vector<std::string> there;
  for (const Requirement& requirement : dependencies.requirements) {
    there.push_back(requirement.name);
  }
  std::vector<std::string> normalized;
  for (const std::string& name : names) {
    normalized.push_back(normalized_package_name(name));
    if (std::find(there.begin(), there.end(), normalized.back()) != there.end()) continue;
    const std::string nearest = nearest_word(normalized.back(), there);
    throw Error(file.filename().string() + " does not ask for " + name)
        .hint(nearest.empty() ? "`cwrangler tree` shows what does."
                              : "Did you mean \"" + nearest + "\"?");
  }
  if (file.filename() == "requirements.txt") {
    write_file_atomically(file, without_requirements(read_file(file), normalized));
    return;
  }
  std::vector<std::string> arguments = {"remove"};
  arguments.insert(arguments.end(), normalized.begin(), normalized.end());
  run_edit(uv, file, std::move(arguments), python_version);
}

}  // namespace cwrangler::cli
