#include "cli/packages/explanation.h"

#include <algorithm>
#include <deque>
#include <map>
#include <sstream>

#include "base/files.h"
#include "cli/packages/uv_failure.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

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
                                                   "litestar",
                                                   "lxml",
                                                   "markdown",
                                                   "markupsafe",
                                                   "mcp",
                                                   "msgspec",
                                                   "numpy",
                                                   "openai",
                                                   "orjson",
                                                   "pandas",
                                                   "pillow",
                                                   "psycopg",
                                                   "pydantic",
                                                   "pydantic-core",
                                                   "pygments",
                                                   "pyjwt",
                                                   "pydantic-settings",
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

/// The names behind "# via" in a line of uv's; what it calls the project or a file is no name.
std::vector<std::string> parents_in(std::string_view line, bool& is_root) {
  constexpr std::string_view kVia = "# via ";
  std::vector<std::string> parents;
  const size_t via = line.find(kVia);
  if (via == std::string_view::npos) return parents;
  std::istringstream entries{std::string(line.substr(via + kVia.size()))};
  std::string entry;
  while (std::getline(entries, entry, ',')) {
    const size_t begin = entry.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    entry.erase(0, begin);
    if (entry.starts_with("-r ") || entry.starts_with("-c ") || entry.ends_with(")")) {
      is_root = true;
    } else {
      parents.push_back(normalized_package_name(entry));
    }
  }
  return parents;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
  return text;
}

/// "3.11.8" of a line "orjson==3.11.8"; empty when there is none.
std::string version_in(std::string_view compiled, std::string_view package) {
  std::istringstream lines{std::string(compiled)};
  std::string line;
  while (std::getline(lines, line)) {
    if (requirement_name(line) != package) continue;
    const size_t equal = line.find("==");
    if (equal == std::string::npos) return {};
    return line.substr(equal + 2, line.find_first_of(" ;", equal) - equal - 2);
  }
  return {};
}

/// The newest version with a wheel for a Python; empty when there is none.
std::string newest_wheel(UvProject& uv, std::string_view package, std::string_view python) {
  const CapturedRun run = uv.compile_only(std::string(package), python, {"--no-build"});
  return run.status.success() ? version_in(run.out, package) : "";
}

std::string indexes_tried(const UvProject& uv) {
  std::string text = "the package index";
  if (uv.pyodide_index().empty()) {
    text += " (not Pyodide's own: pyodide-index = false)";
  } else if (uv.pyodide_index_unreachable()) {
    text += "; " + uv.pyodide_index() + " cannot be reached";
  } else if (!uv.offline()) {
    text += " and " + uv.pyodide_index();
  }
  return text;
}

/// What would work, one sentence each.
std::vector<std::string> nearest_things(UvProject& uv, const LockedPackage& package) {
  std::vector<std::string> things;
  if (const std::string version = newest_wheel(uv, package.name, uv.python_version());
      !version.empty()) {
    things.push_back("Version " + version + " has a wheel: ask for " + package.name +
                     "==" + version + ".");
  }
  for (const auto& [python, target] : known_packages().pythons) {
    if (python == uv.python_version()) continue;
    const std::string version = newest_wheel(uv, package.name, python);
    if (version.empty()) continue;
    things.push_back("Python " + python + " has a wheel of version " + version +
                     ": the compatibility date chooses the Python, see `cwrangler sync --python`.");
  }
  const auto distribution = pyodide_distribution(uv.python_version());
  const auto distributed = distribution.find(package.name);
  if (distributed != distribution.end() && !uv.has_pyodide_index()) {
    things.push_back("Pyodide's own index has version " + distributed->second +
                     (uv.pyodide_index().empty()
                          ? ": take pyodide-index = false out of [tool.cwrangler]."
                          : ": try again when " + uv.pyodide_index() + " can be reached."));
  }
  const auto alternative = known_packages().alternatives.find(package.name);
  if (alternative != known_packages().alternatives.end()) {
    things.push_back("In its place: " + alternative->second + ".");
  }
  if (things.empty()) {
    things.emplace_back(
        "Use another package in its place, ask its authors for a wheel for Pyodide, or add an "
        "index that has one ([[tool.uv.index]]).");
  }
  return things;
}

