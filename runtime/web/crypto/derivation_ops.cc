// Keys from keys: HKDF (RFC 5869), PBKDF2 (RFC 8018), and what two parties agree on by ECDH or
// X25519.

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "runtime/web/crypto/crypto_thread.h"
#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"
#include "runtime/web/delivery.h"

namespace cwrangler::web {
namespace {

using EvpKdf = std::unique_ptr<EVP_KDF, FreedBy<EVP_KDF_free>>;
using EvpKdfContext = std::unique_ptr<EVP_KDF_CTX, FreedBy<EVP_KDF_CTX_free>>;

OSSL_PARAM octets(const char* name, std::span<const uint8_t> bytes) {
  // An empty view has no address; to OpenSSL that would be no parameter.
  static uint8_t no_bytes = 0;
  uint8_t* const data = bytes.empty() ? &no_bytes : const_cast<uint8_t*>(bytes.data());
  return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

/// hkdf(key, digest name, salt, info, length in bytes) → ArrayBuffer
void hkdf(engine::Call call) {
  static const EvpKdf HKDF(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::span<const uint8_t> key = NativeObjects::unwrap<SecretKey>(call[0]).bytes();
  const char* const digest = EVP_MD_get0_name(digest_argument(call, 1));
  ResultBytes result(static_cast<size_t>(call[4].As<v8::Number>()->Value()));
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(digest), 0),
      octets(OSSL_KDF_PARAM_KEY, key),
      octets(OSSL_KDF_PARAM_SALT, engine::bytes_of(call[2])),
      octets(OSSL_KDF_PARAM_INFO, engine::bytes_of(call[3])),
      OSSL_PARAM_construct_end(),
  };
  const EvpKdfContext context(EVP_KDF_CTX_new(HKDF.get()));
  if (context == nullptr ||
      EVP_KDF_derive(context.get(), result.data(), result.size(), parameters) != 1) {
    return refuse();
  }
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

/// pbkdf2(key, digest name, salt, iterations, length in bytes) → promise of an ArrayBuffer, or of
/// undefined
void pbkdf2(engine::Call call) {
  const std::span<const uint8_t> key = NativeObjects::unwrap<SecretKey>(call[0]).bytes();
  const EVP_MD* const digest = digest_argument(call, 1);
  const std::span<const uint8_t> salt = engine::bytes_of(call[2]);
  const int iterations = static_cast<int>(call[3].As<v8::Number>()->Value());
  const auto length = static_cast<size_t>(call[4].As<v8::Number>()->Value());
  engine::Isolate& isolate = engine::Isolate::from(call);
  CryptoThread::of(isolate).post([password = std::make_shared<SecretKey>(key),
                                  salt = std::vector<uint8_t>(salt.begin(), salt.end()), digest,
                                  iterations, length,
                                  reply = isolate.state<Delivery>().promise(call)] {
    const auto result = std::make_shared<ResultBytes>(length);
    const bool done = PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password->bytes().data()),
                                        static_cast<int>(password->bytes().size()), salt.data(),
                                        static_cast<int>(salt.size()), iterations, digest,
                                        static_cast<int>(length), result->data()) == 1;
    if (!done) refuse();
    reply.send([result, done](engine::ScriptScope& scope, engine::PendingPromise& promise) {
      if (!done) return promise.resolve();
      promise.resolve(std::move(*result).to_array_buffer(scope.v8()));
    });
  });
}

/// agree(private key, public key) → ArrayBuffer: the secret that both parties come to
void agree(engine::Call call) {
  EVP_PKEY* const own = NativeObjects::unwrap<AsymmetricKey>(call[0]).key();
  EVP_PKEY* const peer = NativeObjects::unwrap<AsymmetricKey>(call[1]).key();
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  size_t size = 0;
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return refuse();
  }
  ResultBytes result(size);
  if (EVP_PKEY_derive(context.get(), result.data(), &size) != 1) return refuse();
  result.shrink(size);
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

}  // namespace

std::span<const engine::Op> derivation_ops() {
  static constexpr engine::Op OPS[] = {
      {"hkdf", engine::op<hkdf>},
      {"pbkdf2", engine::op<pbkdf2>},
      {"agree", engine::op<agree>},
  };
  return OPS;
}

}  // namespace cwrangler::web
