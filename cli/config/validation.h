// Checks a section of the configuration, the top level or one environment, against the schema.

#pragma once

#include <string>

#include "cli/config/diagnostics.h"
#include "cli/config/document.h"

namespace cwrangler::cli {

/// Checks types, required keys and unknown keys of `section`. `environment`: empty for the top
/// level, else the name of the environment that `section` is. What passes without an error may be
/// read without checking types again, except of keys whose type is `any`.
void validate_section(const Document& document, const Node& section, const std::string& environment,
                      Diagnostics& diagnostics);

/// Warns of keys at the top level that `environment` does not inherit and has not repeated.
void warn_of_missing_in_environment(const Document& document, const Node& environment_section,
                                    const std::string& environment, Diagnostics& diagnostics);

}  // namespace cwrangler::cli
