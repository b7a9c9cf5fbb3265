// Secret keys, and HMAC over them: https://w3c.github.io/webcrypto/#hmac

#include <openssl/hmac.h>

#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"

namespace cwrangler::web {
namespace {

/// secretKeyNew(bytes) → key with a copy of them
void secret_key_new(engine::Call call) {
  call.GetReturnValue().Set(engine::Isolate::from(call).state<NativeObjects>().wrap(
      std::make_unique<SecretKey>(engine::bytes_of(call[0]))));
}

/// secretKeyBytes(key) → ArrayBuffer, a copy
void secret_key_bytes(engine::Call call) {
  const std::span<const uint8_t> bytes = NativeObjects::unwrap<SecretKey>(call[0]).bytes();
  ResultBytes copy(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.data());
  call.GetReturnValue().Set(std::move(copy).to_array_buffer(call.GetIsolate()));
}

/// hmac(key, digest name, bytes) → ArrayBuffer
void hmac(engine::Call call) {
  const std::span<const uint8_t> key = NativeObjects::unwrap<SecretKey>(call[0]).bytes();
  const EVP_MD* const digest = digest_argument(call, 1);
  const std::span<const uint8_t> bytes = engine::bytes_of(call[2]);
  ResultBytes result(static_cast<size_t>(EVP_MD_get_size(digest)));
  // A null key would mean that of the call before.
  static const uint8_t NO_BYTES = 0;
  if (HMAC(digest, key.empty() ? &NO_BYTES : key.data(), static_cast<int>(key.size()), bytes.data(),
           bytes.size(), result.data(), nullptr) == nullptr) {
    return refuse();
  }
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

}  // namespace

std::span<const engine::Op> secret_key_ops() {
  static constexpr engine::Op OPS[] = {
      {"secretKeyNew", engine::op<secret_key_new>},
      {"secretKeyBytes", engine::op<secret_key_bytes>},
      {"hmac", engine::op<hmac>},
  };
  return OPS;
}

}  // namespace cwrangler::web
