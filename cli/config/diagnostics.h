// What is wrong with a configuration, collected so that a user sees all of it at once, in a tree of
// bullets as wrangler prints it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/config/document.h"

namespace cwrangler::cli {

struct Diagnostics {
  struct Finding {
    std::string message;  ///< further lines are indented under the first
    SourcePosition at;    ///< empty file: no one place
  };

  /// "" at the top level, else the line that the findings of an environment stand under.
  std::string heading;
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
  std::vector<Diagnostics> children;

  bool has_errors() const;
  bool has_warnings() const;

  /// The findings as `- message (file:line:column)`, each with its line of `source` (the file's
  /// text) and a caret under the column; children indented; no final newline.
  std::string render_errors(std::string_view source) const;
  std::string render_warnings(std::string_view source) const;

  /// The errors, or the warnings, of the whole tree in the order they are rendered.
  std::vector<Finding> all_errors() const;
  std::vector<Finding> all_warnings() const;
};

}  // namespace cwrangler::cli
