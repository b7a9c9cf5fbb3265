#include "cli/project/resolution.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "base/files.h"
#include "cli/project/source_build.h"
#include "cli/project/uv_failure.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using Kind = UvFailure::Kind;

/// What people type wrong most is what they use most.
const std::vector<std::string> kPopularPackages = {"aiohttp",
                                                   "anyio",
                                                   "attrs",
                                                   "beautifulsoup4",
                                                   "boto3",
                                                   "cryptography",
                                                   "django",
                                                   "fastapi",
                                                   "flask",
                                                   "httpx",
                                                   "jinja2",
                                                   "langchain",
                                                   "lxml",
                                                   "markdown",
                                                   "markupsafe",
                                                   "msgspec",
                                                   "numpy",
                                                   "openai",
                                                   "orjson",
                                                   "pandas",
                                                   "pillow",
                                                   "psycopg",
                                                   "pydantic",
                                                   "pydantic-core",
                                                   "pyjwt",
                                                   "pytest",
                                                   "python-dateutil",
                                                   "python-multipart",
                                                   "pyyaml",
                                                   "requests",
                                                   "rich",
                                                   "scikit-learn",
                                                   "scipy",
                                                   "sqlalchemy",
                                                   "starlette",
                                                   "tiktoken",
                                                   "typing-extensions",
                                                   "urllib3",
                                                   "uvicorn",
                                                   "werkzeug",
                                                   "workers-runtime-sdk"};

constexpr std::string_view kKept = "What python_modules holds was left as it is.";

bool has_source_package(const fs::path& lock) {
  if (!fs::is_regular_file(lock)) return false;
  const std::vector<LockedPackage> packages = read_pylock(lock);
  return std::any_of(packages.begin(), packages.end(), [](const LockedPackage& package) {
    return !package.has_wheel && !package.is_local;
  });
}

/// The Error for every failure but the network's.
Error explain(const UvFailure& failure, const std::string& source) {
  const std::string kept(kKept);
  switch (failure.kind) {
    case Kind::unknown_package: {
      const std::string nearest = nearest_word(failure.package, kPopularPackages);
      const std::string advice = nearest.empty() ? "Check its spelling in " + source + "."
                                                 : "Did you mean \"" + nearest + "\"?";
      return Error(failure.package + " was not found in the package index")
          .hint(advice + " " + kept);
    }
    case Kind::bad_requirement:
      return Error("a requirement cannot be understood")
          .hint("A requirement is a name and, if needed, versions: \"httpx>=0.28,<1\".");
    case Kind::build_failed:
      return Error(failure.package + " has no wheel, and its source cannot be built")
          .hint("Use another package in its place. `cwrangler sync --verbose` shows the build. " +
                kept);
    case Kind::no_version:
    case Kind::no_usable_wheel:
      return Error("no set of versions satisfies the requirements\n" + failure.detail)
          .hint("Loosen the version limits in " + source + ". " + kept);
    default:
      return Error("uv failed" + (failure.detail.empty() ? "" : "\n" + failure.detail))
          .hint("`cwrangler sync --verbose` shows all that uv said. " + kept);
  }
}

}  // namespace

Resolution::Resolution(const Uv& uv, const Dependencies& dependencies, fs::path project,
                       fs::path staging, std::string python_version, Terminal& terminal)
    : uv_(uv),
      dependencies_(dependencies),
      project_(std::move(project)),
      staging_(std::move(staging)),
      python_version_(std::move(python_version)),
      interpreter_(worker_interpreter(python_version_)),
      terminal_(terminal) {
  write_file_atomically(staging_ / "sdk.in", std::string(kRuntimeSdk) + "\n");
}

std::vector<std::string> Resolution::compile_arguments() const {
  return {"pip",      "compile",    dependencies_.source, staging_ / "sdk.in",
          "--python", interpreter_, "--no-header"};
}

CapturedRun Resolution::run_or_offline(std::vector<std::string> arguments) {
  if (!offline_) {
    CapturedRun run = uv_.run(arguments, project_);
    if (run.status.success() || read_uv_failure(run.err).kind != Kind::network) return run;
    offline_ = true;
    arguments.emplace_back("--offline");
    const CapturedRun cached = uv_.run(arguments, project_);
    // "Not in the cache" is the consequence; that the network is gone is what the user must know.
    if (!cached.status.success()) return run;
    terminal_.print_warning(
        "The package index cannot be reached; using the packages in uv's cache.\n"
        "Versions may be older than the newest.");
    return cached;
  }
  arguments.emplace_back("--offline");
  return uv_.run(arguments, project_);
}

void Resolution::resolve(const fs::path& lock) {
  std::vector<std::string> arguments = compile_arguments();
  arguments.insert(arguments.end(), {"--format", "pylock.toml", "-o", lock.string()});
  std::vector<std::string> wheels_only = arguments;
  wheels_only.emplace_back("--no-build");
  // A lock with a source package says that wheels alone do not suffice: finding that out again
  // means looking through every version there is.
  if (!has_source_package(lock)) {
    const CapturedRun run = run_or_offline(wheels_only);
    if (run.status.success()) return;
    if (read_uv_failure(run.err).kind != Kind::no_usable_wheel) fail(run.err);
  }
  const CapturedRun run = run_or_offline(arguments);
  if (!run.status.success()) fail(run.err);
}

