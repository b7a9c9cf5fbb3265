#include "cli/packages/pylock.h"

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

/// Whether `key = ` is next in `text`, and a value without a comma in it.
bool is_remark(std::string_view text) {
  return text.starts_with("size = ") || text.starts_with("upload-time = ");
}

}  // namespace

std::string without_remarks(std::string_view lock) {
  std::string text;
  while (!lock.empty()) {
    const size_t end = std::min(lock.find_first_of(",{}\n"), lock.size() - 1) + 1;
    const std::string_view part = lock.substr(0, end);
    const size_t begin = std::min(part.find_first_not_of(' '), part.size());
    if (part.back() != ',' || !is_remark(part.substr(begin))) text += part;
    lock.remove_prefix(end);
  }
  return text;
}

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
    std::vector<std::string> sha256;
    auto add_hash = [&sha256](const toml::node* file_entry) {
      const toml::table* file_table = file_entry == nullptr ? nullptr : file_entry->as_table();
      if (file_table == nullptr) return;
      if (const auto hash = (*file_table)["hashes"]["sha256"].value<std::string>()) {
        sha256.push_back(*hash);
      }
    };
    for (size_t i = 0; wheels != nullptr && i < wheels->size(); ++i) add_hash(wheels->get(i));
    if (wheels == nullptr || wheels->empty()) add_hash(entry->get("sdist"));
    add_hash(entry->get("archive"));
    packages.push_back({
        .name = (*entry)["name"].value_or(std::string()),
        .version = (*entry)["version"].value_or(std::string()),
        .has_wheel = (wheels != nullptr && !wheels->empty()) || archive.ends_with(".whl"),
        .is_local =
            entry->contains("directory") || entry->contains("vcs") || entry->contains("archive"),
        .sdist_sha256 = (*entry)["sdist"]["hashes"]["sha256"].value_or(std::string()),
        .index = (*entry)["index"].value_or(std::string()),
        .sha256 = std::move(sha256),
    });
  }
  return packages;
}

LockNotes read_lock_notes(const fs::path& file) {
  const toml::table document = parse(file);
  LockNotes notes;
  const auto ours = document["tool"]["cwrangler"];
  notes.pyodide_index = ours["pyodide-index"].value_or(false);
  const toml::array* names = ours["left-out"].as_array();
  for (size_t i = 0; names != nullptr && i < names->size(); ++i) {
    notes.left_out.push_back((*names)[i].value_or(std::string()));
  }
  return notes;
}

void append_lock_notes(const fs::path& file, const LockNotes& notes) {
  if (notes.empty()) return;
  toml::table ours;
  if (!notes.left_out.empty()) {
    toml::array names;
    for (const std::string& name : notes.left_out) names.push_back(name);
    ours.insert("left-out", std::move(names));
  }
  if (notes.pyodide_index) ours.insert("pyodide-index", true);
  std::ostringstream text;
  text << read_file(file) << "\n[tool.cwrangler]\n" << ours << '\n';
  write_file_atomically(file, text.str());
}

std::string pylock_pins(const std::vector<LockedPackage>& packages) {
  std::string text;
  for (const LockedPackage& package : packages) {
    if (!package.version.empty()) text += package.name + "==" + package.version + "\n";
  }
  return text;
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
