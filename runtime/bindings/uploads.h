// A value on its way to the disk, and what else tasks of a store's thread share with JavaScript.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/engine/ops.h"
#include "runtime/web/native_objects.h"
#include "storage/r2_value.h"

namespace cwrangler::bindings {

/// How much of a value comes at a time: enough that the way between the threads costs little.
inline constexpr size_t kChunkBytes = 256 << 10;

/// Used on the store's thread only. Empty until its file is made; `problem`: why it is not.
struct PendingUpload {
  std::unique_ptr<storage::R2Upload> upload;
  std::string problem;

  storage::R2Upload& get() {
    if (!problem.empty()) throw Error(problem);
    return *upload;
  }

  /// Throws what writing throws, and from then on get() does.
  void write(std::span<const uint8_t> bytes) {
    storage::R2Upload& open = get();
    try {
      open.write(bytes);
    } catch (const Error& error) {
      // What comes after it must not pass for the whole.
      problem = error.problem();
      throw;
    }
  }
};

/// What a handle in JavaScript and tasks of other threads share.
template <class T>
struct Shared : web::NativeObject {
  explicit Shared(std::shared_ptr<T> value) : object(std::move(value)) {}
  std::shared_ptr<T> object;
};

/// A new handle.
template <class T>
v8::Local<v8::Object> share(v8::Isolate* isolate, std::shared_ptr<T> object) {
  return engine::Isolate::from(isolate).state<web::NativeObjects>().wrap(
      std::make_unique<Shared<T>>(std::move(object)));
}

/// The object of a handle. Throws TypeErrorException for anything else.
template <class T>
std::shared_ptr<T> shared_argument(engine::Call call, int index) {
  return web::NativeObjects::unwrap<Shared<T>>(call[index]).object;
}

}  // namespace cwrangler::bindings