Error explain(const UvFailure& failure, const std::string& source) {
  const std::string kept(kModulesKept);
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
    case Kind::certificate:
      return Error("the certificate of " + failure.address + " is not trusted\n" + failure.detail)
          .hint(
              "A proxy that looks into connections needs its certificate among the system's: set "
              "UV_SYSTEM_CERTS=1, or SSL_CERT_FILE to the file that has it. " +
              kept);
    case Kind::bad_hash:
      return Error("a file of " + (failure.package.empty() ? "a package" : failure.package) +
                   " is not the one that the lock names\n" + failure.detail)
          .hint(
              "The index or something on the way serves another file. If the index is right, "
              "delete pylock.toml to have the lock made anew. " +
              kept);
    case Kind::no_space:
      return Error("the disk is full\n" + failure.detail)
          .hint("Make room (`uv cache prune` frees some), then run `cwrangler sync` again. " +
                kept);
    case Kind::missing_source:
      return Error("a source that the project names is not there\n" + failure.detail)
          .hint("Sources are named in [tool.uv.sources], or by their path. " + kept);
    case Kind::no_version:
    case Kind::no_usable_wheel:
      return Error("no set of versions satisfies the requirements\n" + failure.detail)
          .hint("Loosen the version limits in " + source + ". " + kept);
    default:
      return Error("uv failed" + (failure.detail.empty() ? "" : "\n" + failure.detail))
          .hint("`cwrangler sync --verbose` shows all that uv said. " + kept);
  }
}

/// uv names the text that it cannot parse, not always the package: asked one by one.
std::string malformed_requirement(UvProject& uv) {
  for (const Requirement& requirement : uv.dependencies().requirements) {
    const CapturedRun run =
        uv.compile_only(requirement.text, uv.python_version(), {"--offline", "--quiet"});
    if (run.err.find("Couldn't parse requirement") != std::string::npos) return requirement.name;
  }
  return {};
}

}  // namespace

std::vector<std::string> requirement_chain(std::string_view annotated, std::string_view package) {
  struct Entry {
    std::vector<std::string> parents;
    bool is_root = false;
  };
  std::map<std::string, Entry, std::less<>> entries;
  std::istringstream lines{std::string(annotated)};
  std::string line;
  while (std::getline(lines, line)) {
    const std::string name = requirement_name(line);
    if (name.empty()) continue;
    Entry entry;
    entry.parents = parents_in(line, entry.is_root);
    entries[name] = std::move(entry);
  }
  // Breadth first, so that the chain is the shortest one and a cycle ends.
  std::map<std::string, std::string> child_of;
  std::deque<std::string> pending{std::string(package)};
  child_of[pending.front()] = "";
  while (!pending.empty()) {
    const std::string name = pending.front();
    pending.pop_front();
    const auto entry = entries.find(name);
    if (entry == entries.end()) continue;
    if (entry->second.is_root) {
      std::vector<std::string> chain;
      for (std::string at = name; !at.empty(); at = child_of[at]) chain.push_back(at);
      return chain;
    }
    for (const std::string& parent : entry->second.parents) {
      if (child_of.emplace(parent, name).second) pending.push_back(parent);
    }
  }
  return {std::string(package)};
}

Error explain_unsupported(UvProject& uv, const LockedPackage& package, const std::string& problem) {
  const CapturedRun annotated = uv.compile({"--annotation-style", "line"}, /*pyodide_index=*/false);
  const std::vector<std::string> chain = requirement_chain(annotated.out, package.name);
  std::string text = package.name + " " + package.version +
                     " cannot be installed: there is no wheel of it for Python " +
                     uv.python_version() + " on WebAssembly, and " + problem;
  if (chain.size() > 1) text += "\nRequired by: " + joined(chain, " → ");
  text += "\nLooked for in " + indexes_tried(uv);
  Error error(text);
  if (const SourcePosition position = uv.dependencies().position_of(chain.front());
      !position.file.empty()) {
    error.at(position);
  }
  return error.hint(joined(nearest_things(uv, package), "\n") + "\n" + std::string(kModulesKept));
}

void throw_failure(UvProject& uv, std::string_view standard_error) {
  UvFailure failure = read_uv_failure(standard_error);
  if (failure.kind == Kind::bad_requirement) failure.package = malformed_requirement(uv);
  const SourcePosition position = uv.dependencies().position_of(failure.package);
  auto placed = [&](auto error) {
    if (!failure.package.empty() && !position.file.empty()) error.at(position);
    return error;
  };
  if (failure.kind == Kind::network || failure.kind == Kind::not_in_cache) {
    std::string reason = "the network is not to be used";
    if (failure.kind == Kind::network || !uv.offline()) {
      reason = "the package index cannot be reached" +
               (failure.address.empty() ? "" : " (" + failure.address + ")");
    }
    IndexUnreachable error((failure.package.empty() ? "The packages" : failure.package) +
                           " cannot be downloaded: " + reason +
                           ", and uv's cache does not have it");
    error.hint(
        "Check the network connection and the proxy settings, then run `cwrangler sync` again. " +
        std::string(kModulesKept));
    throw placed(error);
  }
  throw placed(explain(failure, uv.dependencies().source.filename().string()));
}

}  // namespace cwrangler::cli
