// One finding of `cwrangler check`, and the forms in which people, editors and CI read it.

#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace cwrangler::cli {

enum class Severity { error, warning };

struct Problem {
  Severity severity = Severity::error;
  /// What was looked at: "config", "entry-point", "syntax", "import", "package", "size", "startup",
  /// "snapshot".
  std::string_view check;
  std::string message;  ///< further lines are notes
  SourcePosition at;    ///< absolute file; empty: no one place
  std::string hint;     ///< what to do; may be empty
};

/// A problem for an Error; its position, problem and advice.
Problem problem_of(const Error& error, std::string_view check);

/// `file:line:column: error: message`, the file relative to `directory` where it is below it; what
/// is unknown of the place is 1, so that every matcher takes the line. Notes and the hint follow on
/// lines of their own, indented.
std::string problem_line(const Problem& problem, const std::filesystem::path& directory);

/// A workflow command of GitHub Actions, `::error file=…,line=…,col=…::message`, by which the line
/// is annotated in a pull request.
std::string problem_annotation(const Problem& problem, const std::filesystem::path& directory);

nlohmann::ordered_json problem_json(const Problem& problem, const std::filesystem::path& directory);

}  // namespace cwrangler::cli
