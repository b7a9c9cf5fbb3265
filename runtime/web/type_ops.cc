// What only the engine knows of a value: its kind, whether a buffer is detached.

#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

/// isX(value) → boolean
template <bool (v8::Value::*test)() const>
void is(engine::Call call) {
  call.GetReturnValue().Set(((*call[0])->*test)());
}

void is_any_array_buffer(engine::Call call) {
  call.GetReturnValue().Set(call[0]->IsArrayBuffer() || call[0]->IsSharedArrayBuffer());
}

v8::Local<v8::ArrayBuffer> array_buffer_of(engine::Call call) {
  if (!call[0]->IsArrayBuffer()) throw engine::TypeErrorException("an ArrayBuffer is expected");
  return call[0].As<v8::ArrayBuffer>();
}

/// isDetached(buffer) → boolean
void is_detached(engine::Call call) {
  call.GetReturnValue().Set(array_buffer_of(call)->WasDetached());
}

/// transferArrayBuffer(buffer) → a new one with its memory; detaches the old one
void transfer_array_buffer(engine::Call call) {
  const auto buffer = array_buffer_of(call);
  if (!buffer->IsDetachable()) throw engine::TypeErrorException("the buffer cannot be detached");
  std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
  buffer->Detach();
  call.GetReturnValue().Set(v8::ArrayBuffer::New(call.GetIsolate(), std::move(store)));
}

}  // namespace

std::span<const engine::Op> type_ops() {
  static constexpr engine::Op OPS[] = {
      {"isAnyArrayBuffer", engine::op<is_any_array_buffer>},
      {"isArrayBuffer", engine::op<is<&v8::Value::IsArrayBuffer>>},
      {"isDataView", engine::op<is<&v8::Value::IsDataView>>},
      {"isMap", engine::op<is<&v8::Value::IsMap>>},
      {"isProxy", engine::op<is<&v8::Value::IsProxy>>},
      {"isSet", engine::op<is<&v8::Value::IsSet>>},
      {"isSharedArrayBuffer", engine::op<is<&v8::Value::IsSharedArrayBuffer>>},
      {"isStringObject", engine::op<is<&v8::Value::IsStringObject>>},
      {"isTypedArray", engine::op<is<&v8::Value::IsTypedArray>>},
      {"isDetached", engine::op<is_detached>},
      {"transferArrayBuffer", engine::op<transfer_array_buffer>},
  };
  return OPS;
}

}  // namespace cwrangler::web
