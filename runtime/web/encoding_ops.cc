// Text to bytes and back: UTF-8 by V8, every other encoding of https://encoding.spec.whatwg.org/ by
// encoding_rs.

#include <cstddef>

// The library's header leaves this to its users: size_t, and in C++ its opaque types.
struct Decoder;
struct Encoder;
struct Encoding;
#include <encoding_rs.h>

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "runtime/web/native_objects.h"
#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

std::span<const uint8_t> without_bom(std::span<const uint8_t> bytes) {
  static constexpr uint8_t BOM[] = {0xEF, 0xBB, 0xBF};
  const bool has_bom =
      bytes.size() >= sizeof BOM && std::memcmp(bytes.data(), BOM, sizeof BOM) == 0;
  return has_bom ? bytes.subspan(sizeof BOM) : bytes;
}

bool is_ascii(std::span<const uint8_t> bytes) {
  // A block is looked at whole, which the compiler makes wide instructions of.
  constexpr size_t BLOCK = 256;
  for (; bytes.size() >= BLOCK; bytes = bytes.subspan(BLOCK)) {
    uint8_t all = 0;
    for (size_t i = 0; i < BLOCK; ++i) all |= bytes[i];
    if (all >= 0x80) return false;
  }
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte < 0x80; });
}

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// encodeUtf8(text) → Uint8Array; lone surrogates become U+FFFD
void encode_utf8(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  v8::Local<v8::String> text;
  if (!call[0]->ToString(isolate->GetCurrentContext()).ToLocal(&text)) return;
  const auto size = static_cast<size_t>(text->Utf8Length(isolate));
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(isolate, size);
  text->WriteUtf8(isolate, static_cast<char*>(store->Data()), static_cast<int>(size), nullptr,
                  v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8);
  call.GetReturnValue().Set(
      v8::Uint8Array::New(v8::ArrayBuffer::New(isolate, std::move(store)), 0, size));
}

/// encodeInto(text, bytes, Uint32Array of 2): writes as many whole characters as fit; the array
/// gets the UTF-16 units read and the bytes written
void encode_into(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  if (!call[0]->IsString()) throw engine::TypeErrorException("a string is expected");
  const std::span<uint8_t> bytes = engine::bytes_of(call[1]);
  const std::span<uint8_t> result = engine::bytes_of(call[2]);
  uint32_t counts[2] = {0, 0};
  if (result.size() < sizeof counts)
    throw engine::TypeErrorException("a Uint32Array of 2 is expected");
  int read = 0;
  if (!bytes.empty()) {
    counts[1] = static_cast<uint32_t>(call[0].As<v8::String>()->WriteUtf8(
        isolate, reinterpret_cast<char*>(bytes.data()),
        static_cast<int>(std::min<size_t>(bytes.size(), INT32_MAX)), &read,
        v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8));
    counts[0] = static_cast<uint32_t>(read);
  }
  std::memcpy(result.data(), counts, sizeof counts);
}

/// decodeAscii(bytes) → text, or null when there is another byte
void decode_ascii(engine::Call call) {
  const std::span<const uint8_t> bytes = engine::bytes_of(call[0]);
  if (is_ascii(bytes)) {
    call.GetReturnValue().Set(engine::latin1_to_string(call.GetIsolate(), text_of(bytes)));
  } else {
    call.GetReturnValue().SetNull();
  }
}

const Encoding* encoding_of(engine::Call call, v8::Local<v8::Value> label) {
  const std::string text = engine::to_utf8(call.GetIsolate(), label);
  return encoding_for_label_no_replacement(reinterpret_cast<const uint8_t*>(text.data()),
                                           text.size());
}

/// encodingName(label) → the encoding's name in lower case, undefined when there is none
void encoding_name(engine::Call call) {
  const Encoding* const encoding = encoding_of(call, call[0]);
  if (encoding == nullptr) return;
  std::string name(ENCODING_NAME_MAX_LENGTH, '\0');
  name.resize(::encoding_name(encoding, reinterpret_cast<uint8_t*>(name.data())));
  call.GetReturnValue().Set(engine::to_string(call.GetIsolate(), ascii_lower(std::move(name))));
}

