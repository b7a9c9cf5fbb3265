#include "cli/packages/editor_settings.h"

#include "base/error.h"
#include "base/files.h"
#include "cli/config/toml.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Where `workers` is found in a project that has no packages.
constexpr const char* kSdkLink = ".wrangler/sdk";

constexpr const char* kPyright = R"({
  "extraPaths": ["python_modules", ".wrangler/sdk"],
  "exclude": ["python_modules", ".wrangler", "**/node_modules", "**/__pycache__", "**/.*"]
}
)";

// Packages are looked into for their types, and not complained about.
constexpr const char* kMypy = R"([mypy]
mypy_path = python_modules:.wrangler/sdk
exclude = ^(python_modules|\.wrangler)/
follow_imports = silent
explicit_package_bases = True
)";

bool has_tool_table(const fs::path& project, const char* tool) {
  const fs::path pyproject = project / "pyproject.toml";
  if (!fs::is_regular_file(pyproject)) return false;
  const toml::table document = parse_toml(read_file(pyproject), pyproject.filename());
  return static_cast<bool>(document["tool"][tool]);
}

bool setup_cfg_has_mypy(const fs::path& project) {
  const fs::path file = project / "setup.cfg";
  return fs::is_regular_file(file) && read_file(file).find("[mypy]") != std::string::npos;
}

void link_sdk(const fs::path& project) {
  const fs::path link = project / kSdkLink;
  fs::create_directories(link.parent_path());
  std::error_code ignored;
  fs::remove(link, ignored);
  std::error_code failed;
  fs::create_directory_symlink(share_directory() / "sdk", link, failed);
  if (failed) throw Error(failed.message()).while_doing("making " + link.string());
}

}  // namespace

EditorSettings write_editor_settings(const fs::path& project) {
  EditorSettings settings;
  link_sdk(project);
  if (fs::exists(project / "pyrightconfig.json") || has_tool_table(project, "pyright") ||
      has_tool_table(project, "basedpyright")) {
    settings.kept.emplace_back(
        "pyright has settings here: add \"python_modules\" and \".wrangler/sdk\" to extraPaths.");
  } else {
    write_file_atomically(project / "pyrightconfig.json", kPyright);
    settings.written.emplace_back("pyrightconfig.json");
  }
  if (fs::exists(project / "mypy.ini") || fs::exists(project / ".mypy.ini") ||
      has_tool_table(project, "mypy") || setup_cfg_has_mypy(project)) {
    settings.kept.emplace_back(
        "mypy has settings here: add python_modules and .wrangler/sdk to mypy_path.");
  } else {
    write_file_atomically(project / "mypy.ini", kMypy);
    settings.written.emplace_back("mypy.ini");
  }
  return settings;
}

}  // namespace cwrangler::cli
