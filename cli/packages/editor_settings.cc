#include "cli/packages/editor_settings.h"

#include <string_view>

#include "base/error.h"
#include "base/files.h"

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

/// Settings of a tool that a project has already.
struct OwnSettings {
  bool there = false;
  bool know_packages = false;  ///< they name python_modules
};

void look_into(const fs::path& file, std::string_view sign, OwnSettings& own) {
  if (!fs::is_regular_file(file)) return;
  const std::string text = read_file(file);
  if (text.find(sign) == std::string::npos) return;
  own.there = true;
  own.know_packages = own.know_packages || text.find("python_modules") != std::string::npos;
}

OwnSettings pyright_settings(const fs::path& project) {
  OwnSettings own;
  look_into(project / "pyrightconfig.json", "", own);
  look_into(project / "pyproject.toml", "pyright]", own);  // also [tool.basedpyright]
  return own;
}

OwnSettings mypy_settings(const fs::path& project) {
  OwnSettings own;
  look_into(project / "mypy.ini", "", own);
  look_into(project / ".mypy.ini", "", own);
  look_into(project / "setup.cfg", "[mypy]", own);
  look_into(project / "pyproject.toml", "[tool.mypy]", own);
  return own;
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
        "mypy has settings here: add python_modules and .wrangler/sdk to mypy_path.");
  }
  return settings;
}

}  // namespace cwrangler::cli
