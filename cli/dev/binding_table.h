// The table of what a Worker finds in `env`, as wrangler prints it at the start of a dev session.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cwrangler::cli {

struct BindingRow {
  std::string name;    ///< "KV"
  std::string detail;  ///< what stands in parentheses: an id, a class, a quoted value; may be empty
  std::string resource;  ///< "KV Namespace"
  std::string mode = "local";
};

/// The lines, without final newlines. Empty for no rows. Where a line would be longer than
/// `columns`, each binding has lines of its own: no word is cut that fits on a line.
std::vector<std::string> binding_table(const std::vector<BindingRow>& rows,
                                       std::optional<int> columns = std::nullopt);

/// A variable's value as the table shows it: JSON, on one line, not too long.
std::string shown_value(std::string value);

}  // namespace cwrangler::cli
