// Why packages could not be resolved or installed, as the user of a Worker needs to hear it: the
// package, who wants it, what was tried, and the nearest thing that works.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/packages/pylock.h"
#include "cli/packages/uv_project.h"

namespace cwrangler::cli {

inline constexpr std::string_view kModulesKept = "What python_modules holds was left as it is.";

/// Packages could not be had because neither the network nor uv's cache has them.
class IndexUnreachable : public Error {
 public:
  using Error::Error;
};

/// Throws the Error for uv's standard error, placed where the user wrote the requirement.
[[noreturn]] void throw_failure(UvProject& uv, std::string_view standard_error);

/// The Error for a package that has no wheel and that could not be built; `problem` is a clause
/// that says why. Asks uv who requires it, and what there is for other Pythons and in other
/// versions.
Error explain_unsupported(UvProject& uv, const LockedPackage& package, const std::string& problem);

/// Who brings in `package`, from the project's own requirement down to it, according to what
/// `uv pip compile --annotation-style line` prints: {"langchain", "langsmith", "orjson"}. The
/// shortest chain; only the package itself when nothing is known.
std::vector<std::string> requirement_chain(std::string_view annotated, std::string_view package);

}  // namespace cwrangler::cli
