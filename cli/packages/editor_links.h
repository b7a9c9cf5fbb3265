// Links in a project's scratch folder that editors, pyright and mypy find things by, where the
// settings of a project name them: those of the templates do, and those that
// write_editor_settings writes.
//
//   .wrangler/sdk     the SDK that cwrangler brings: `workers` in a project without packages
//   .wrangler/types   what python_modules has, less the modules that mypy insists on taking from
//                     its own stubs: with them on its path it refuses to work at all
//   .wrangler/config-schema.json   the JSON Schema of wrangler.jsonc, for its `$schema`

#pragma once

#include <filesystem>

namespace cwrangler::cli {

/// Relative to the project's folder, as settings name them.
inline constexpr const char* kSdkLink = ".wrangler/sdk";
inline constexpr const char* kTypesFolder = ".wrangler/types";

/// Makes those links that settings of the project name, and takes away those to modules that are
/// gone. Nothing is made where none is named. What fails is missed by editors only: it does not
/// throw, and nothing is said. Costs a few small files' reading when all is as it should be.
void update_editor_links(const std::filesystem::path& project) noexcept;

}  // namespace cwrangler::cli
