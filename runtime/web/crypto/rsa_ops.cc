// RSA keys and RSA-OAEP: https://w3c.github.io/webcrypto/#rsa-oaep. Signatures: signature_ops.cc.

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>

#include "runtime/web/crypto/crypto_thread.h"
#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"
#include "runtime/web/delivery.h"

namespace cwrangler::web {
namespace {

using ParametersBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>>;

/// The numbers of a key in the order of RFC 8017's RSAPrivateKey: n, e; and d, p, q, dp, dq, qi.
constexpr std::array COMPONENTS = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};
constexpr size_t PUBLIC_COMPONENTS = 2;
constexpr size_t N = 0;
constexpr size_t P = 3;
constexpr size_t Q = 4;

EvpKey generate(int bits, std::span<const uint8_t> exponent, const std::atomic<bool>& stopping) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const BigNumber number = to_number(exponent);
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), number.get()) != 1) {
    return nullptr;
  }
  // The largest take minutes.
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<std::atomic<bool>*>(&stopping));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* running) {
    return static_cast<std::atomic<bool>*>(EVP_PKEY_CTX_get_app_data(running))->load() ? 0 : 1;
  });
  EVP_PKEY* key = nullptr;
  return EvpKey(EVP_PKEY_generate(context.get(), &key) == 1 ? key : nullptr);
}

/// rsaGenerate(bits, exponent's bytes) → promise of a key, or of undefined
void rsa_generate(engine::Call call) {
  const int bits = static_cast<int>(call[0].As<v8::Number>()->Value());
  const std::span<const uint8_t> view = engine::bytes_of(call[1]);
  engine::Isolate& isolate = engine::Isolate::from(call);
  CryptoThread& thread = CryptoThread::of(isolate);
  thread.post([bits, exponent = std::vector<uint8_t>(view.begin(), view.end()), &thread,
               reply = isolate.state<Delivery>().promise(call)] {
    // Shared, because what a reply does is copied.
    const std::shared_ptr<EVP_PKEY> key(generate(bits, exponent, thread.stopping()).release(),
                                        EVP_PKEY_free);
    if (key == nullptr) refuse();
    reply.send([key](engine::ScriptScope& scope, engine::PendingPromise& promise) {
      if (key == nullptr) return promise.resolve();
      EVP_PKEY_up_ref(key.get());
      promise.resolve(engine::Isolate::from(scope.v8())
                          .state<NativeObjects>()
                          .wrap(std::make_unique<AsymmetricKey>(EvpKey(key.get()))));
    });
  });
}

/// rsaFromComponents([n, e] or [n, e, d, p, q, dp, dq, qi], each bytes) → key
void rsa_from_components(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  const v8::Local<v8::Array> components = call[0].As<v8::Array>();
  const size_t count = components->Length();
  const ParametersBuilder builder(OSSL_PARAM_BLD_new());
  std::array<BigNumber, COMPONENTS.size()> numbers;
  for (size_t i = 0; i < count && i < COMPONENTS.size(); ++i) {
    const auto bytes = components->Get(context, static_cast<uint32_t>(i)).ToLocalChecked();
    numbers[i] = to_number(engine::bytes_of(bytes));
    OSSL_PARAM_BLD_push_BN(builder.get(), COMPONENTS[i], numbers[i].get());
  }
  if (count > PUBLIC_COMPONENTS) {
    const std::unique_ptr<BN_CTX, FreedBy<BN_CTX_free>> scratch(BN_CTX_new());
    const BigNumber product(BN_new());
    if (BN_mul(product.get(), numbers[P].get(), numbers[Q].get(), scratch.get()) != 1 ||
        BN_cmp(product.get(), numbers[N].get()) != 0) {
      return refuse();
    }
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const EvpKeyContext key_context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || EVP_PKEY_fromdata_init(key_context.get()) != 1 ||
      EVP_PKEY_fromdata(key_context.get(), &key,
                        count > PUBLIC_COMPONENTS ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        parameters.get()) != 1) {
    return refuse();
  }
  return_key(call, EvpKey(key));
}

/// rsaComponents(key, private) → array of Uint8Arrays, as rsaFromComponents() takes it
void rsa_components(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  EVP_PKEY* const key = NativeObjects::unwrap<AsymmetricKey>(call[0]).key();
  const size_t count = call[1]->IsTrue() ? COMPONENTS.size() : PUBLIC_COMPONENTS;
  std::vector<v8::Local<v8::Value>> values;
  for (size_t i = 0; i < count; ++i) {
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(key, COMPONENTS[i], &found) != 1) return refuse();
    const BigNumber number(found);
    std::vector<uint8_t> bytes(static_cast<size_t>(BN_num_bytes(found)));
    BN_bn2bin(found, bytes.data());
    values.push_back(engine::move_to_uint8array(isolate, std::move(bytes)));
  }
  call.GetReturnValue().Set(v8::Array::New(isolate, values.data(), values.size()));
}

/// rsaModulusLength(key) → bits
void rsa_modulus_length(engine::Call call) {
  call.GetReturnValue().Set(EVP_PKEY_get_bits(NativeObjects::unwrap<AsymmetricKey>(call[0]).key()));
}

/// rsaOaep(encrypt, key, digest name, label, bytes) → ArrayBuffer
void rsa_oaep(engine::Call call) {
  const bool encrypting = call[0]->IsTrue();
  EVP_PKEY* const key = NativeObjects::unwrap<AsymmetricKey>(call[1]).key();
  const EVP_MD* const digest = digest_argument(call, 2);
  const std::span<const uint8_t> label = engine::bytes_of(call[3]);
  const std::span<const uint8_t> bytes = engine::bytes_of(call[4]);
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const auto start = encrypting ? EVP_PKEY_encrypt_init : EVP_PKEY_decrypt_init;
  if (context == nullptr || start(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) != 1) {
    return refuse();
  }
  if (!label.empty()) {
    void* const copy = OPENSSL_memdup(label.data(), label.size());
    if (EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy, static_cast<int>(label.size())) !=
        1) {
      OPENSSL_free(copy);
      return refuse();
    }
  }
  ResultBytes result(static_cast<size_t>(EVP_PKEY_get_size(key)));
  size_t size = result.size();
  const auto run = encrypting ? EVP_PKEY_encrypt : EVP_PKEY_decrypt;
  if (run(context.get(), result.data(), &size, bytes.data(), bytes.size()) != 1) return refuse();
  result.shrink(size);
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

}  // namespace

std::span<const engine::Op> rsa_ops() {
  static constexpr engine::Op OPS[] = {
      {"rsaGenerate", engine::op<rsa_generate>},
      {"rsaFromComponents", engine::op<rsa_from_components>},
      {"rsaComponents", engine::op<rsa_components>},
      {"rsaModulusLength", engine::op<rsa_modulus_length>},
      {"rsaOaep", engine::op<rsa_oaep>},
  };
  return OPS;
}

}  // namespace cwrangler::web
