// What a process costs.

#pragma once

#include <sys/types.h>

#include <cstdint>

namespace cwrangler::edge {

/// Bytes of memory that are the process's own: pages that it shares with nobody (Linux's
/// /proc/PID/smaps_rollup). 0 for one that has ended.
std::uint64_t private_memory(pid_t pid);

}  // namespace cwrangler::edge
