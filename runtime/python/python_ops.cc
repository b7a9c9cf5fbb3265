#include "runtime/python/python_ops.h"

#include <vector>

#include "runtime/python/asset_ops.h"
#include "runtime/python/async_context_ops.h"
#include "runtime/python/cpu_signal.h"
#include "runtime/python/host_file_ops.h"
#include "runtime/python/module_ops.h"
#include "runtime/python/snapshot_ops.h"

namespace cwrangler::python {

std::span<const engine::Op> python_ops() {
  static const std::vector<engine::Op> all = [] {
    std::vector<engine::Op> ops;
    for (const auto table : {asset_ops(), async_context_ops(), cpu_signal_ops(), host_file_ops(),
                             module_ops(), snapshot_ops()}) {
      ops.insert(ops.end(), table.begin(), table.end());
    }
    return ops;
  }();
  return all;
}

}  // namespace cwrangler::python
