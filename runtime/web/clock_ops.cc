#include "runtime/web/op_tables.h"
#include "runtime/web/web_state.h"

namespace cwrangler::web {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// now() → milliseconds since the isolate was made
void now(engine::Call call) {
  const auto started = engine::Isolate::from(call).state<WebState>().started;
  call.GetReturnValue().Set(Milliseconds(std::chrono::steady_clock::now() - started).count());
}

/// timeOrigin() → when that was, in milliseconds since 1970
void time_origin(engine::Call call) {
  const auto started = engine::Isolate::from(call).state<WebState>().started_wall;
  call.GetReturnValue().Set(Milliseconds(started.time_since_epoch()).count());
}

}  // namespace

std::span<const engine::Op> clock_ops() {
  static constexpr engine::Op OPS[] = {
      {"now", engine::op<now>},
      {"timeOrigin", engine::op<time_origin>},
  };
  return OPS;
}

}  // namespace cwrangler::web
