// Ops for memory snapshots of the interpreter. The isolate's state has a SnapshotStore, or
// snapshots are neither found nor made.
//
//   pythonSnapshotOpen(layer) → [description, bytes of memory] | undefined
//       layer: "base" or "worker"; the snapshot stays open until it is mapped
//   pythonSnapshotMap(ArrayBuffer): puts the memory of the open snapshot in the place of the
//   buffer's pythonSnapshotSave(layer, description, ArrayBuffer)

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

std::span<const engine::Op> snapshot_ops();

}  // namespace cwrangler::python
