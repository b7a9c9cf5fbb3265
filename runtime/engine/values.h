// Between C++ values and V8's.

#pragma once

#include <v8.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::engine {

/// Thrown by an op for an argument of the wrong kind.
class TypeErrorException : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// UTF-8 to a JavaScript string; invalid sequences become U+FFFD. Throws std::length_error when it
/// is longer than a JavaScript string can be (about 512 MiB).
v8::Local<v8::String> to_string(v8::Isolate* isolate, std::string_view utf8);
/// A name used often: V8 keeps one copy.
v8::Local<v8::String> to_name(v8::Isolate* isolate, std::string_view utf8);
/// Bytes to a string of code points 0-255, one each (header values).
v8::Local<v8::String> latin1_to_string(v8::Isolate* isolate, std::string_view bytes);

/// Any value by JavaScript's ToString, as UTF-8; lone surrogates become U+FFFD. Empty when that
/// threw.
std::string to_utf8(v8::Isolate* isolate, v8::Local<v8::Value> value);

/// A Uint8Array that owns a copy of the bytes.
v8::Local<v8::Uint8Array> copy_to_uint8array(v8::Isolate* isolate, std::span<const uint8_t> bytes);
/// A Uint8Array over the vector's own memory, without a copy.
v8::Local<v8::Uint8Array> move_to_uint8array(v8::Isolate* isolate, std::vector<uint8_t> bytes);

/// The memory of an ArrayBuffer, a SharedArrayBuffer or a view of one. Valid until JavaScript runs
/// again (it may detach or grow the buffer). Throws TypeErrorException for anything else.
std::span<uint8_t> bytes_of(v8::Local<v8::Value> value);

/// Like `object[key]`, but never runs JavaScript of the user's unless `object` is theirs; Undefined
/// when that threw.
v8::Local<v8::Value> get(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                         std::string_view key);
void set(v8::Local<v8::Context> context, v8::Local<v8::Object> object, std::string_view key,
         v8::Local<v8::Value> value);

/// A JavaScript value from JSON text. Empty when it is not JSON.
v8::MaybeLocal<v8::Value> parse_json(v8::Local<v8::Context> context, std::string_view json);

void throw_error(v8::Isolate* isolate, std::string_view message);
void throw_type_error(v8::Isolate* isolate, std::string_view message);

/// An Error object, with a property `code` when `code` is not empty ("ENOENT").
v8::Local<v8::Value> make_error(v8::Isolate* isolate, std::string_view message,
                                std::string_view code = {});

/// What a person should see of a thrown value: its `stack` when it has one (which starts with name
/// and message), else the value as a string.
std::string describe_error(v8::Local<v8::Context> context, v8::Local<v8::Value> error);

}  // namespace cwrangler::engine
