// Templates from elsewhere: a folder on this machine, or a folder of a git repository.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cwrangler::cli {

/// A folder of a git repository.
struct GitSource {
  std::string url;
  std::string reference;         ///< a branch or tag; empty: the repository's own choice
  std::filesystem::path folder;  ///< relative, without ".."; empty: the whole
};

/// Reads `git+URL[@REFERENCE][#subdirectory=FOLDER]` (as pip and uv write it), `https://….git`,
/// `git@HOST:PATH`, and the address of a folder as GitHub and GitLab show it
/// (`https://HOST/OWNER/NAME/tree/BRANCH/FOLDER`, `…/-/tree/…`). Nothing for what is none of these.
/// Throws Error (usage) for a folder that leads out of the repository.
std::optional<GitSource> parse_git_source(std::string_view text);

/// A template's folder for as long as this lives: one of this machine, or a clone that is removed
/// at the end.
class TemplateSource {
 public:
  /// `text`: what --template says; relative paths start at `directory`. Throws Error when git is
  /// missing or fails, or the folder is not in the repository.
  TemplateSource(const std::string& text, const std::filesystem::path& directory);
  TemplateSource(const TemplateSource&) = delete;
  TemplateSource& operator=(const TemplateSource&) = delete;
  ~TemplateSource();

  const std::filesystem::path& folder() const { return folder_; }

 private:
  void clone(const GitSource& source);

  std::filesystem::path folder_;
  std::filesystem::path scratch_;  ///< removed at the end; empty: nothing
};

/// Whether --template means a place rather than one of the templates by name.
bool is_template_source(std::string_view text);

}  // namespace cwrangler::cli
