// What a project's compatibility date and flags say, with the user's file in every complaint, and
// which Python a local run uses.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/compatibility.h"
#include "cli/config/config.h"

namespace cwrangler::cli {

/// Resolves the configuration's flags at `date` (its own, or what stands in for it). Throws Error
/// at the flags' place when one is unknown, repeated or contradicts another, and when Python is not
/// switched on.
Compatibility resolve_project_compatibility(const Config& config, const std::string& date);

/// Throws Error (usage) unless `version` is "3.12", "3.13" or "3.14". `source` names where it came
/// from: "--python", "CWRANGLER_PYTHON".
void check_python_version(std::string_view version, std::string_view source);

/// `"key": value` or `key = value`, as the configuration's format has it, with a line saying to add
/// it: the advice for a missing key.
std::string advice_to_add(const Config& config, const std::string& key, const std::string& value);

}  // namespace cwrangler::cli
