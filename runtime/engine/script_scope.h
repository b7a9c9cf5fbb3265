// How native code enters JavaScript from the event loop.

#pragma once

#include <v8.h>

#include "runtime/engine/isolate.h"

namespace cwrangler::engine {

/// Enters the isolate's context for one turn of the event loop. At the end of the outermost scope
/// an exception that was left is reported, microtasks run, and rejections nobody handled are
/// reported. Only on the isolate's thread; scopes may nest (an op that calls back into JavaScript
/// needs none).
class ScriptScope {
 public:
  explicit ScriptScope(Isolate& isolate);
  ScriptScope(const ScriptScope&) = delete;
  ScriptScope& operator=(const ScriptScope&) = delete;
  ~ScriptScope();

  v8::Local<v8::Context> context() const { return context_; }
  v8::Isolate* v8() const { return isolate_.v8(); }

  /// Calls a hook of the built-in JavaScript. Empty when it threw; the scope's end reports that.
  template <class... Arguments>
  v8::MaybeLocal<v8::Value> call_hook(const char* name, Arguments... arguments) {
    v8::Local<v8::Value> list[] = {arguments...};
    return isolate_.hook(name)->Call(context_, v8::Undefined(v8()), sizeof...(arguments), list);
  }
  v8::MaybeLocal<v8::Value> call_hook(const char* name) {
    return isolate_.hook(name)->Call(context_, v8::Undefined(v8()), 0, nullptr);
  }

  /// The pending exception, to be handled here instead of being reported at the end. Empty when
  /// there is none or execution is being terminated.
  v8::Local<v8::Value> take_exception();

 private:
  Isolate& isolate_;
  v8::HandleScope handles_;
  v8::Local<v8::Context> context_;
  v8::Context::Scope entered_;
  v8::TryCatch caught_;
};

}  // namespace cwrangler::engine
