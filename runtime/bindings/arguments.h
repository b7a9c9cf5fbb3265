// Arguments of the bindings' ops.

#pragma once

#include <string>

#include "runtime/engine/ops.h"
#include "runtime/engine/values.h"

namespace cwrangler::bindings {

/// As UTF-8. Throws TypeErrorException for what is no string.
inline std::string text_argument(engine::Call call, int index) {
  if (!call[index]->IsString()) throw engine::TypeErrorException("a string is expected");
  return engine::to_utf8(call.GetIsolate(), call[index]);
}

/// A finite number, without its fraction. Throws TypeErrorException for anything else.
inline int64_t integer_argument(engine::Call call, int index) {
  int64_t value = 0;
  if (!call[index]->IsNumber() ||
      !call[index]->IntegerValue(call.GetIsolate()->GetCurrentContext()).To(&value)) {
    throw engine::TypeErrorException("a number is expected");
  }
  return value;
}

}  // namespace cwrangler::bindings
