// Where the Pyodide releases of the install tree lie (js/releases.js reads them).

#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"

namespace cwrangler::python {

/// The main module of a Python version ("3.14"). Throws Error when there is no install tree.
inline std::filesystem::path release_module(const std::string& version) {
  return share_directory() / "pyodide" / version / "pyodide.wasm";
}

}  // namespace cwrangler::python
