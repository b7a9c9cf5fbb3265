// The endpoint: the records, the API in front of them, and the Workers that they make.

#pragma once

#include <filesystem>

#include "edge/command_line.h"

namespace cwrangler::edge {

/// Serves until SIGINT or SIGTERM. Prints where, once it does. Throws Error when it cannot start.
void run_endpoint(const EdgeOptions& options);

/// `options.data`, or the user's own folder for it. Throws Error where there is no home.
std::filesystem::path data_folder(const EdgeOptions& options);

}  // namespace cwrangler::edge
