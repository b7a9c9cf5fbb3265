// Asymmetric keys as the structures SubjectPublicKeyInfo (RFC 5280) and PrivateKeyInfo (RFC 5208),
// in DER.

#include <limits>

#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"

namespace cwrangler::web {
namespace {

/// The name of a key's type as the ops have it. "" for those that WebCrypto does not know, an RSA
/// key that is bound to PSS among them.
std::string type_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return "RSA";
    case EVP_PKEY_ED25519:
      return "Ed25519";
    case EVP_PKEY_X25519:
      return "X25519";
    case EVP_PKEY_EC: {
      char curve[32] = "";
      if (EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) != 1) return "";
      const std::string name = curve;
      return name == "prime256v1"  ? "P-256"
             : name == "secp384r1" ? "P-384"
             : name == "secp521r1" ? "P-521"
                                   : "";
    }
    default:
      return "";
  }
}

/// The key, when all of the bytes are one of the type that the second argument names.
void return_if_whole(engine::Call call, EvpKey key, bool whole) {
  if (key == nullptr || !whole ||
      type_of(key.get()) != engine::to_utf8(call.GetIsolate(), call[1])) {
    return refuse();
  }
  return_key(call, std::move(key));
}

/// OpenSSL's functions for DER take long.
long length_of(std::span<const uint8_t> bytes) {
  return static_cast<long>(
      std::min(bytes.size(), static_cast<size_t>(std::numeric_limits<long>::max())));
}

/// keyFromSpki(bytes, type) → key. Type: "RSA", "P-256", "P-384", "P-521", "Ed25519", "X25519"
void key_from_spki(engine::Call call) {
  const std::span<const uint8_t> bytes = engine::bytes_of(call[0]);
  const uint8_t* read = bytes.data();
  EvpKey key(d2i_PUBKEY(nullptr, &read, length_of(bytes)));
  return_if_whole(call, std::move(key), read == bytes.data() + bytes.size());
}

/// keyFromPkcs8(bytes, type) → key
void key_from_pkcs8(engine::Call call) {
  const std::span<const uint8_t> bytes = engine::bytes_of(call[0]);
  const uint8_t* read = bytes.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &read, length_of(bytes)));
  if (info == nullptr) return refuse();
  return_if_whole(call, EvpKey(EVP_PKCS82PKEY(info.get())), read == bytes.data() + bytes.size());
}

/// Sets the result to what `write(key, &output)` writes, in the way of OpenSSL's i2d functions.
template <class Write>
void return_der(engine::Call call, Write write) {
  const int length = write(nullptr);
  if (length <= 0) return refuse();
  ResultBytes result(static_cast<size_t>(length));
  uint8_t* output = result.data();
  write(&output);
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

/// keyToSpki(key) → ArrayBuffer
void key_to_spki(engine::Call call) {
  EVP_PKEY* const key = NativeObjects::unwrap<AsymmetricKey>(call[0]).key();
  return_der(call, [&](uint8_t** output) { return i2d_PUBKEY(key, output); });
}

/// keyToPkcs8(key) → ArrayBuffer
void key_to_pkcs8(engine::Call call) {
  EVP_PKEY* const key = NativeObjects::unwrap<AsymmetricKey>(call[0]).key();
  const Pkcs8 info(EVP_PKEY2PKCS8(key));
  if (info == nullptr) return refuse();
  return_der(call, [&](uint8_t** output) { return i2d_PKCS8_PRIV_KEY_INFO(info.get(), output); });
}

}  // namespace

std::span<const engine::Op> key_format_ops() {
  static constexpr engine::Op OPS[] = {
      {"keyFromSpki", engine::op<key_from_spki>},
      {"keyFromPkcs8", engine::op<key_from_pkcs8>},
      {"keyToSpki", engine::op<key_to_spki>},
      {"keyToPkcs8", engine::op<key_to_pkcs8>},
  };
  return OPS;
}

}  // namespace cwrangler::web
