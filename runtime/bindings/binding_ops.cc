#include "runtime/bindings/binding_ops.h"

#include <vector>

#include "runtime/bindings/op_tables.h"

namespace cwrangler::bindings {

std::span<const engine::Op> binding_ops() {
  static const std::vector<engine::Op> joined = [] {
    std::vector<engine::Op> ops;
    for (const auto& table : {analytics_ops(), asset_ops(), cache_ops(), d1_ops(), email_ops(),
                              kv_ops(), queue_ops(), r2_ops(), vectorize_ops()}) {
      ops.insert(ops.end(), table.begin(), table.end());
    }
    return ops;
  }();
  return joined;
}

void install_bindings(engine::Isolate& isolate) {
  install_analytics(isolate);
  install_assets(isolate);
  install_cache(isolate);
  install_d1(isolate);
  install_email(isolate);
  install_kv(isolate);
  install_queues(isolate);
  install_r2(isolate);
  install_vectorize(isolate);
}

}  // namespace cwrangler::bindings
