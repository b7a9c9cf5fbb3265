#include "cli/project/pylock.h"

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/config/toml.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

toml::table parse(const fs::path& file) {
  try {
    return parse_toml(read_file(file), file.filename());
  } catch (Error& error) {
    error.hint("Delete " + file.filename().string() +
               " to have it made anew from the project's dependencies.");
    throw;
  }
}

}  // namespace

std::vector<LockedPackage> read_pylock(const fs::path& file) {
  const toml::table document = parse(file);
  std::vector<LockedPackage> packages;
  const toml::array* entries = document["packages"].as_array();
  if (entries == nullptr) return packages;
  for (const toml::node& node : *entries) {
    const toml::table* entry = node.as_table();
    if (entry == nullptr) continue;
    const toml::array* wheels = (*entry)["wheels"].as_array();
    const std::string archive = (*entry)["archive"]["path"].value_or(std::string()) +
                                (*entry)["archive"]["url"].value_or(std::string());
    packages.push_back({
        .name = (*entry)["name"].value_or(std::string()),
        .version = (*entry)["version"].value_or(std::string()),
        .has_wheel = (wheels != nullptr && !wheels->empty()) || archive.ends_with(".whl"),
        .is_local =
            entry->contains("directory") || entry->contains("vcs") || entry->contains("archive"),
        .sdist_sha256 = (*entry)["sdist"]["hashes"]["sha256"].value_or(std::string()),
    });
  }
  return packages;
}

std::string pylock_without(const fs::path& file, const std::vector<std::string>& packages) {
  toml::table document = parse(file);
  if (toml::array* entries = document["packages"].as_array()) {
    toml::array kept;
    for (toml::node& node : *entries) {
      const toml::table* entry = node.as_table();
      const std::string name =
          entry == nullptr ? std::string() : (*entry)["name"].value_or(std::string());
      if (std::find(packages.begin(), packages.end(), name) == packages.end()) kept.push_back(node);
    }
    document.insert_or_assign("packages", std::move(kept));
  }
  std::ostringstream text;
  text << document << '\n';
  return text.str();
}

}  // namespace cwrangler::cli
