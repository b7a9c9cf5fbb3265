#include "runtime/engine/values.h"

#include <cstring>
#include <memory>

namespace cwrangler::engine {

v8::Local<v8::String> to_string(v8::Isolate* isolate, std::string_view utf8) {
  v8::Local<v8::String> string;
  if (utf8.size() > static_cast<size_t>(v8::String::kMaxLength) ||
      !v8::String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kNormal,
                               static_cast<int>(utf8.size()))
           .ToLocal(&string)) {
    throw std::length_error("the text is longer than a JavaScript string can be");
  }
  return string;
}

v8::Local<v8::String> to_name(v8::Isolate* isolate, std::string_view utf8) {
  return v8::String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kInternalized,
                                 static_cast<int>(utf8.size()))
      .ToLocalChecked();
}

v8::Local<v8::String> latin1_to_string(v8::Isolate* isolate, std::string_view bytes) {
  v8::Local<v8::String> string;
  if (bytes.size() > static_cast<size_t>(v8::String::kMaxLength) ||
      !v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(bytes.data()),
                                  v8::NewStringType::kNormal, static_cast<int>(bytes.size()))
           .ToLocal(&string)) {
    throw std::length_error("the text is longer than a JavaScript string can be");
  }
  return string;
}

std::string to_utf8(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  v8::Local<v8::String> string;
  if (!value->ToString(isolate->GetCurrentContext()).ToLocal(&string)) return {};
  std::string result(static_cast<size_t>(string->Utf8Length(isolate)), '\0');
  string->WriteUtf8(isolate, result.data(), static_cast<int>(result.size()), nullptr,
                    v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8);
  return result;
}

v8::Local<v8::Uint8Array> copy_to_uint8array(v8::Isolate* isolate, std::span<const uint8_t> bytes) {
  auto store = v8::ArrayBuffer::NewBackingStore(isolate, bytes.size());
  if (!bytes.empty()) std::memcpy(store->Data(), bytes.data(), bytes.size());
  return v8::Uint8Array::New(v8::ArrayBuffer::New(isolate, std::move(store)), 0, bytes.size());
}

v8::Local<v8::Uint8Array> move_to_uint8array(v8::Isolate* isolate, std::vector<uint8_t> bytes) {
  const size_t size = bytes.size();
  if (size == 0) return v8::Uint8Array::New(v8::ArrayBuffer::New(isolate, 0), 0, 0);
  auto owner = std::make_unique<std::vector<uint8_t>>(std::move(bytes));
  void* const data = owner->data();
  auto store = v8::ArrayBuffer::NewBackingStore(
      data, size,
      [](void*, size_t, void* vector) { delete static_cast<std::vector<uint8_t>*>(vector); },
      owner.release());
  return v8::Uint8Array::New(v8::ArrayBuffer::New(isolate, std::move(store)), 0, size);
}

std::span<uint8_t> bytes_of(v8::Local<v8::Value> value) {
  if (value->IsArrayBufferView()) {
    const auto view = value.As<v8::ArrayBufferView>();
    auto* const start = static_cast<uint8_t*>(view->Buffer()->Data());
    return {start ? start + view->ByteOffset() : nullptr, view->ByteLength()};
  }
  if (value->IsArrayBuffer()) {
    const auto buffer = value.As<v8::ArrayBuffer>();
    return {static_cast<uint8_t*>(buffer->Data()), buffer->ByteLength()};
  }
  if (value->IsSharedArrayBuffer()) {
    const auto buffer = value.As<v8::SharedArrayBuffer>();
    return {static_cast<uint8_t*>(buffer->Data()), buffer->ByteLength()};
  }
  throw TypeErrorException("expected an ArrayBuffer or a view of one");
}

v8::Local<v8::Value> get(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                         std::string_view key) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Value> value;
  if (!object->Get(context, to_name(isolate, key)).ToLocal(&value)) return v8::Undefined(isolate);
  return value;
}

void set(v8::Local<v8::Context> context, v8::Local<v8::Object> object, std::string_view key,
         v8::Local<v8::Value> value) {
  object->CreateDataProperty(context, to_name(context->GetIsolate(), key), value).Check();
}

v8::MaybeLocal<v8::Value> parse_json(v8::Local<v8::Context> context, std::string_view json) {
  return v8::JSON::Parse(context, to_string(context->GetIsolate(), json));
}

void throw_error(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::Error(to_string(isolate, message)));
}

void throw_type_error(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::TypeError(to_string(isolate, message)));
}

v8::Local<v8::Value> make_error(v8::Isolate* isolate, std::string_view message,
                                std::string_view code) {
  const v8::Local<v8::Value> error = v8::Exception::Error(to_string(isolate, message));
  if (!code.empty()) {
    set(isolate->GetCurrentContext(), error.As<v8::Object>(), "code", to_name(isolate, code));
  }
  return error;
}

std::string describe_error(v8::Local<v8::Context> context, v8::Local<v8::Value> error) {
  v8::Isolate* const isolate = context->GetIsolate();
  // `stack` may be a getter of the user's and throw: what it throws is of no interest here.
  const v8::TryCatch ignored(isolate);
  if (error->IsObject()) {
    const v8::Local<v8::Value> stack = get(context, error.As<v8::Object>(), "stack");
    if (stack->IsString()) return to_utf8(isolate, stack);
  }
  std::string text = to_utf8(isolate, error);
  return text.empty() && error->IsObject() ? "an object that cannot be shown" : text;
}

}  // namespace cwrangler::engine
