// toml++, with its internal assertions as exceptions: some malformed documents break them, and a
// user's file must neither abort the program nor be read past what was checked. Always included
// through here, so that every file has the same parser.

#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace cwrangler::cli {

/// toml++ met a document that it did not foresee: malformed in a way it has no message for.
class TomlAssertion : public std::runtime_error {
 public:
  TomlAssertion() : std::runtime_error("malformed TOML") {}
};

}  // namespace cwrangler::cli

#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(condition)                                 \
  do {                                                         \
    if (!(condition)) throw ::cwrangler::cli::TomlAssertion(); \
  } while (false)
// Without NDEBUG toml++ keeps its assertions. The few in functions that must not throw end the
// program, as assert() would.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wterminate"
#include <toml++/toml.h>
#pragma GCC diagnostic pop
#pragma pop_macro("NDEBUG")

namespace cwrangler::cli {

/// Parses TOML 1.0. Throws Error at the place in `file` (named as it is given), showing the line.
toml::table parse_toml(const std::string& source, const std::filesystem::path& file);

}  // namespace cwrangler::cli
