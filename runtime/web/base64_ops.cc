#include "runtime/web/base64.h"
#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

/// The string's characters as bytes; nothing when one is above U+00FF.
std::optional<std::string> latin1(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  if (!value->IsString()) throw engine::TypeErrorException("a string is expected");
  const auto string = value.As<v8::String>();
  if (!string->ContainsOnlyOneByte()) return std::nullopt;
  std::string bytes(static_cast<size_t>(string->Length()), '\0');
  string->WriteOneByte(isolate, reinterpret_cast<uint8_t*>(bytes.data()), 0, string->Length(),
                       v8::String::NO_NULL_TERMINATION);
  return bytes;
}

std::optional<std::vector<uint8_t>> decode(engine::Call call) {
  const std::optional<std::string> text = latin1(call.GetIsolate(), call[0]);
  return text ? base64_decode_forgiving(*text) : std::nullopt;
}

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// base64Decode(text) → Uint8Array, undefined when it is not valid
void decode_base64(engine::Call call) {
  if (auto bytes = decode(call)) {
    call.GetReturnValue().Set(engine::move_to_uint8array(call.GetIsolate(), std::move(*bytes)));
  }
}

/// base64Encode(bytes) → text
void encode_base64(engine::Call call) {
  call.GetReturnValue().Set(
      engine::latin1_to_string(call.GetIsolate(), base64_encode(engine::bytes_of(call[0]))));
}

/// atob(text) → a string of the bytes, undefined when it is not valid
void atob(engine::Call call) {
  if (const auto bytes = decode(call)) {
    call.GetReturnValue().Set(engine::latin1_to_string(call.GetIsolate(), text_of(*bytes)));
  }
}

/// btoa(string of bytes) → text, undefined when a character is above U+00FF
void btoa(engine::Call call) {
  if (const auto bytes = latin1(call.GetIsolate(), call[0])) {
    call.GetReturnValue().Set(engine::latin1_to_string(
        call.GetIsolate(),
        base64_encode({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()})));
  }
}

}  // namespace

std::span<const engine::Op> base64_ops() {
  static constexpr engine::Op OPS[] = {
      {"base64Decode", engine::op<decode_base64>},
      {"base64Encode", engine::op<encode_base64>},
      {"atob", engine::op<atob>},
      {"btoa", engine::op<btoa>},
  };
  return OPS;
}

}  // namespace cwrangler::web
