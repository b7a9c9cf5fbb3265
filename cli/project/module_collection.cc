#include "cli/project/module_collection.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "cli/packages/sync_state.h"
#include "cli/project/module_rules.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPythonModules = "python_modules";

/// Folders that hold tools' work, never modules.
bool is_skipped_folder(std::string_view name) {
  return name == ".wrangler" || name == ".git" || name == "node_modules" || name == "__pycache__" ||
         name.starts_with(".venv");
}

/// Walks a folder tree. readdir's file types make one system call for many files, where
/// std::filesystem's iterator makes a path object for each: python_modules has thousands.
class TreeWalk {
 public:
  TreeWalk(std::string root, std::vector<std::string>& warnings)
      : root_(std::move(root)), warnings_(warnings) {}

  /// Calls `on_file(name)` for each regular file, or link to one, with its '/'-separated name
  /// relative to the root, and `enter(name)` for each folder; false from it leaves the folder out.
  /// Links to folders are not followed, so the walk ends.
  template <typename OnFile, typename Enter>
  void run(const OnFile& on_file, const Enter& enter) {
    std::vector<std::string> pending{""};
    while (!pending.empty()) {
      const std::string folder = std::move(pending.back());
      pending.pop_back();
      const std::string path = folder.empty() ? root_ : root_ + "/" + folder;
      const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
      if (!directory) throw system_error("reading the folder " + path);
      while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        std::string relative = folder.empty() ? std::string(name) : folder + "/" + entry->d_name;
        if (first_invalid_utf8(name) != std::string_view::npos) {
          warnings_.push_back("A file in " + path +
                              " was left out: its name is not UTF-8, and a module's name must be.");
          continue;
        }
        const unsigned char type = type_of(directory.get(), *entry);
        if (type == DT_REG) {
          on_file(std::move(relative));
        } else if (type == DT_DIR && enter(relative)) {
          pending.push_back(std::move(relative));
        }
      }
    }
  }

 private:
  /// The entry's type, a link's target's type; a link to a folder counts as neither.
  static unsigned char type_of(DIR* directory, const dirent& entry) {
    if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat status {};
    if (::fstatat(::dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return DT_UNKNOWN;
    }
    const bool is_link = S_ISLNK(status.st_mode);
    if (is_link && ::fstatat(::dirfd(directory), entry.d_name, &status, 0) != 0) return DT_UNKNOWN;
    if (S_ISREG(status.st_mode)) return DT_REG;
    return S_ISDIR(status.st_mode) && !is_link ? DT_DIR : DT_UNKNOWN;
  }

  const std::string root_;
  std::vector<std::string>& warnings_;
};

class Collector {
 public:
  explicit Collector(const Config& config) : config_(config) {}

  ModuleCollection collect() {
    const fs::path& main = config_.main.value;
    result_.module_root =
        config_.base_directory.empty() ? main.parent_path() : config_.base_directory;
    // "src/" and "src" are the same root.
    if (!result_.module_root.has_filename()) {
      result_.module_root = result_.module_root.parent_path();
    }
    result_.main_module = main.filename().string();
    check_no_python_modules_in_root();
    collect_module_root();
    collect_python_modules();
    check_clashes();
    std::sort(result_.modules.begin(), result_.modules.end(),
              [](const Module& a, const Module& b) { return a.name < b.name; });
    result_.modules.insert(result_.modules.begin(),
                           {result_.main_module, ModuleType::python, main.string()});
    return std::move(result_);
  }

 private:
  bool root_is_project_root() const { return result_.module_root == config_.directory; }

  void check_no_python_modules_in_root() const {
    const fs::path folder = result_.module_root / kPythonModules;
    if (root_is_project_root() || !fs::is_directory(folder)) return;
    throw Error(
        "The 'python_modules' directory cannot exist in your module root. Delete it to continue.")
        .at({folder.string(), 0, 0})
        .hint("Vendored packages are read from " + (config_.directory / kPythonModules).string() +
              ", beside the configuration file; `cwrangler sync` puts them there.");
  }

