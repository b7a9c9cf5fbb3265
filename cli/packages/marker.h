// Requirements of installed packages (packaging.python.org, "Dependency specifiers"), and whether
// their environment markers hold in a Worker. uv decides what is installed; this reads back, from
// the packages' own metadata, who wanted what.

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// `name[extra1,extra2] specifier ; marker`
struct DependencySpecifier {
  std::string name;  ///< normalised
  std::vector<std::string> extras = {};
  std::string versions = {};  ///< ">=2,<3", or "@ address"
  std::string marker = {};    ///< empty: always
};

/// Splits it; the name is empty when it is none.
DependencySpecifier parse_dependency(std::string_view text);

/// Whether `marker` holds for Python `full_version` ("3.14.2") on WebAssembly when these extras of
/// the package are asked for. A marker that cannot be understood holds: it is better to show a
/// dependency too many.
bool marker_holds(std::string_view marker, std::string_view full_version,
                  const std::set<std::string>& extras);

}  // namespace cwrangler::cli
