// A lock into a folder that a Worker can import from: wheels by uv, other packages from their
// built source, and everything out of it that is of this machine.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/packages/installed.h"
#include "cli/packages/pylock.h"
#include "cli/packages/uv_project.h"
#include "cli/terminal/progress.h"

namespace cwrangler::cli {

/// Installs `lock` into `target`, which is created. The same lock gives the same bytes. Returns the
/// names of the packages that came from their source. Throws the Errors of explanation.h.
std::vector<std::string> install_lock(UvProject& uv, const std::filesystem::path& lock,
                                      const std::filesystem::path& target, Progress& progress);

/// Throws Error when one of `left_out` is required by an installed package that is not known to do
/// without it.
void check_left_out(UvProject& uv, const InstalledPackages& installed,
                    const std::vector<std::string>& left_out);

/// Takes away what only this machine could use: command line programs (their first line names an
/// interpreter of this machine), bytecode, uv's lock; and the lines about it from each RECORD.
void remove_host_files(const std::filesystem::path& modules);

}  // namespace cwrangler::cli