void Resolution::install(const fs::path& lock, const fs::path& target) {
  fs::create_directories(target);
  // A wheel for WebAssembly, a pure wheel or a local source is uv's to install; the rest is built.
  std::vector<std::string> arguments = {"pip",      "install",     "--python",  interpreter_,
                                        "--target", target,        "--no-deps", "--only-binary",
                                        ":all:",    "--link-mode", "copy"};
  std::vector<std::string> built;
  for (const LockedPackage& package : read_pylock(lock)) {
    if (package.is_local && !package.has_wheel) {
      // uv caches builds of a local source by its path, and would miss an edit in it.
      arguments.insert(arguments.end(),
                       {"--no-binary", package.name, "--refresh-package", package.name});
    } else if (!package.has_wheel) {
      if (find_source_build(package).empty()) {
        terminal_.print("Building " + package.name + " " + package.version +
                        " from its source: there is no wheel of it for Python " + python_version_ +
                        " on WebAssembly");
      }
      const SourceBuild build = build_purely(uv_, package, offline_);
      if (build.tree.empty()) throw cannot_install(package, build.problem);
      fs::copy(build.tree, target,
               fs::copy_options::recursive | fs::copy_options::overwrite_existing);
      built.push_back(package.name);
    }
  }
  fs::path installed_lock = lock;
  if (!built.empty()) {
    // Beside the lock, so that its relative paths keep their meaning.
    installed_lock = lock.parent_path() / "pylock.cwrangler-wheels.toml";
    write_file_atomically(installed_lock, pylock_without(lock, built));
  }
  arguments.insert(arguments.end(), {"-r", installed_lock, "--preview-features", "pylock"});
  const CapturedRun run = run_or_offline(arguments);
  std::error_code ignored;
  if (!built.empty()) fs::remove(installed_lock, ignored);
  if (!run.status.success()) fail(run.err);
}

std::string Resolution::required_by(std::string_view package) const {
  std::vector<std::string> arguments = compile_arguments();
  arguments.insert(arguments.end(), {"--annotation-style", "line", "--offline"});
  std::istringstream lines(uv_.run(arguments, project_).out);
  std::string line;
  while (std::getline(lines, line)) {
    if (requirement_name(line) != package) continue;
    const size_t via = line.find("# via ");
    if (via == std::string::npos) return {};
    std::string names = line.substr(via + 6);
    // uv names the project as "my-worker (pyproject.toml)", a requirements file as "-r FILE".
    return names.find("-r ") == 0 || names.ends_with(")") ? "" : names;
  }
  return {};
}

Error Resolution::cannot_install(const LockedPackage& package, const std::string& problem) const {
  const std::string parents = required_by(package.name);
  Error error(package.name + " " + package.version +
              (parents.empty() ? "" : " (required by " + parents + ")") +
              " cannot be installed: there is no wheel of it for Python " + python_version_ +
              " on WebAssembly, and " + problem);
  if (const SourcePosition position = dependencies_.position_of(package.name);
      !position.file.empty()) {
    error.at(position);
  }
  return error.hint(
      "Use another package in its place, ask its authors for a Pyodide wheel, or add an index that "
      "has one ([[tool.uv.index]] in pyproject.toml). `cwrangler sync --verbose` shows the "
      "build. " +
      std::string(kKept));
}

std::string Resolution::malformed_requirement() const {
  for (const Requirement& requirement : dependencies_.requirements) {
    const fs::path file = staging_ / "requirement.in";
    write_file_atomically(file, requirement.text + "\n");
    const CapturedRun run = uv_.run(
        {"pip", "compile", file, "--python", interpreter_, "--no-deps", "--offline", "--quiet"},
        staging_);
    if (run.err.find("Couldn't parse requirement") != std::string::npos) return requirement.name;
  }
  return {};
}

void Resolution::fail(std::string_view standard_error) const {
  UvFailure failure = read_uv_failure(standard_error);
  if (failure.kind == Kind::bad_requirement) failure.package = malformed_requirement();
  const SourcePosition position = dependencies_.position_of(failure.package);
  auto placed = [&](auto error) {
    if (!failure.package.empty() && !position.file.empty()) error.at(position);
    return error;
  };
  if (failure.kind == Kind::network || failure.kind == Kind::not_in_cache) {
    IndexUnreachable error((failure.package.empty() ? "The packages" : failure.package) +
                           " cannot be downloaded: the package index cannot be reached, and uv's "
                           "cache does not have it");
    error.hint(
        "Check the network connection and the proxy settings, then run `cwrangler sync` again. " +
        std::string(kKept));
    throw placed(error);
  }
  throw placed(explain(failure, dependencies_.source.filename().string()));
}

}  // namespace cwrangler::cli
