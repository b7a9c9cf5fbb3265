// What a sync writes into the project's folder while it works, because the paths in a lock and in
// uv's settings are relative to the file that they stand in. A sync removes them when it ends; one
// that is killed leaves them to the next.

#pragma once

#include <filesystem>

namespace cwrangler::cli {

/// The lock while it is being made, and the part of it that uv installs.
inline constexpr const char* kLockAtWork = "pylock.cwrangler.toml";
inline constexpr const char* kWheelsLock = "pylock.cwrangler-wheels.toml";
/// uv's settings without an index that cannot be reached.
inline constexpr const char* kSettingsAtWork = "uv.cwrangler.toml";

/// Whether the folder `project` has any, whole or half-written. They may be those of a sync that is
/// at work.
bool has_work_files(const std::filesystem::path& project);

/// Removes them. Only under the lock of Staging.
void remove_work_files(const std::filesystem::path& project);

}  // namespace cwrangler::cli
