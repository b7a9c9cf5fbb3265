#include "cli/packages/dependencies.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "base/files.h"
#include "cli/config/document.h"
#include "cli/config/toml.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

SourcePosition position_of(const toml::node& node, const fs::path& file) {
  const toml::source_position& begin = node.source().begin;
  return {file.filename().string(), static_cast<int>(begin.line), static_cast<int>(begin.column)};
}

/// The entries of an array of requirements. `where` names it in complaints.
void add_requirements(const toml::node* node, const std::string& where, const fs::path& file,
                      const std::string& content, std::vector<Requirement>& into) {
  if (node == nullptr) return;
  const toml::array* entries = node->as_array();
  if (entries == nullptr) {
    throw Error(where + " must be an array of strings")
        .at(position_of(*node, file))
        .hint("For example: dependencies = [\"fastapi\", \"httpx>=0.28\"]");
  }
  for (const toml::node& entry : *entries) {
    if (entry.is_table()) continue;  // {include-group = "…"}, which uv resolves
    const auto text = entry.value<std::string>();
    if (!text || requirement_name(*text).empty()) {
      const SourcePosition position = position_of(entry, file);
      throw Error("not a requirement: an entry of " + where + " begins with a package name")
          .at(position)
          .showing(line_of(content, position.line));
    }
    into.push_back({*text, requirement_name(*text), position_of(entry, file), {}});
  }
}

std::vector<Requirement> requirements_in(const fs::path& file, const std::string& content,
                                         const toml::table& document,
                                         const PackageSettings& settings) {
  const toml::table* project = document["project"].as_table();
  std::vector<Requirement> requirements;
  if (project != nullptr) {
    add_requirements(project->get("dependencies"), "project.dependencies", file, content,
                     requirements);
  }
  for (const std::string& extra : settings.extras) {
    add_requirements(document["project"]["optional-dependencies"][extra].node(),
                     "project.optional-dependencies." + extra, file, content, requirements);
  }
  for (const std::string& group : settings.groups) {
    add_requirements(document["dependency-groups"][group].node(), "dependency-groups." + group,
                     file, content, requirements);
  }
  // Without these uv would run the project's build backend to learn its metadata.
  for (const char* required : {"name", "version"}) {
    if (!requirements.empty() && project != nullptr && !project->contains(required)) {
      throw Error(std::string("[project] has no ") + required)
          .at(position_of(*project, file))
          .hint(std::string("Add one, for example: ") + required + " = " +
                (std::string_view(required) == "name" ? "\"my-worker\"" : "\"0.1.0\""));
    }
  }
  // uv would take the project itself for the package, and install neither.
  const auto name = document["project"]["name"].value<std::string>();
  for (const Requirement& requirement : requirements) {
    if (!name || normalized_package_name(*name) != requirement.name) continue;
    throw Error("the project has the name of a package that it depends on: " + requirement.name)
        .at(requirement.position)
        .showing(line_of(content, requirement.position.line))
        .hint("Give the project another name under [project] in " + file.filename().string() +
              ", for example: name = \"" + requirement.name + "-worker\"");
  }
  return requirements;
}

/// The sha256 values of `--hash=` options on a requirement's line.
std::vector<std::string> hashes_of(std::string_view line) {
  constexpr std::string_view kOption = "--hash";
  std::vector<std::string> hashes;
  for (size_t at = line.find(kOption); at != std::string_view::npos; at = line.find(kOption, at)) {
    at += kOption.size();
    const size_t begin = line.find_first_not_of(" =\t", at);
    if (begin == std::string_view::npos) break;
    hashes.emplace_back(line.substr(begin, line.find_first_of(" \t", begin) - begin));
  }
  return hashes;
}

/// Follows the -r and -c lines of one requirements file. Requirements are the lines of the first
/// file and those it includes with -r.
class RequirementsReader {
 public:
  explicit RequirementsReader(Dependencies& into) : into_(into) {}

  void read(const fs::path& file, bool constraints_only) {
    if (!seen_.insert(file.lexically_normal()).second) return;
    into_.inputs.push_back(file);
    std::istringstream lines(read_file(file));
    std::string line;
    int next = 1;
    while (std::getline(lines, line)) {
      const int number = next++;
      // A backslash joins the next line to this one.
      for (std::string more; line.ends_with('\\') && std::getline(lines, more); ++next) {
        line.back() = ' ';
        line += more;
      }
      const std::string_view text = trimmed(std::string_view(line).substr(0, comment_start(line)));
      if (text.empty()) continue;
      bool constraint = false;
      const std::string included = included_file(text, constraint);
      if (!included.empty()) {
        const fs::path path = file.parent_path() / included;
        if (fs::is_regular_file(path)) read(path, constraints_only || constraint);
        found_ = found_ || !constraint;
        continue;
      }
      if (constraints_only) continue;
      found_ = found_ || !text.starts_with("-") || text.starts_with("-e");
      const std::string name = requirement_name(text);
      if (name.empty()) continue;
      const int column = static_cast<int>(line.find_first_not_of(" \t")) + 1;
      into_.requirements.push_back({std::string(trimmed(text.substr(0, text.find("--hash")))),
                                    name,
                                    {file.filename().string(), number, column},
                                    hashes_of(text)});
    }
  }

