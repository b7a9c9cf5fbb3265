// Arguments of this folder's ops, checked.

#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "runtime/engine/ops.h"
#include "runtime/engine/values.h"

namespace cwrangler::python {

/// A string argument without NUL, as system calls need it. Throws TypeErrorException.
inline std::string text(engine::Call call, int index) {
  if (!call[index]->IsString()) throw engine::TypeErrorException("a string is expected");
  std::string value = engine::to_utf8(call.GetIsolate(), call[index]);
  if (value.find('\0') != std::string::npos) throw engine::TypeErrorException("embedded NUL");
  return value;
}

/// A whole number that is not negative and exact in a double. Throws TypeErrorException.
inline int64_t integer(engine::Call call, int index) {
  constexpr double kLargest = 9007199254740991;  // 2^53 - 1
  const double value = call[index]->IsNumber() ? call[index].As<v8::Number>()->Value() : -1;
  if (!(value >= 0 && value <= kLargest) || value != std::floor(value)) {
    throw engine::TypeErrorException("a whole number that is not negative is expected");
  }
  return static_cast<int64_t>(value);
}

}  // namespace cwrangler::python
