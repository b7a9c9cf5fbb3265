#include "cli/packages/editor_settings.h"

#include <string_view>

#include "base/files.h"
#include "cli/packages/editor_links.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPyright = R"({
  "extraPaths": ["src", "typings", "python_modules", ".wrangler/sdk"],
  "exclude": ["python_modules", ".wrangler", "**/node_modules", "**/__pycache__", "**/.*"]
}
)";

// Packages are looked into for their types, and not complained about.
constexpr const char* kMypy = R"([mypy]
mypy_path = src:typings:.wrangler/types:.wrangler/sdk
exclude = ^(python_modules|\.wrangler)/
follow_imports = silent
follow_imports_for_stubs = True
explicit_package_bases = True
)";

/// Settings of a tool that a project has already.
struct OwnSettings {
  bool there = false;
  bool know_packages = false;  ///< they name the folder of packages
};

/// `sign`: what a shared file has in it when there are settings for the tool; `packages`: the
/// folder where the tool finds packages.
void look_into(const fs::path& file, std::string_view sign, std::string_view packages,
               OwnSettings& own) {
  if (!fs::is_regular_file(file)) return;
  const std::string text = read_file(file);
  if (text.find(sign) == std::string::npos) return;
  own.there = true;
  own.know_packages = own.know_packages || text.find(packages) != std::string::npos;
}

OwnSettings pyright_settings(const fs::path& project) {
  OwnSettings own;
  look_into(project / "pyrightconfig.json", "", "python_modules", own);
  // Also [tool.basedpyright].
  look_into(project / "pyproject.toml", "pyright]", "python_modules", own);
  return own;
}

OwnSettings mypy_settings(const fs::path& project) {
  OwnSettings own;
  look_into(project / "mypy.ini", "", kTypesFolder, own);
  look_into(project / ".mypy.ini", "", kTypesFolder, own);
  look_into(project / "setup.cfg", "[mypy]", kTypesFolder, own);
  look_into(project / "pyproject.toml", "[tool.mypy]", kTypesFolder, own);
  return own;
}

}  // namespace

EditorSettings write_editor_settings(const fs::path& project) {
  EditorSettings settings;
  if (const OwnSettings own = pyright_settings(project); !own.there) {
    write_file_atomically(project / "pyrightconfig.json", kPyright);
    settings.written.emplace_back("pyrightconfig.json");
  } else if (!own.know_packages) {
    settings.kept.emplace_back(
        "pyright has settings here: add \"python_modules\" and \".wrangler/sdk\" to extraPaths.");
  }
  if (const OwnSettings own = mypy_settings(project); !own.there) {
    write_file_atomically(project / "mypy.ini", kMypy);
    settings.written.emplace_back("mypy.ini");
  } else if (!own.know_packages) {
    settings.kept.emplace_back(
        "mypy has settings here: add .wrangler/types and .wrangler/sdk to mypy_path.");
  }
  update_editor_links(project);
  return settings;
}

}  // namespace cwrangler::cli
