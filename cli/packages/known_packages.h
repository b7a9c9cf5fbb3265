// What cwrangler knows of particular packages and indexes: known_packages.toml, which is data and
// lies in share/cwrangler as packages.toml.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// The Python of a Worker.
struct TargetPython {
  std::string version;            ///< "3.14.2"
  std::string pyodide;            ///< the release: "314.0.7"
  std::string index;              ///< the release's own package index
  bool index_from_start = false;  ///< asked together with the default index, not after it
};

/// A compiled package that some dependents can do without.
struct OptionalPackage {
  std::vector<std::string> dependents;  ///< normalised names
  std::string effect;                   ///< a clause: what is different without it
};

struct KnownPackages {
  std::map<std::string, TargetPython, std::less<>> pythons;  ///< by "3.14"
  /// Packages that work without their compiled part; the environment that tells their build so.
  std::map<std::string, std::map<std::string, std::string>, std::less<>> pure;
  std::map<std::string, OptionalPackage, std::less<>> optional;
  std::map<std::string, std::string, std::less<>> alternatives;

  /// Throws Error for a version there is no Python of.
  const TargetPython& python(std::string_view version) const;
};

/// The table of this install, read once. Throws Error when it is missing or malformed.
const KnownPackages& known_packages();

/// Reads a table. `file` is for messages.
KnownPackages parse_known_packages(const std::string& source, const std::string& file);

/// The packages that a Pyodide release's own index has, name to version: what its distribution
/// listed when this install was made. Empty when the list is not there.
std::map<std::string, std::string, std::less<>> pyodide_distribution(std::string_view python);

}  // namespace cwrangler::cli
