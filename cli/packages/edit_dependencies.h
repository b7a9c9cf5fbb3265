// `add` and `remove`: the user's own list of dependencies with an entry more or less. Comments and
// layout stay; pyproject.toml is edited by uv, requirements.txt here.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/packages/dependencies.h"
#include "cli/packages/uv.h"

namespace cwrangler::cli {

/// A file of the user's that is put back as it was unless the edit is kept.
class EditedFile {
 public:
  /// `path` need not exist; it is removed again then.
  explicit EditedFile(std::filesystem::path path);
  EditedFile(const EditedFile&) = delete;
  EditedFile& operator=(const EditedFile&) = delete;
  ~EditedFile();

  void keep() { keep_ = true; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool existed_ = false;
  bool keep_ = false;
  std::string content_;
};

/// The file where dependencies of the project are to be written: the one that has them, else
/// pyproject.toml, unless there is only a requirements.txt.
std::filesystem::path dependencies_file(const std::filesystem::path& project,
                                        const Dependencies& dependencies);

/// Adds `requirements` ("httpx>=0.28") to `file`, in place of entries of the same name. A
/// pyproject.toml is created for a project called `name` when there is none. Throws Error for text
/// that is no requirement.
void add_dependencies(const Uv& uv, const std::filesystem::path& file, const std::string& name,
                      const std::string& python_version,
                      const std::vector<std::string>& requirements);

/// Takes `names` out. Throws Error for one that is not there, with the nearest that is.
void remove_dependencies(const Uv& uv, const std::filesystem::path& file,
                         const Dependencies& dependencies, const std::string& python_version,
                         const std::vector<std::string>& names);

/// requirements.txt `text` with the entries of those names replaced by, or else followed by, the
/// given lines.
std::string with_requirements(const std::string& text,
                              const std::vector<std::string>& requirements);

/// requirements.txt `text` without the entries of those normalised names.
std::string without_requirements(const std::string& text, const std::vector<std::string>& names);

}  // namespace cwrangler::cli
