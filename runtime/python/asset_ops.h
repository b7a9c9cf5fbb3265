// Ops for the built-in assets (share/cwrangler): Pyodide's releases and our own Python files.
//
//   pythonAsset(path) → Uint8Array over a private mapping of the file: nothing is copied, and what
//                       is written to it does not reach the file
//   pythonAssetText(path) → string
//   pythonAssetList(folder) → [name, …] of the files in it, sorted
//   pythonCompile(source, name, [parameter, …]) → a function with this body; `name` is what stack
//                       traces call it
//   pythonKeepScript(name, function): keeps the bytecode of what pythonCompile() made, with that of
//                       the functions in it that ran so far, for later processes
//
//   pythonModuleKey(bytes) → what the next two know a WebAssembly module by
//   pythonFindCompiled(key) → the module, when this process has compiled it, else undefined
//   pythonKeepCompiled(key, module), for the next call of that and for later processes
//
// Paths are relative to share/cwrangler and may not leave it.

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

std::span<const engine::Op> asset_ops();

}  // namespace cwrangler::python