/// A decoder with what it keeps between chunks.
class TextDecoder : public NativeObject {
 public:
  TextDecoder(const Encoding* encoding, bool fatal, bool keep_bom)
      : decoder_(keep_bom ? encoding_new_decoder_without_bom_handling(encoding)
                          : encoding_new_decoder_with_bom_removal(encoding)),
        fatal_(fatal) {}
  ~TextDecoder() override { decoder_free(decoder_); }

  /// Empty when the bytes are not valid and the decoder is fatal.
  v8::MaybeLocal<v8::String> decode(v8::Isolate* isolate, std::span<const uint8_t> bytes,
                                    bool last) {
    std::u16string text(decoder_max_utf16_buffer_length(decoder_, bytes.size()), u'\0');
    size_t read = bytes.size();
    size_t written = text.size();
    // An empty span may have no address, which the library does not allow.
    static constexpr uint8_t NOTHING = 0;
    const uint8_t* const start = bytes.empty() ? &NOTHING : bytes.data();
    if (fatal_) {
      if (decoder_decode_to_utf16_without_replacement(decoder_, start, &read, text.data(), &written,
                                                      last) != INPUT_EMPTY) {
        return {};
      }
    } else {
      bool had_replacements = false;
      decoder_decode_to_utf16(decoder_, start, &read, text.data(), &written, last,
                              &had_replacements);
    }
    v8::Local<v8::String> string;
    if (written > static_cast<size_t>(v8::String::kMaxLength) ||
        !v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(text.data()),
                                    v8::NewStringType::kNormal, static_cast<int>(written))
             .ToLocal(&string)) {
      throw std::length_error("the text is longer than a JavaScript string can be");
    }
    return string;
  }

 private:
  Decoder* decoder_;
  bool fatal_;
};

/// decodeUtf8(bytes, keepBom) → text; what is not valid becomes U+FFFD
void decode_utf8(engine::Call call) {
  // From here on encoding_rs is faster than V8, in spite of the decoder that is made.
  constexpr size_t LONG = 512;
  v8::Isolate* const isolate = call.GetIsolate();
  const std::span<const uint8_t> bytes = engine::bytes_of(call[0]);
  const bool keep_bom = call[1]->IsTrue();
  v8::Local<v8::String> text;
  if (is_ascii(bytes)) {
    text = engine::latin1_to_string(isolate, text_of(bytes));
  } else if (bytes.size() < LONG) {
    text = engine::to_string(isolate, text_of(keep_bom ? bytes : without_bom(bytes)));
  } else if (!TextDecoder(UTF_8_ENCODING, false, keep_bom)
                  .decode(isolate, bytes, true)
                  .ToLocal(&text)) {
    return;
  }
  call.GetReturnValue().Set(text);
}

/// decoderNew(label, fatal, keepBom) → decoder
void decoder_new(engine::Call call) {
  const Encoding* const encoding = encoding_of(call, call[0]);
  if (encoding == nullptr) throw engine::TypeErrorException("unknown encoding");
  call.GetReturnValue().Set(engine::Isolate::from(call).state<NativeObjects>().wrap(
      std::make_unique<TextDecoder>(encoding, call[1]->IsTrue(), call[2]->IsTrue())));
}

/// decoderDecode(decoder, bytes, more) → text, undefined when they are not valid; `more`: further
/// chunks follow
void decoder_decode(engine::Call call) {
  auto& decoder = NativeObjects::unwrap<TextDecoder>(call[0]);
  v8::Local<v8::String> text;
  if (decoder.decode(call.GetIsolate(), engine::bytes_of(call[1]), !call[2]->IsTrue())
          .ToLocal(&text)) {
    call.GetReturnValue().Set(text);
  }
}

}  // namespace

std::span<const engine::Op> encoding_ops() {
  static constexpr engine::Op OPS[] = {
      {"encodeUtf8", engine::op<encode_utf8>},       {"encodeInto", engine::op<encode_into>},
      {"decodeUtf8", engine::op<decode_utf8>},       {"decodeAscii", engine::op<decode_ascii>},
      {"encodingName", engine::op<encoding_name>},   {"decoderNew", engine::op<decoder_new>},
      {"decoderDecode", engine::op<decoder_decode>},
  };
  return OPS;
}

}  // namespace cwrangler::web
