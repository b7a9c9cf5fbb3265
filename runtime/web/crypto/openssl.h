// OpenSSL's objects, owned, and what the ops over them share.

#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/engine/ops.h"
#include "runtime/web/native_objects.h"

namespace cwrangler::web {

template <auto free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

using BigNumber = std::unique_ptr<BIGNUM, FreedBy<BN_clear_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>>;
using EvpCipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreedBy<EVP_CIPHER_CTX_free>>;
using EvpDigestContext = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using EvpKey = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreedBy<PKCS8_PRIV_KEY_INFO_free>>;

/// A secret key: HMAC, AES, the input of HKDF and PBKDF2. Wiped at its end.
class SecretKey : public NativeObject {
 public:
  explicit SecretKey(std::span<const uint8_t> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  ~SecretKey() override { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

/// A key of RSA or of an elliptic curve: the public part, or both. OpenSSL wipes it.
class AsymmetricKey : public NativeObject {
 public:
  explicit AsymmetricKey(EvpKey key) : key_(std::move(key)) {}

  EVP_PKEY* key() const { return key_.get(); }

 private:
  EvpKey key_;
};

/// The result of an op, an ArrayBuffer in the making. Its memory is not zeroed first, and handed to
/// V8 without a copy where it is large.
class ResultBytes {
 public:
  explicit ResultBytes(size_t size);

  uint8_t* data() { return memory_.get(); }
  size_t size() const { return size_; }
  /// To what turned out to be written; never more than before.
  void shrink(size_t size) { size_ = size; }

  v8::Local<v8::ArrayBuffer> to_array_buffer(v8::Isolate* isolate) &&;

 private:
  std::unique_ptr<uint8_t, FreedBy<free>> memory_;
  size_t size_;
};

/// A digest by the name that WebCrypto has for it: "SHA-256". Throws std::invalid_argument for
/// other names: js/crypto/ has checked it. Any thread.
const EVP_MD* digest_named(const std::string& name);

/// The value of op argument `index` as the name of a digest.
const EVP_MD* digest_argument(engine::Call call, int index);

/// Leaves the result of an op undefined, by which JavaScript knows that OpenSSL refused, and
/// forgets OpenSSL's reasons: the next call must not find them.
void refuse();

/// Sets an op's result: a handle that owns the key; undefined when there is none.
void return_key(engine::Call call, EvpKey key);

/// Big-endian bytes to a number, never null.
BigNumber to_number(std::span<const uint8_t> bytes);

}  // namespace cwrangler::web
