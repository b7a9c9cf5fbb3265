// The compressor and decompressor behind CompressionStream and DecompressionStream, by zlib:
// https://compression.spec.whatwg.org/

#include <zlib.h>

#include "runtime/web/native_objects.h"
#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

/// zlib's way to name a container, in the parameter windowBits.
constexpr int ZLIB = MAX_WBITS;
constexpr int RAW = -MAX_WBITS;
constexpr int GZIP = MAX_WBITS + 16;
/// zlib's default; more buys little (deflateInit2's manual).
constexpr int MEMORY_LEVEL = 8;
/// How much output is made at a time.
constexpr size_t BLOCK = 65536;

int window_bits(const std::string& format) {
  if (format == "deflate") return ZLIB;
  if (format == "deflate-raw") return RAW;
  if (format == "gzip") return GZIP;
  throw engine::TypeErrorException("Unsupported compression format: '" + format + "'");
}

class Codec : public NativeObject {
 public:
  /// All output for this input. `last`: no further input comes. Throws TypeErrorException for data
  /// that is not valid.
  virtual std::vector<uint8_t> run(std::span<const uint8_t> input, bool last) = 0;

 protected:
  Codec() = default;

  void set_input(std::span<const uint8_t> input) {
    stream_.next_in = const_cast<Bytef*>(input.data());  // zlib does not write to it
    stream_.avail_in = static_cast<uInt>(input.size());
  }
  /// Calls `step` until it leaves room in the output or fails. Returns its last result.
  template <class Step>
  int produce(std::vector<uint8_t>& output, Step step) {
    int result = Z_OK;
    do {
      const size_t used = output.size();
      output.resize(used + BLOCK);
      stream_.next_out = output.data() + used;
      stream_.avail_out = BLOCK;
      result = step();
      output.resize(output.size() - stream_.avail_out);
    } while (stream_.avail_out == 0 && result == Z_OK);
    return result;
  }

  z_stream stream_{};
};

class Compressor : public Codec {
 public:
  explicit Compressor(int bits) {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("not enough memory to compress");
    }
  }
  ~Compressor() override { deflateEnd(&stream_); }

  std::vector<uint8_t> run(std::span<const uint8_t> input, bool last) override {
    std::vector<uint8_t> output;
    set_input(input);
    produce(output, [&] { return deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH); });
    return output;
  }
};

class Decompressor : public Codec {
 public:
  explicit Decompressor(int bits) {
    if (inflateInit2(&stream_, bits) != Z_OK) {
      throw std::runtime_error("not enough memory to decompress");
    }
  }
  ~Decompressor() override { inflateEnd(&stream_); }

  std::vector<uint8_t> run(std::span<const uint8_t> input, bool last) override {
    std::vector<uint8_t> output;
    if (!ended_) {
      set_input(input);
      const int result = produce(output, [&] { return inflate(&stream_, Z_NO_FLUSH); });
      ended_ = result == Z_STREAM_END;
      // Z_BUF_ERROR only says that there was nothing left to do.
      if (!ended_ && result != Z_OK && result != Z_BUF_ERROR) fail();
      if (ended_ && stream_.avail_in > 0) {
        throw engine::TypeErrorException("Trailing bytes after the end of the compressed data");
      }
    } else if (!input.empty()) {
      throw engine::TypeErrorException("Trailing bytes after the end of the compressed data");
    }
    if (last && !ended_) {
      throw engine::TypeErrorException("The compressed data ends too early");
    }
    return output;
  }

 private:
  [[noreturn]] void fail() {
    throw engine::TypeErrorException(std::string("The compressed data is not valid: ") +
                                     (stream_.msg != nullptr ? stream_.msg : "unknown error"));
  }

  bool ended_ = false;
};

/// compressionNew(format, decompress) → codec
void compression_new(engine::Call call) {
  const int bits = window_bits(engine::to_utf8(call.GetIsolate(), call[0]));
  std::unique_ptr<NativeObject> codec;
  if (call[1]->IsTrue()) {
    codec = std::make_unique<Decompressor>(bits);
  } else {
    codec = std::make_unique<Compressor>(bits);
  }
  call.GetReturnValue().Set(
      engine::Isolate::from(call).state<NativeObjects>().wrap(std::move(codec)));
}

/// compressionWrite(codec, bytes) → Uint8Array
void compression_write(engine::Call call) {
  auto& codec = NativeObjects::unwrap<Codec>(call[0]);
  call.GetReturnValue().Set(
      engine::move_to_uint8array(call.GetIsolate(), codec.run(engine::bytes_of(call[1]), false)));
}

/// compressionFinish(codec, wanted) → Uint8Array; not wanted: the stream was cancelled
void compression_finish(engine::Call call) {
  auto& codec = NativeObjects::unwrap<Codec>(call[0]);
  if (!call[1]->IsTrue()) return;
  call.GetReturnValue().Set(engine::move_to_uint8array(call.GetIsolate(), codec.run({}, true)));
}

}  // namespace

std::span<const engine::Op> compression_ops() {
  static constexpr engine::Op OPS[] = {
      {"compressionNew", engine::op<compression_new>},
      {"compressionWrite", engine::op<compression_write>},
      {"compressionFinish", engine::op<compression_finish>},
  };
  return OPS;
}

}  // namespace cwrangler::web
