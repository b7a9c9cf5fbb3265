// Keys of elliptic curves: those of NIST (https://w3c.github.io/webcrypto/#ecdsa), Ed25519 and
// X25519.

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"

namespace cwrangler::web {
namespace {

using ParametersBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>>;

EVP_PKEY* key_argument(engine::Call call, int index) {
  return NativeObjects::unwrap<AsymmetricKey>(call[index]).key();
}

void return_octets(engine::Call call, std::vector<uint8_t> bytes) {
  call.GetReturnValue().Set(engine::move_to_uint8array(call.GetIsolate(), std::move(bytes)));
}

// --- NIST's curves
// ----------------------------------------------------------------------------------

/// ecGenerate(curve) → key. Curve: "P-256", "P-384", "P-521"
void ec_generate(engine::Call call) {
  const std::string curve = engine::to_utf8(call.GetIsolate(), call[0]);
  return_key(call, EvpKey(EVP_EC_gen(curve.c_str())));
}

EvpKey ec_key(const std::string& curve, std::span<const uint8_t> point, const BIGNUM* scalar) {
  const ParametersBuilder builder(OSSL_PARAM_BLD_new());
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.c_str(), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  if (scalar != nullptr) {
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar);
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key,
                        scalar == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                        parameters.get()) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

/// Whether the public part is the private one's.
bool is_pair(EVP_PKEY* key) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context != nullptr && EVP_PKEY_pairwise_check(context.get()) == 1;
}

/// ecFromPoint(curve, point) → public key. Point: SEC 1, section 2.3.3, compressed or not
void ec_from_point(engine::Call call) {
  const std::string curve = engine::to_utf8(call.GetIsolate(), call[0]);
  return_key(call, ec_key(curve, engine::bytes_of(call[1]), nullptr));
}

/// ecFromScalar(curve, point, private scalar) → key
void ec_from_scalar(engine::Call call) {
  const std::string curve = engine::to_utf8(call.GetIsolate(), call[0]);
  const BigNumber scalar = to_number(engine::bytes_of(call[2]));
  EvpKey key = ec_key(curve, engine::bytes_of(call[1]), scalar.get());
  if (key == nullptr || !is_pair(key.get())) return refuse();
  return_key(call, std::move(key));
}

/// ecPoint(key) → Uint8Array, not compressed
void ec_point(engine::Call call) {
  EVP_PKEY* const key = key_argument(call, 0);
  // Keys that were read from a compressed point would give that.
  if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     "uncompressed") != 1) {
    return refuse();
  }
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0, &size) != 1) {
    return refuse();
  }
  std::vector<uint8_t> point(size);
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), size, &size) !=
      1) {
    return refuse();
  }
  return_octets(call, std::move(point));
}

/// ecScalar(key) → Uint8Array, as long as the curve's order
void ec_scalar(engine::Call call) {
  EVP_PKEY* const key = key_argument(call, 0);
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &found) != 1) return refuse();
  const BigNumber scalar(found);
  std::vector<uint8_t> bytes((static_cast<size_t>(EVP_PKEY_get_bits(key)) + 7) / 8);
  if (BN_bn2binpad(found, bytes.data(), static_cast<int>(bytes.size())) < 0) return refuse();
  return_octets(call, std::move(bytes));
}

// --- Ed25519 and X25519
// -----------------------------------------------------------------------------

/// okpGenerate(type) → key. Type: "Ed25519", "X25519"
void okp_generate(engine::Call call) {
  const std::string type = engine::to_utf8(call.GetIsolate(), call[0]);
  return_key(call, EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, type.c_str())));
}

/// okpFromBytes(type, private, 32 bytes) → key
void okp_from_bytes(engine::Call call) {
  const std::string type = engine::to_utf8(call.GetIsolate(), call[0]);
  const auto make =
      call[1]->IsTrue() ? EVP_PKEY_new_raw_private_key_ex : EVP_PKEY_new_raw_public_key_ex;
  const std::span<const uint8_t> bytes = engine::bytes_of(call[2]);
  return_key(call, EvpKey(make(nullptr, type.c_str(), nullptr, bytes.data(), bytes.size())));
}

/// okpBytes(key, private) → Uint8Array
void okp_bytes(engine::Call call) {
  EVP_PKEY* const key = key_argument(call, 0);
  const auto read = call[1]->IsTrue() ? EVP_PKEY_get_raw_private_key : EVP_PKEY_get_raw_public_key;
  std::vector<uint8_t> bytes(32);
  size_t size = bytes.size();
  if (read(key, bytes.data(), &size) != 1) return refuse();
  return_octets(call, std::move(bytes));
}

}  // namespace

std::span<const engine::Op> curve_ops() {
  static constexpr engine::Op OPS[] = {
      {"ecGenerate", engine::op<ec_generate>},      {"ecFromPoint", engine::op<ec_from_point>},
      {"ecFromScalar", engine::op<ec_from_scalar>}, {"ecPoint", engine::op<ec_point>},
      {"ecScalar", engine::op<ec_scalar>},          {"okpGenerate", engine::op<okp_generate>},
      {"okpFromBytes", engine::op<okp_from_bytes>}, {"okpBytes", engine::op<okp_bytes>},
  };
  return OPS;
}

}  // namespace cwrangler::web
