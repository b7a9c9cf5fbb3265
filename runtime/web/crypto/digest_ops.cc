// Digests: https://w3c.github.io/webcrypto/#sha, and MD5, which Workers have too.

#include <openssl/crypto.h>

#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"

namespace cwrangler::web {
namespace {

class RunningDigest : public NativeObject {
 public:
  explicit RunningDigest(const EVP_MD* digest) : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex2(context_.get(), digest, nullptr) != 1) {
      throw std::bad_alloc();
    }
  }

  void update(std::span<const uint8_t> bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }

  /// Once.
  ResultBytes finish() {
    ResultBytes result(static_cast<size_t>(EVP_MD_CTX_get_size(context_.get())));
    EVP_DigestFinal_ex(context_.get(), result.data(), nullptr);
    return result;
  }

 private:
  EvpDigestContext context_;
};

/// digest(name, bytes) → ArrayBuffer
void digest(engine::Call call) {
  const EVP_MD* const digest = digest_argument(call, 0);
  const std::span<const uint8_t> bytes = engine::bytes_of(call[1]);
  ResultBytes result(static_cast<size_t>(EVP_MD_get_size(digest)));
  if (EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, digest, nullptr) != 1) {
    return refuse();
  }
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

/// digestNew(name) → a digest of what is yet to come
void digest_new(engine::Call call) {
  call.GetReturnValue().Set(engine::Isolate::from(call).state<NativeObjects>().wrap(
      std::make_unique<RunningDigest>(digest_argument(call, 0))));
}

/// digestUpdate(digest, bytes)
void digest_update(engine::Call call) {
  NativeObjects::unwrap<RunningDigest>(call[0]).update(engine::bytes_of(call[1]));
}

/// digestFinish(digest) → ArrayBuffer; once
void digest_finish(engine::Call call) {
  ResultBytes result = NativeObjects::unwrap<RunningDigest>(call[0]).finish();
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

/// equalInConstantTime(a, b) → boolean: takes as long wherever they differ; false for other lengths
void equal_in_constant_time(engine::Call call) {
  const std::span<const uint8_t> a = engine::bytes_of(call[0]);
  const std::span<const uint8_t> b = engine::bytes_of(call[1]);
  call.GetReturnValue().Set(a.size() == b.size() &&
                            CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace

std::span<const engine::Op> digest_ops() {
  static constexpr engine::Op OPS[] = {
      {"digest", engine::op<digest>},
      {"digestNew", engine::op<digest_new>},
      {"digestUpdate", engine::op<digest_update>},
      {"digestFinish", engine::op<digest_finish>},
      {"equalInConstantTime", engine::op<equal_in_constant_time>},
  };
  return OPS;
}

}  // namespace cwrangler::web
