// `.dev.vars` and `.env` files: NAME=value lines, as the npm package dotenv reads them (which is
// what wrangler uses), so that one file means the same to both tools.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

struct DotenvFile {
  struct Entry {
    std::string name;
    std::string value;
    int line = 0;  ///< from 1
  };
  std::vector<Entry> entries;  ///< of two with one name the later counts
  /// Lines that mean nothing: neither an entry, a comment nor blank, or an opening quote that is
  /// never closed. dotenv drops or misreads them without a word. From 1.
  std::vector<int> odd_lines;
};

/// Reads the grammar: optional `export`, a name of letters, digits, `_`, `.`, `-`; `=` or `: `; a
/// value that is bare (up to `#` or the end of the line, trimmed) or between ', " or `, where it
/// may hold
/// `#` and line ends. In double quotes \n and \r are line ends; no other escape is undone. Any
/// bytes are safe.
DotenvFile parse_dotenv(std::string_view text);

/// The value of an environment variable, or nothing.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Replaces $NAME, ${NAME} and ${NAME:-default} in the values, as dotenv-expand does: by the
/// process environment first, then by entries above; unknown names become the default or nothing.
/// `\$` is a dollar sign. Throws Error when a value grows beyond a mebibyte.
void expand_dotenv(std::vector<DotenvFile::Entry>& entries, const EnvironmentLookup& environment);

}  // namespace cwrangler::cli