  void collect_module_root() {
    const ModuleRules rules(config_, result_.warnings);
    const std::string root = result_.module_root.string();
    const std::string main_path = config_.main.value.lexically_relative(root).generic_string();
    const std::string config_path = config_.path.lexically_relative(root).generic_string();
    result_.folders.push_back(result_.module_root);
    TreeWalk(root, result_.warnings)
        .run(
            [&](std::string name) {
              if (name == "cf-requirements.txt") warn_of_cf_requirements();
              if (name == main_path || name == config_path) return;
              if (const auto type = rules.type_of(name)) add(root, std::move(name), *type);
            },
            [&](const std::string& folder) {
              const bool is_vendor_folder = root_is_project_root() && folder == kPythonModules;
              if (is_vendor_folder || is_skipped_folder(last_segment(folder))) return false;
              result_.folders.push_back(result_.module_root / folder);
              return true;
            });
  }

  void collect_python_modules() {
    const fs::path folder = config_.directory / kPythonModules;
    if (!fs::is_directory(folder)) return;
    result_.folders.push_back(folder);
    const std::vector<Glob> excluded(config_.python_modules_exclude.begin(),
                                     config_.python_modules_exclude.end());
    TreeWalk(folder.string(), result_.warnings)
        .run(
            [&](std::string name) {
              if (name == kSyncStateFile) return;  // of this machine, and no part of the Worker
              for (const Glob& glob : excluded) {
                if (glob.matches(name)) return;
              }
              const ModuleType type = is_sdk_javascript(name) ? ModuleType::esm : ModuleType::data;
              add_vendored(folder.string(), std::move(name), type);
            },
            [](const std::string&) { return true; });
  }

  /// The JavaScript half of the workers SDK, the only vendored files that are not data.
  static bool is_sdk_javascript(std::string_view name) {
    return name.starts_with("workers/") && (name.ends_with(".js") || name.ends_with(".mjs"));
  }

  static std::string_view last_segment(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
  }

  void add(const std::string& root, std::string name, ModuleType type) {
    // The entry point is uploaded under its bare name, wherever it is below base_dir.
    if (name == result_.main_module) {
      result_.warnings.push_back("Ignoring duplicate module: " + name +
                                 "\nIt has the name of the entry point " +
                                 config_.main.value.string() + ".");
      return;
    }
    std::string path = root + "/" + name;
    result_.modules.push_back({std::move(name), type, std::move(path)});
  }

  void add_vendored(const std::string& root, std::string name, ModuleType type) {
    std::string path = root + "/" + name;
    result_.modules.push_back({std::string(kPythonModules) + "/" + name, type, std::move(path)});
  }

  /// python_modules stands before the Worker's own folder on sys.path: a package called like the
  /// entry point would be imported in its place.
  void check_clashes() const {
    const std::string stem = fs::path(result_.main_module).stem().string();
    const std::string prefix = std::string(kPythonModules) + "/" + stem;
    const std::set<std::string> clashing{prefix + ".py", prefix + "/__init__.py", prefix + ".so"};
    for (const Module& module : result_.modules) {
      if (!clashing.contains(module.name)) continue;
      throw Error("Python module " + module.name + " clashes with main module")
          .hint("Rename " + result_.main_module + ", in \"main\" too, or remove the package \"" +
                stem + "\".");
    }
  }

  void warn_of_cf_requirements() {
    result_.warnings.push_back(
        "Found a `cf-requirements.txt` file. cf-requirements.txt is no longer used, instead put "
        "your dependencies in pyproject.toml and use `cwrangler sync`.");
  }

  const Config& config_;
  ModuleCollection result_;
};

}  // namespace

ModuleCollection collect_modules(const Config& config) {
  return Collector(config).collect();
}

}  // namespace cwrangler::cli
