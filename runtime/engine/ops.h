// Ops: the native functions that the built-in JavaScript calls as `ops.name(...)`.
//
// A folder exports its ops as one table, so that its whole native surface can be read in one place:
//
//   std::span<const Op> web_ops();
//
// runtime/builtins.cc joins the tables. The order and number of ops is part of the startup
// snapshot, which is made anew at each build.

#pragma once

#include <v8.h>

#include <exception>

#include "runtime/engine/values.h"

namespace cwrangler::engine {

using Call = const v8::FunctionCallbackInfo<v8::Value>&;

struct Op {
  const char* name;
  v8::FunctionCallback callback;
};

/// Wraps a function that may throw C++ exceptions: `op<&stat>` is a v8::FunctionCallback which
/// turns them into JavaScript errors (TypeError for TypeErrorException, else Error).
template <auto function>
void op(Call call) {
  try {
    function(call);
  } catch (const TypeErrorException& error) {
    throw_type_error(call.GetIsolate(), error.what());
  } catch (const std::exception& error) {
    throw_error(call.GetIsolate(), error.what());
  }
}

}  // namespace cwrangler::engine
