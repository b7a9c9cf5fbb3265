// The console's output, errors nobody handled, and where an error was thrown.

#include <spdlog/spdlog.h>

#include "runtime/web/op_tables.h"
#include "runtime/web/web_state.h"

namespace cwrangler::web {
namespace {

/// log(level, text)
void log(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const LogSink& sink = engine::Isolate::from(call).state<WebState>().log;
  if (sink) sink(engine::to_utf8(isolate, call[0]), engine::to_utf8(isolate, call[1]));
}

/// debug(text): to the program's own debug log, not the Worker's
void debug(engine::Call call) {
  spdlog::debug("{}", engine::to_utf8(call.GetIsolate(), call[0]));
}

/// reportUncaught(error): the error went through every handler
void report_uncaught(engine::Call call) {
  engine::Isolate::from(call).report_uncaught(call[0], engine::Isolate::UncaughtKind::exception);
}

/// errorLocation(error) → [message, file, line, column]; line and column count from 1, 0: unknown
void error_location(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const v8::Local<v8::Message> message = v8::Exception::CreateMessage(isolate, call[0]);
  const v8::Local<v8::Value> file = message->GetScriptResourceName();
  v8::Local<v8::Value> parts[] = {
      message->Get(),
      file->IsString() ? file : v8::String::Empty(isolate).As<v8::Value>(),
      v8::Integer::New(isolate, message->GetLineNumber(context).FromMaybe(0)),
      v8::Integer::New(isolate, message->GetStartColumn(context).FromMaybe(-1) + 1),
  };
  call.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

}  // namespace

std::span<const engine::Op> log_ops() {
  static constexpr engine::Op OPS[] = {
      {"log", engine::op<log>},
      {"debug", engine::op<debug>},
      {"reportUncaught", engine::op<report_uncaught>},
      {"errorLocation", engine::op<error_location>},
  };
  return OPS;
}

}  // namespace cwrangler::web
