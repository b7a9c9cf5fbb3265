// C++ objects that belong to a JavaScript object: a decoder, a compressor. The JavaScript object is
// an opaque handle; when it is collected, the C++ object is destroyed.

#pragma once

#include <v8.h>

#include <memory>
#include <unordered_set>

#include "runtime/engine/isolate.h"
#include "runtime/engine/values.h"

namespace cwrangler::web {

/// What a handle can own. Identified by its dynamic type.
class NativeObject {
 public:
  NativeObject() = default;
  NativeObject(const NativeObject&) = delete;
  NativeObject& operator=(const NativeObject&) = delete;
  virtual ~NativeObject() = default;
};

/// The handles of one isolate; state of the isolate, because V8 does not collect what is left when
/// an isolate ends.
class NativeObjects {
 public:
  explicit NativeObjects(v8::Isolate* isolate);
  NativeObjects(const NativeObjects&) = delete;
  NativeObjects& operator=(const NativeObjects&) = delete;
  ~NativeObjects();

  /// A new handle that owns the object.
  v8::Local<v8::Object> wrap(std::unique_ptr<NativeObject> object);

  /// The object of a handle. Throws TypeErrorException when the value is not a handle of a T.
  template <class T>
  static T& unwrap(v8::Local<v8::Value> handle) {
    T* const object = dynamic_cast<T*>(find(handle));
    if (object == nullptr) throw engine::TypeErrorException("Illegal invocation");
    return *object;
  }

 private:
  struct Handle;

  static NativeObject* find(v8::Local<v8::Value> handle);

  v8::Isolate* isolate_;
  v8::Global<v8::ObjectTemplate> template_;
  std::unordered_set<Handle*> handles_;
};

}  // namespace cwrangler::web