  /// Whether anything is asked for at all.
  bool found() const { return found_; }

 private:
  /// A comment begins the line or follows a blank, so that "#egg=" in an address stays.
  static size_t comment_start(std::string_view line) {
    for (size_t i = line.find('#'); i != std::string_view::npos; i = line.find('#', i + 1)) {
      if (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t') return i;
    }
    return line.size();
  }

  static std::string included_file(std::string_view text, bool& constraint) {
    for (const std::string_view option : {"--requirement", "--constraint", "-r", "-c"}) {
      if (!text.starts_with(option)) continue;
      constraint = option.ends_with('c') || option == "--constraint";
      std::string_view rest = trimmed(text.substr(option.size()));
      if (rest.starts_with('=')) rest = trimmed(rest.substr(1));
      return std::string(rest);
    }
    return {};
  }

  Dependencies& into_;
  std::set<fs::path> seen_;
  bool found_ = false;
};

}  // namespace

SourcePosition Dependencies::position_of(std::string_view package) const {
  const std::string name = normalized_package_name(package);
  for (const Requirement& requirement : requirements) {
    if (requirement.name == name) return requirement.position;
  }
  return {};
}

Dependencies read_dependencies(const fs::path& project) {
  const fs::path pyproject = project / "pyproject.toml";
  const fs::path requirements = project / "requirements.txt";
  Dependencies found;
  std::vector<Requirement> entries;
  if (fs::is_regular_file(pyproject)) {
    const std::string content = read_file(pyproject);
    const toml::table document = parse_toml(content, pyproject.filename());
    found.settings = read_package_settings(document, pyproject, content);
    entries = requirements_in(pyproject, content, document, found.settings);
    // Indexes, sources and overrides for uv stand here, with a requirements.txt as well.
    found.inputs.push_back(pyproject);
  }
  if (fs::is_regular_file(project / "uv.toml")) found.inputs.push_back(project / "uv.toml");

  const std::string& chosen = found.settings.dependencies_from;
  Dependencies listed;
  if (fs::is_regular_file(requirements) && chosen != "pyproject.toml") {
    RequirementsReader reader(listed);
    reader.read(requirements, /*constraints_only=*/false);
    if (reader.found()) listed.source = requirements;
  }
  if (!entries.empty() && !listed.empty() && chosen.empty()) {
    throw Error("both pyproject.toml and requirements.txt name dependencies")
        .hint(
            "pyproject.toml wins once you say so: put `dependencies-from = \"pyproject.toml\"` "
            "under [tool.cwrangler] there (or \"requirements.txt\", and that one wins). Or keep "
            "one list: delete requirements.txt, or the dependencies of pyproject.toml.");
  }
  if (!entries.empty() && (listed.empty() || chosen == "pyproject.toml")) {
    found.source = pyproject;
    found.requirements = std::move(entries);
  } else if (!listed.empty()) {
    found.source = requirements;
    found.requirements = std::move(listed.requirements);
    found.inputs.insert(found.inputs.end(), listed.inputs.begin(), listed.inputs.end());
  }
  return found;
}

std::vector<Requirement> pyproject_requirements(const std::string& content, const fs::path& file) {
  return requirements_in(file, content, parse_toml(content, file.filename()), {});
}

std::vector<fs::path> dependency_files(const fs::path& project) {
  try {
    return read_dependencies(project).inputs;
  } catch (const Error&) {
    // The sync will say what is wrong with them; what a broken requirements.txt includes is seen
    // again once it is mended.
    return {};
  }
}

std::string normalized_package_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != '.') {
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!result.ends_with('-')) {
      result += '-';
    }
  }
  return result;
}

std::string requirement_name(std::string_view requirement) {
  const std::string_view text = trimmed(requirement);
  if (text.empty() || std::isalnum(static_cast<unsigned char>(text.front())) == 0) return {};
  const auto* end = std::find_if_not(text.begin(), text.end(), is_name_character);
  // "./folder", "https://…" and "file.whl" are sources, not names.
  if (end != text.end() && (*end == '/' || *end == ':')) return {};
  return normalized_package_name(std::string_view(text.begin(), end));
}

}  // namespace cwrangler::cli
