#include <vector>

#include "runtime/builtins.h"
#include "runtime/engine/embedded.h"
#include "runtime/engine/startup_snapshot.h"

CWRANGLER_EMBEDDED(platform_snapshot);

namespace cwrangler {

const engine::StartupSnapshot& builtin_snapshot() {
  static const std::vector<intptr_t> references = engine::external_references(builtin_ops());
  static const engine::StartupSnapshot snapshot{embedded_platform_snapshot(), references.data()};
  return snapshot;
}

}  // namespace cwrangler
