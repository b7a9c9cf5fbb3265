#include "cli/project/compatibility_choice.h"

#include <algorithm>
#include <array>

#include "base/compatibility_flags.h"
#include "base/error.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

constexpr std::string_view kPythonFlag = "python_workers";
constexpr std::array<std::string_view, 3> kPythonVersions{"3.12", "3.13", "3.14"};

/// The first listed flag that does not exist is an error with the nearest one that does.
void check_flags_exist(const Config& config) {
  std::vector<std::string> known;
  for (const CompatibilityFlag& flag : compatibility_flags()) {
    known.emplace_back(flag.enable);
    if (!flag.disable.empty()) known.emplace_back(flag.disable);
  }
  for (size_t i = 0; i < config.compatibility_flags.value.size(); ++i) {
    const std::string& flag = config.compatibility_flags.value[i];
    if (std::find(known.begin(), known.end(), flag) != known.end()) continue;
    const std::string nearest = nearest_word(flag, known);
    throw error_in(config, config.compatibility_flag_positions[i],
                   "No such compatibility flag: " + flag)
        .hint(nearest.empty() ? "Remove it from compatibility_flags."
                              : "Did you mean \"" + nearest + "\"?");
  }
}

}  // namespace

Compatibility resolve_project_compatibility(const Config& config, const std::string& date) {
  check_flags_exist(config);
  try {
    Compatibility compatibility =
        resolve_compatibility(date, config.compatibility_flags.value, ExperimentalFlags::allowed);
    if (compatibility.enabled(kPythonFlag)) return compatibility;
  } catch (const Error& error) {
    throw error_in(config, config.compatibility_flags.at, error.problem()).hint(error.advice());
  }
  throw error_in(config, config.compatibility_flags.at,
                 "The `python_workers` compatibility flag is required to use Python.")
      .hint(config.compatibility_flags.at.file.empty()
                ? advice_to_add(config, "compatibility_flags", "[\"python_workers\"]")
                : "Add \"python_workers\" to compatibility_flags.");
}

void check_python_version(std::string_view version, std::string_view source) {
  if (std::find(kPythonVersions.begin(), kPythonVersions.end(), version) != kPythonVersions.end()) {
    return;
  }
  std::string list;
  for (const std::string_view known : kPythonVersions) {
    list += (list.empty() ? "" : ", ") + std::string(known);
  }
  throw Error(std::string(source) + " names an unknown Python version: " + std::string(version))
      .hint("The versions are: " + list + ".")
      .exit_with(ExitCode::usage);
}

std::string advice_to_add(const Config& config, const std::string& key, const std::string& value) {
  const bool is_toml = config.path.extension() == ".toml";
  return "Add the following to your " + config.path.filename().string() + " file:\n\n```\n" +
         (is_toml ? key + " = " + value : "\"" + key + "\": " + value) + "\n```";
}

}  // namespace cwrangler::cli
