// What uv's error text means. uv speaks to people, at length; this finds the one fact that the
// user of a Worker needs. Written against uv 0.13; text that is not recognised is kept as it is.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

struct UvFailure {
  enum class Kind {
    no_usable_wheel,  ///< only packages that would have to be compiled would satisfy the project
    unknown_package,  ///< `package` is in no index
    no_version,       ///< the requirements contradict each other or name no existing version
    network,          ///< an index or a file could not be reached while fetching `package`
    certificate,      ///< the server of `address` shows a certificate that is not trusted
    bad_hash,         ///< a file of `package` is not the one that the lock or the project names
    no_space,         ///< the disk is full
    missing_source,   ///< a folder or a file that the project names as a source is not there
    not_in_cache,     ///< `package` is not in the cache, and uv was not to use the network
    build_failed,     ///< the source of `package` could not be built
    bad_requirement,  ///< a requirement cannot be parsed
    other,
  };
  Kind kind = Kind::other;
  std::string package;  ///< empty when the text names none
  std::string address;  ///< what could not be fetched; empty when the text names nothing
  std::string detail;   ///< the essential lines, without "error:" and "cause:"
};

/// Reads uv's standard error, whatever its size; never throws.
UvFailure read_uv_failure(std::string_view standard_error);

}  // namespace cwrangler::cli
