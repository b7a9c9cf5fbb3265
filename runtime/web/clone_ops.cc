// Cloning values within an isolate by V8's serializer, which implements the standard's algorithm
// for the language's own types. Platform objects are the business of js/structured_clone.js.

#include <vector>

#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

/// Keeps what cannot be written as bytes beside them: shared memory and compiled modules.
class CloneWriter : public v8::ValueSerializer::Delegate {
 public:
  explicit CloneWriter(v8::Isolate* isolate) : isolate_(isolate) {}

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    isolate_->ThrowException(v8::Exception::TypeError(message));
  }
  v8::Maybe<uint32_t> GetSharedArrayBufferId(v8::Isolate*,
                                             v8::Local<v8::SharedArrayBuffer> buffer) override {
    shared.push_back(buffer);
    return v8::Just(static_cast<uint32_t>(shared.size() - 1));
  }
  v8::Maybe<uint32_t> GetWasmModuleTransferId(v8::Isolate*,
                                              v8::Local<v8::WasmModuleObject> module) override {
    modules.push_back(module);
    return v8::Just(static_cast<uint32_t>(modules.size() - 1));
  }

  std::vector<v8::Local<v8::SharedArrayBuffer>> shared;
  std::vector<v8::Local<v8::WasmModuleObject>> modules;

 private:
  v8::Isolate* isolate_;
};

class CloneReader : public v8::ValueDeserializer::Delegate {
 public:
  explicit CloneReader(const CloneWriter& writer) : writer_(writer) {}

  v8::MaybeLocal<v8::SharedArrayBuffer> GetSharedArrayBufferFromId(v8::Isolate* isolate,
                                                                   uint32_t id) override {
    return v8::SharedArrayBuffer::New(isolate, writer_.shared.at(id)->GetBackingStore());
  }
  v8::MaybeLocal<v8::WasmModuleObject> GetWasmModuleFromId(v8::Isolate* isolate,
                                                           uint32_t id) override {
    return v8::WasmModuleObject::FromCompiledModule(isolate,
                                                    writer_.modules.at(id)->GetCompiledModule());
  }

 private:
  const CloneWriter& writer_;
};

struct FreeBytes {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};

/// Takes the memory of each buffer in the list out of it; the list then holds new buffers with it.
std::vector<v8::Local<v8::ArrayBuffer>> move_buffers(v8::Local<v8::Context> context,
                                                     v8::Local<v8::Array> list) {
  v8::Isolate* const isolate = context->GetIsolate();
  std::vector<v8::Local<v8::ArrayBuffer>> moved;
  for (uint32_t i = 0; i < list->Length(); ++i) {
    const auto old = list->Get(context, i).ToLocalChecked().As<v8::ArrayBuffer>();
    if (!old->IsDetachable())
      throw engine::TypeErrorException("An ArrayBuffer could not be detached.");
    std::shared_ptr<v8::BackingStore> store = old->GetBackingStore();
    old->Detach();
    moved.push_back(v8::ArrayBuffer::New(isolate, std::move(store)));
    list->Set(context, i, moved.back()).Check();
  }
  return moved;
}

/// structuredClone(value, array of ArrayBuffers to transfer) → clone; the array then holds the new
/// buffers. Throws TypeError with V8's words for what cannot be cloned.
void structured_clone(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const auto transfer =
      call[1]->IsArray() ? call[1].As<v8::Array>() : v8::Array::New(isolate).As<v8::Array>();

  CloneWriter writer(isolate);
  v8::ValueSerializer serializer(isolate, &writer);
  serializer.WriteHeader();
  for (uint32_t i = 0; i < transfer->Length(); ++i) {
    const v8::Local<v8::Value> buffer = transfer->Get(context, i).ToLocalChecked();
    if (!buffer->IsArrayBuffer()) throw engine::TypeErrorException("Value not transferable");
    serializer.TransferArrayBuffer(i, buffer.As<v8::ArrayBuffer>());
  }
  if (!serializer.WriteValue(context, call[0]).FromMaybe(false)) return;  // it threw
  const auto [bytes, size] = serializer.Release();
  const std::unique_ptr<uint8_t, FreeBytes> owned(bytes);

  CloneReader reader(writer);
  v8::ValueDeserializer deserializer(isolate, bytes, size, &reader);
  uint32_t id = 0;
  for (const v8::Local<v8::ArrayBuffer> buffer : move_buffers(context, transfer)) {
    deserializer.TransferArrayBuffer(id++, buffer);
  }
  v8::Local<v8::Value> clone;
  if (deserializer.ReadHeader(context).FromMaybe(false) &&
      deserializer.ReadValue(context).ToLocal(&clone)) {
    call.GetReturnValue().Set(clone);
  }
}

/// Refuses what makes sense in this process only.
class BytesWriter : public v8::ValueSerializer::Delegate {
 public:
  explicit BytesWriter(v8::Isolate* isolate) : isolate_(isolate) {}

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    isolate_->ThrowException(v8::Exception::TypeError(message));
  }

 private:
  v8::Isolate* isolate_;
};

/// valueToBytes(value) → Uint8Array in V8's format, for other processes and later times. Throws
/// TypeError with V8's words for what cannot be written.
void value_to_bytes(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  BytesWriter writer(isolate);
  v8::ValueSerializer serializer(isolate, &writer);
  serializer.WriteHeader();
  if (!serializer.WriteValue(isolate->GetCurrentContext(), call[0]).FromMaybe(false)) return;
  const auto [bytes, size] = serializer.Release();
  const std::unique_ptr<uint8_t, FreeBytes> owned(bytes);
  call.GetReturnValue().Set(engine::copy_to_uint8array(isolate, {bytes, size}));
}

/// valueFromBytes(bytes) → what valueToBytes() was given. Throws for bytes that are damaged.
void value_from_bytes(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const std::span<const uint8_t> bytes = engine::bytes_of(call[0]);
  v8::ValueDeserializer deserializer(isolate, bytes.data(), bytes.size());
  v8::Local<v8::Value> value;
  if (deserializer.ReadHeader(context).FromMaybe(false) &&
      deserializer.ReadValue(context).ToLocal(&value)) {
    call.GetReturnValue().Set(value);
  }
}

}  // namespace

std::span<const engine::Op> clone_ops() {
  static constexpr engine::Op OPS[] = {{"structuredClone", engine::op<structured_clone>},
                                       {"valueToBytes", engine::op<value_to_bytes>},
                                       {"valueFromBytes", engine::op<value_from_bytes>}};
  return OPS;
}

}  // namespace cwrangler::web
