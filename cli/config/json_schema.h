// The keys of a configuration file as a JSON Schema (draft 7), by which editors complete and check
// wrangler.jsonc, and wrangler.toml where they know TOML. Made of the one table in schema.h.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cwrangler::cli {

/// The schema; keys are in the order of the table.
nlohmann::ordered_json config_json_schema();

/// Where a project finds it, relative to the configuration file: what `$schema` of the templates
/// says, and what update_editor_links makes.
inline constexpr const char* kSchemaLink = ".wrangler/config-schema.json";

/// Its name in share/cwrangler.
inline constexpr const char* kSchemaFile = "config-schema.json";

}  // namespace cwrangler::cli
