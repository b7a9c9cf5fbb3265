// Ops for the Worker's modules: as files (module_tree.h), and as ES modules.
//
//   pythonModuleLookup(folder, name) → undefined | [id, isFolder, size, mtimeMilliseconds]
//   pythonModuleList(folder) → [name, …]
//   pythonModuleRead(id, position, Uint8Array) → number of bytes read, 0 at the end
//   pythonModulePreload(name): its WebAssembly code is going to be wanted
//   pythonImport(specifier) → Promise of the namespace, as if imported by the main module
//   pythonDefineModule(name, exports)

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

std::span<const engine::Op> module_ops();

}  // namespace cwrangler::python
