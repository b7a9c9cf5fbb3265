// How `sync` knows that there is nothing to do: python_modules/ carries a fingerprint of everything
// it was made from. Comparing it costs reading a few small files; uv is not started.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "cli/packages/dependencies.h"

namespace cwrangler::cli {

/// The name of the file in python_modules/ that carries the fingerprint.
inline constexpr std::string_view kSyncStateFile = ".cwrangler-sync.json";

/// A digest of the contents of `dependencies.inputs`, of the Python version and of this program's
/// version: taken before resolving, so that an edit made meanwhile is not taken for done. It
/// detects changes and is no protection against forgery: who can write the files can write
/// python_modules as well. Folders named as sources are not looked into.
std::string inputs_digest(const std::filesystem::path& project, const Dependencies& dependencies,
                          std::string_view python_version);

/// The inputs together with the lock that was made from them, which need not exist.
std::string sync_fingerprint(std::string_view inputs, const std::filesystem::path& lock);

/// The fingerprint in a python_modules folder; empty when there is none or it is unreadable.
std::string read_sync_state(const std::filesystem::path& python_modules);

/// Puts it there.
void write_sync_state(const std::filesystem::path& python_modules, std::string_view fingerprint);

}  // namespace cwrangler::cli
