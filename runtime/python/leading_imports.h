// What a Worker imports of other people's code before any of its own is executed.
//
// Most source files begin with imports. What those of a Worker import is the slow part of its
// start, and stays the same while its own code is edited: it is imported first, and kept as a layer
// of its own among the snapshots (runtime/snapshot/snapshot_store.h). Python would execute the same
// imports in the same order, so the layer is not a guess at what a Worker needs but the beginning
// of its start.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/worker_config.h"

namespace cwrangler::python {

/// The name of a module of other people's without the folder it is in (`python_modules/`, or the
/// older `vendor/`); nothing for a module of the Worker's own.
std::optional<std::string_view> name_in_packages(std::string_view module);

/// `import module` where there are no names, else `from module import names`.
struct Import {
  std::string module;
  std::vector<std::string> names;

  bool operator==(const Import&) const = default;
};

/// The imports that a Python file begins with, between comments and strings that do nothing
/// (docstrings). Anything that is not plainly an import ends the list, so it may be shorter than a
/// Python parser's, and is never longer.
struct FileBeginning {
  std::vector<Import> imports;  ///< the module of a relative import begins with dots
  bool complete = false;        ///< there is nothing else in the file
};
FileBeginning beginning_of(std::string_view source);

struct LeadingImports {
  std::vector<Import> imports;
  /// Top-level names of the Worker's own modules that were looked into. The list is right only if
  /// Python finds the Worker's for each of them: its standard library goes before it.
  std::vector<std::string> own;
};

/// The leading imports of the main module, in the order in which Python executes them, those of the
/// Worker's own modules in the place of the import of such a module. It ends where the first other
/// statement would be executed, or where it is not plain what would be. Reads the files; one that
/// cannot be read ends the list.
LeadingImports leading_imports(const std::string& main_module, std::span<const Module> modules);

}  // namespace cwrangler::python
