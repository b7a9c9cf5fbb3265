#include "runtime/web/web_ops.h"

#include <string>
#include <vector>

#include "runtime/engine/script_scope.h"
#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/delivery.h"
#include "runtime/web/fetches.h"
#include "runtime/web/native_objects.h"
#include "runtime/web/op_tables.h"
#include "runtime/web/socket_ops.h"
#include "runtime/web/timers.h"
#include "runtime/web/web_sockets.h"
#include "runtime/web/web_state.h"

namespace cwrangler::web {

std::span<const engine::Op> web_ops() {
  static const std::vector<engine::Op> joined = [] {
    std::vector<engine::Op> ops;
    for (const auto& table :
         {base64_ops(),      cipher_ops(), clock_ops(),         clone_ops(),
          compression_ops(), curve_ops(),  derivation_ops(),    digest_ops(),
          encoding_ops(),    fetch_ops(),  html_rewriter_ops(), key_format_ops(),
          log_ops(),         random_ops(), rsa_ops(),           secret_key_ops(),
          signature_ops(),   socket_ops(), task_ops(),          timer_ops(),
          type_ops(),        url_ops(),    url_pattern_ops(),   web_socket_ops()}) {
      ops.insert(ops.end(), table.begin(), table.end());
    }
    return ops;
  }();
  return joined;
}

void install_web(engine::Isolate& isolate, LogSink log) {
  isolate.set_state<WebState>().log = std::move(log);
  isolate.set_state<NativeObjects>(isolate.v8());
  isolate.set_state<Delivery>(isolate);
  isolate.set_state<Timers>(isolate);
  isolate.set_state<Fetches>(isolate);
  install_sockets(isolate);
  isolate.set_state<WebSockets>(isolate);
  engine::ScriptScope scope(isolate);
  (void)scope.call_hook("startWeb");
}

std::string describe_uncaught(engine::Isolate& isolate, v8::Local<v8::Value> error,
                              engine::Isolate::UncaughtKind kind) {
  v8::Isolate* const v8 = isolate.v8();
  const v8::Local<v8::Context> context = isolate.context();
  const v8::TryCatch caught(v8);
  v8::Local<v8::Value> arguments[] = {
      error, engine::to_name(
                 v8, kind == engine::Isolate::UncaughtKind::rejection ? "rejection" : "exception")};
  v8::Local<v8::Value> text;
  // A hostile error can throw from its getters.
  if (!isolate.hook("reportUncaught")
           ->Call(context, v8::Undefined(v8), std::size(arguments), arguments)
           .ToLocal(&text)) {
    return engine::describe_error(context, error);
  }
  return engine::to_utf8(v8, text);
}

}  // namespace cwrangler::web
