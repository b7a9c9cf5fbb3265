// The stub of a project: what `types` writes, and `init` for a new one.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/types/environment_stub.h"

namespace cwrangler::cli {

/// Where a project has its stub: pyright looks there by itself, the templates' settings tell mypy.
inline constexpr const char* kTypesFile = "typings/js/__init__.pyi";

struct TypesRequest {
  ConfigRequest config;                          ///< no environment: all of them together
  std::vector<std::filesystem::path> env_files;  ///< absolute; in place of .dev.vars
  StubOptions options;
};

struct ProjectTypes {
  std::filesystem::path root;  ///< of the project
  std::string stub;
};

/// Reads the configuration, the names of local secrets and the entry point; starts nothing. Throws
/// as load_config does.
ProjectTypes project_types(const TypesRequest& request);

/// Writes the stub, atomically, with the folders it needs. False: the file had it already.
bool write_types(const std::string& stub, const std::filesystem::path& file);

/// Whether the file has this stub.
bool is_current(const std::string& stub, const std::filesystem::path& file);

}  // namespace cwrangler::cli
