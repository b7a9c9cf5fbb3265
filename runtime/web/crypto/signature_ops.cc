// Signatures: RSASSA-PKCS1-v1_5, RSA-PSS, ECDSA, Ed25519. https://w3c.github.io/webcrypto/

#include <openssl/rsa.h>

#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"

namespace cwrangler::web {
namespace {

/// What the ops' first arguments say: (key, scheme, digest name, salt length, …). Scheme: "PKCS1",
/// "PSS", "ECDSA", "EdDSA"; the last has no digest, and only PSS has a salt, whose length is in
/// bytes.
struct Scheme {
  EVP_PKEY* key;
  std::string name;
  const EVP_MD* digest;
  int salt_length;

  explicit Scheme(engine::Call call)
      : key(NativeObjects::unwrap<AsymmetricKey>(call[0]).key()),
        name(engine::to_utf8(call.GetIsolate(), call[1])),
        digest(name == "EdDSA" ? nullptr : digest_argument(call, 2)),
        salt_length(name == "PSS" ? static_cast<int>(call[3].As<v8::Number>()->Value()) : 0) {}

  bool set_up(EVP_PKEY_CTX* context) const {
    if (name != "PSS") return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_length) == 1;
  }

  /// ECDSA: how many bytes each of the two numbers has.
  size_t number_size() const { return (static_cast<size_t>(EVP_PKEY_get_bits(key)) + 7) / 8; }
};

/// WebCrypto's signatures of ECDSA are the two numbers side by side (IEEE P1363), OpenSSL's are
/// DER.
std::vector<uint8_t> from_der(std::span<const uint8_t> der, size_t number_size) {
  const uint8_t* read = der.data();
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &read, static_cast<long>(der.size())));
  std::vector<uint8_t> bytes(2 * number_size);
  const int size = static_cast<int>(number_size);
  if (signature == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes.data(), size) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes.data() + number_size, size) < 0) {
    return {};
  }
  return bytes;
}

/// Empty when it cannot be a signature.
std::vector<uint8_t> to_der(std::span<const uint8_t> bytes, size_t number_size) {
  if (bytes.size() != 2 * number_size) return {};
  const EcdsaSignature signature(ECDSA_SIG_new());
  // The signature owns them then.
  ECDSA_SIG_set0(signature.get(), to_number(bytes.first(number_size)).release(),
                 to_number(bytes.last(number_size)).release());
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) return {};
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* output = der.data();
  i2d_ECDSA_SIG(signature.get(), &output);
  return der;
}

/// sign(key, scheme, digest name, salt length, bytes) → Uint8Array
void sign(engine::Call call) {
  const Scheme scheme(call);
  const std::span<const uint8_t> bytes = engine::bytes_of(call[4]);
  const EvpDigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // the other owns it
  std::vector<uint8_t> signature(static_cast<size_t>(EVP_PKEY_get_size(scheme.key)));
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), &key_context, scheme.digest, nullptr, scheme.key) != 1 ||
      !scheme.set_up(key_context) ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1) {
    return refuse();
  }
  signature.resize(size);
  if (scheme.name == "ECDSA") signature = from_der(signature, scheme.number_size());
  call.GetReturnValue().Set(engine::move_to_uint8array(call.GetIsolate(), std::move(signature)));
}

/// verify(key, scheme, digest name, salt length, signature, bytes) → boolean
void verify(engine::Call call) {
  const Scheme scheme(call);
  const std::span<const uint8_t> given = engine::bytes_of(call[4]);
  std::vector<uint8_t> signature = scheme.name == "ECDSA"
                                       ? to_der(given, scheme.number_size())
                                       : std::vector<uint8_t>(given.begin(), given.end());
  const std::span<const uint8_t> bytes = engine::bytes_of(call[5]);
  const EvpDigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // the other owns it
  const bool valid =
      EVP_DigestVerifyInit(context.get(), &key_context, scheme.digest, nullptr, scheme.key) == 1 &&
      scheme.set_up(key_context) &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(),
                       bytes.size()) == 1;
  if (!valid) refuse();
  call.GetReturnValue().Set(valid);
}

}  // namespace

std::span<const engine::Op> signature_ops() {
  static constexpr engine::Op OPS[] = {
      {"sign", engine::op<sign>},
      {"verify", engine::op<verify>},
  };
  return OPS;
}

}  // namespace cwrangler::web
