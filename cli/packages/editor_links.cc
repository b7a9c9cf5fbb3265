#include "cli/packages/editor_links.h"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "base/files.h"
#include "cli/config/json_schema.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Where pyright and mypy look for settings.
constexpr std::array kSettingsFiles{"pyproject.toml", "pyrightconfig.json", "mypy.ini", ".mypy.ini",
                                    "setup.cfg"};

/// Of CORE_BUILTIN_MODULES in mypy's build.py, those that packages bring.
constexpr std::array<std::string_view, 2> kModulesOfMypy{"typing_extensions", "mypy_extensions"};

/// Where `$schema` may be.
constexpr std::array kConfigFiles{"wrangler.json", "wrangler.jsonc", "wrangler.toml"};

bool is_named(const fs::path& project, std::string_view what, std::span<const char* const> files) {
  return std::any_of(files.begin(), files.end(), [&](const char* name) {
    const fs::path file = project / name;
    return fs::is_regular_file(file) && read_file(file).find(what) != std::string::npos;
  });
}

/// A module, or a folder that may be a package; metadata and hidden files are neither.
bool is_module(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  const std::string stem = entry.path().stem().string();
  if (std::find(kModulesOfMypy.begin(), kModulesOfMypy.end(), stem) != kModulesOfMypy.end()) {
    return false;
  }
  if (entry.is_directory()) return name.find('.') == std::string::npos;
  return name.ends_with(".py") || name.ends_with(".pyi");
}

/// Whatever was at `link`, a link to `target` is there afterwards.
void make_link(const fs::path& target, const fs::path& link) {
  std::error_code failed;
  if (fs::read_symlink(link, failed) == target) return;
  fs::create_directories(link.parent_path(), failed);
  fs::remove(link, failed);
  fs::create_symlink(target, link, failed);
}

void link_modules(const fs::path& project) {
  const fs::path modules = project / "python_modules";
  const fs::path folder = project / kTypesFolder;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(modules, failed)) {
    const fs::path name = entry.path().filename();
    if (is_module(entry)) make_link(fs::path("../../python_modules") / name, folder / name);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    if (entry.is_symlink() && !fs::exists(entry.path())) fs::remove(entry.path(), failed);
  }
}

}  // namespace

void update_editor_links(const fs::path& project) noexcept {
  try {
    if (is_named(project, kSdkLink, kSettingsFiles)) {
      make_link(share_directory() / "sdk", project / kSdkLink);
    }
    if (is_named(project, kTypesFolder, kSettingsFiles)) link_modules(project);
    if (is_named(project, kSchemaLink, kConfigFiles)) {
      make_link(share_directory() / kSchemaFile, project / kSchemaLink);
    }
  } catch (const std::exception&) {
    // As the header says.
  }
}

}  // namespace cwrangler::cli
