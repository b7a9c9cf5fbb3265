#include <vector>

#include "runtime/bindings/binding_ops.h"
#include "runtime/builtins.h"
#include "runtime/python/python_ops.h"
#include "runtime/server/dynamic_workers.h"
#include "runtime/server/http_ops.h"
#include "runtime/web/web_ops.h"

namespace cwrangler {

std::span<const engine::Op> builtin_ops() {
  static const std::vector<engine::Op> joined = [] {
    std::vector<engine::Op> ops;
    const std::span<const engine::Op> tables[] = {
        bindings::binding_ops(), python::python_ops(), server::dynamic_worker_ops(),
        server::http_ops(),      web::web_ops(),
    };
    for (const auto& table : tables) ops.insert(ops.end(), table.begin(), table.end());
    return ops;
  }();
  return joined;
}

}  // namespace cwrangler
