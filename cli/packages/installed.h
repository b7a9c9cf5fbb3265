// What python_modules holds, read back from the packages' own metadata (*.dist-info): names,
// versions, files, sizes, who requires whom. uv is not started and no network is needed.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/packages/marker.h"

namespace cwrangler::cli {

struct InstalledPackage {
  std::string name;  ///< normalised
  std::string version;
  std::vector<DependencySpecifier> requires_;  ///< Requires-Dist
  std::vector<std::string> files;              ///< relative to python_modules, '/'-separated
};

/// By name. Unreadable metadata is passed over: what is asked is what is there.
using InstalledPackages = std::map<std::string, InstalledPackage, std::less<>>;

/// Reads a python_modules folder; empty when it is not there.
InstalledPackages read_installed(const std::filesystem::path& modules);

/// The dependencies of `package` that hold in a Worker with these extras of it, in its own order,
/// once each; the extras that it asks of them are merged.
std::vector<DependencySpecifier> dependencies_of(const InstalledPackage& package,
                                                 std::string_view full_version,
                                                 const std::set<std::string>& extras);

/// What a package costs: the bytes of its files, and of the same as wrangler reports them,
/// compressed with gzip.
struct PackageSize {
  uintmax_t bytes = 0;
  uintmax_t compressed = 0;

  PackageSize& operator+=(const PackageSize& other);
};

/// The size of files together; those that are not there count nothing. Compressing takes about a
/// tenth of a second for three megabytes.
PackageSize size_of_files(const std::vector<std::filesystem::path>& files);

/// "1.4 MiB", "312 KiB".
std::string shown_size(uintmax_t bytes);

}  // namespace cwrangler::cli
