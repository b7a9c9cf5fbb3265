#include "cli/config/toml.h"

#include "base/error.h"
#include "cli/config/document.h"

namespace cwrangler::cli {

toml::table parse_toml(const std::string& source, const std::filesystem::path& file) {
  try {
    return toml::parse(source);
  } catch (const toml::parse_error& error) {
    const toml::source_position& begin = error.source().begin;
    const int line = static_cast<int>(begin.line);
    throw Error(std::string(error.description()))
        .while_doing("Invalid TOML document")
        .at({file.string(), line, static_cast<int>(begin.column)})
        .showing(line_of(source, line));
  } catch (const TomlAssertion& error) {
    throw Error(error.what()).while_doing("Invalid TOML document").at({file.string()});
  }
}

}  // namespace cwrangler::cli
