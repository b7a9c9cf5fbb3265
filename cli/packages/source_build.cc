#include "cli/packages/source_build.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/packages/uv_failure.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Every tool that would turn source into machine code fails; packages with an optional compiled
/// part then leave it out.
const Environment kNoCompiler = {
    {"CC", "/bin/false"},    {"CXX", "/bin/false"},      {"CPP", "/bin/false"},
    {"LD", "/bin/false"},    {"FC", "/bin/false"},       {"CARGO", "/bin/false"},
    {"RUSTC", "/bin/false"}, {"GOROOT", "/nonexistent"},
};

/// A folder that is removed with its owner.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& parent) {
    fs::create_directories(parent);
    std::string name = (parent / "build-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw system_error("creating a folder in " + parent.string());
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool is_native_name(const fs::path& file) {
  static constexpr std::array kExtensions{".so", ".pyd", ".dylib", ".dll", ".a", ".o"};
  const std::string extension = file.extension().string();
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end() ||
         file.filename().string().find(".so.") != std::string::npos;
}

bool is_elf(const fs::path& file) {
  std::array<char, 4> magic{};
  std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
  return magic == std::array<char, 4>{'\x7f', 'E', 'L', 'F'};
}

/// A wheel's tag names the machine it was built on even when nothing in it depends on it.
void mark_as_pure(const fs::path& tree) {
  for (const fs::directory_entry& entry : fs::directory_iterator(tree)) {
    if (entry.path().extension() != ".dist-info") continue;
    write_file_atomically(entry.path() / "WHEEL",
                          "Wheel-Version: 1.0\nGenerator: cwrangler\nRoot-Is-Purelib: true\n"
                          "Tag: py3-none-any\n");
    // What describes the machine of the build does not belong into the result.
    for (const char* file : {"direct_url.json", "uv_build.json", "uv_cache.json"}) {
      fs::remove(entry.path() / file);
    }
  }
  fs::remove(tree / ".lock");
}

/// Who runs a package's build.
struct Builder {
  std::string python;                              ///< as uv takes it: a path or a range
  std::map<std::string, std::string> environment;  ///< tells the build to leave its compiled part
};

/// Any Python of this machine that today's build backends run on.
constexpr const char* kHostPython = ">=3.9";

std::string cache_key(const LockedPackage& package) {
  const std::string digest = package.sdist_sha256.substr(0, 16);
  return package.name + "-" + package.version + (digest.empty() ? "" : "-" + digest);
}

}  // namespace

fs::path source_build_cache() {
  const fs::path cache = cache_directory();
  if (cache.empty()) {
    throw Error("there is no place for what is built: neither XDG_CACHE_HOME nor HOME is set");
  }
  return cache / "source-builds";
}

fs::path find_native_file(const fs::path& tree) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(tree)) {
    if (!entry.is_regular_file()) continue;
    if (is_native_name(entry.path()) || is_elf(entry.path())) return entry.path();
  }
  return {};
}

fs::path find_source_build(const LockedPackage& package) {
  const fs::path built = source_build_cache() / cache_key(package);
  if (package.sdist_sha256.empty() || !fs::is_directory(built)) return {};
  mark_used(built);
  return built;
}

namespace {

SourceBuild build_with(const Builder& builder, const UvProject& uv, const LockedPackage& package) {
  const fs::path cache = source_build_cache();
  const TemporaryFolder work(cache);
  const fs::path requirements = work.path() / "requirements.txt";
  std::string line = package.name + "==" + package.version;
  if (!package.sdist_sha256.empty()) line += " --hash=sha256:" + package.sdist_sha256;
  write_file_atomically(requirements, line + "\n");
  const fs::path tree = work.path() / "tree";
  // uv caches what it builds by platform alone: its own cache would give the version without the
  // compiled part to the user's other projects.
  std::vector<std::string> arguments = {"pip",        "install",     "--python",   builder.python,
                                        "--no-deps",  "--no-binary", package.name, "--target",
                                        tree,         "-r",          requirements, "--cache-dir",
                                        cache / "uv", "--link-mode", "copy"};
  const std::vector<std::string> indexes = uv.index_arguments(/*pyodide_index=*/false);
  arguments.insert(arguments.end(), indexes.begin(), indexes.end());
  if (uv.offline()) arguments.emplace_back("--offline");
  Environment environment = kNoCompiler;
  for (const auto& [name, value] : builder.environment) environment[name] = value;
  // In the project's folder, whose settings name the indexes.
  const CapturedRun run = uv.uv().run(arguments, uv.project(), environment);
  if (!run.status.success()) {
    const UvFailure failure = read_uv_failure(run.err);
    switch (failure.kind) {
      case UvFailure::Kind::network:
      case UvFailure::Kind::not_in_cache:
        return {{}, "its source cannot be downloaded: the package index cannot be reached"};
      case UvFailure::Kind::no_space:
        throw Error("the disk is full\n" + failure.detail)
            .while_doing("building " + package.name)
            .hint("Make room, then run `cwrangler sync` again.");
      case UvFailure::Kind::build_failed:
        return {{}, "its source cannot be built without a compiler"};
      default:
        return {{}, "its source cannot be built: " + failure.detail};
    }
  }
  if (const fs::path native = find_native_file(tree); !native.empty()) {
    return {{},
            "its source builds compiled code (" + native.lexically_relative(tree).string() + ")"};
  }
  mark_as_pure(tree);
  const fs::path built = cache / cache_key(package);
  std::error_code failed;
  fs::rename(tree, built, failed);
  // Another sync may have been faster; its result is the same.
  if (failed && !fs::is_directory(built)) {
    throw Error(failed.message()).while_doing("storing " + built.string());
  }
  return {built, {}};
}

}  // namespace

SourceBuild build_purely(const UvProject& uv, const LockedPackage& package) {
  if (fs::path earlier = find_source_build(package); !earlier.empty()) return {earlier, {}};
  std::vector<Builder> builders;
  const auto known = known_packages().pure.find(package.name);
  if (known != known_packages().pure.end()) {
    builders.push_back({kHostPython, known->second});
  } else if (uv.dependencies().settings.may_build(package.name)) {
    builders.push_back({kHostPython, {}});
  }
  builders.push_back({uv.interpreter(), {}});
  SourceBuild result;
  for (const Builder& builder : builders) {
    result = build_with(builder, uv, package);
    if (!result.tree.empty()) return result;
  }
  if (builders.size() == 1) {
    result.problem += " (`cwrangler sync --allow-build` tries it with this machine's Python)";
  }
  return result;
}

}  // namespace cwrangler::cli
