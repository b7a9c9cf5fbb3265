// A configuration to the stub of the module `js`: the class Env with the type of each binding,
// variable and secret, and the types of all bindings.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/config/config.h"

namespace cwrangler::cli {

struct StubOptions {
  bool literal_variables = true;  ///< the values of variables are part of their types
};

struct StubInput {
  std::vector<Config> configs;       ///< of the environments that are put together
  std::vector<std::string> secrets;  ///< their names
  std::string entry_module;          ///< how the stub imports the entry point: "entry"
  std::string entry_source;          ///< its text; empty: no classes of the project's own
};

/// The text of the stub. `bindings`: the text of bindings.pyi. A name that two environments have
/// with two types has both. What cannot be an attribute in Python (`my-var`, `class`) is left out.
std::string environment_stub(const StubInput& input, std::string_view bindings,
                             const StubOptions& options);

}  // namespace cwrangler::cli
