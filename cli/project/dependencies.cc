#include "cli/project/dependencies.h"

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

}  // namespace

std::vector<Requirement> pyproject_requirements(const std::string& content, const fs::path& file) {
  const toml::table document = parse_toml(content, file.filename());
  const toml::table* project = document["project"].as_table();
  const toml::node* node = project == nullptr ? nullptr : project->get("dependencies");
  if (node == nullptr) return {};
  const toml::array* entries = node->as_array();
  if (entries == nullptr) {
    throw Error("project.dependencies must be an array of strings")
        .at(position_of(*node, file))
        .hint("For example: dependencies = [\"fastapi\", \"httpx>=0.28\"]");
  }
  std::vector<Requirement> requirements;
  for (const toml::node& entry : *entries) {
    const auto text = entry.value<std::string>();
    if (!text || requirement_name(*text).empty()) {
      const SourcePosition position = position_of(entry, file);
      throw Error("not a requirement: an entry of project.dependencies begins with a package name")
          .at(position)
          .showing(line_of(content, position.line));
    }
    requirements.push_back({*text, requirement_name(*text), position_of(entry, file)});
  }
  // Without these uv would run the project's build backend to learn its metadata.
  for (const char* required : {"name", "version"}) {
    if (!requirements.empty() && !project->contains(required)) {
      throw Error(std::string("[project] has no ") + required)
          .at(position_of(*project, file))
          .hint(std::string("Add one, for example: ") + required + " = " +
                (std::string_view(required) == "name" ? "\"my-worker\"" : "\"0.1.0\""));
    }
  }
  // uv would take the project itself for the package, and install neither.
  const auto name = (*project)["name"].value<std::string>();
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

namespace {

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
    for (int number = 1; std::getline(lines, line); ++number) {
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
      into_.requirements.push_back(
          {std::string(text), name, {file.filename().string(), number, column}});
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
  if (fs::is_regular_file(requirements)) {
    RequirementsReader reader(found);
    reader.read(requirements, /*constraints_only=*/false);
    if (reader.found()) found.source = requirements;
  }
  if (fs::is_regular_file(pyproject)) {
    std::vector<Requirement> entries = pyproject_requirements(read_file(pyproject), pyproject);
    if (!entries.empty() && !found.empty()) {
      throw Error("both pyproject.toml and requirements.txt name dependencies")
          .hint(
              "Keep them in [project].dependencies of pyproject.toml and delete requirements.txt "
              "(or the other way round: `dependencies = []` and requirements.txt).");
    }
    if (!entries.empty()) {
      found.source = pyproject;
      found.requirements = std::move(entries);
      found.inputs.clear();
    }
    // Indexes, sources and overrides for uv stand here, with a requirements.txt as well.
    found.inputs.push_back(pyproject);
  }
  if (fs::is_regular_file(project / "uv.toml")) found.inputs.push_back(project / "uv.toml");
  return found;
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
