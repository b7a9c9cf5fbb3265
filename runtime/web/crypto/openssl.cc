#include "runtime/web/crypto/openssl.h"

#include <openssl/err.h>

#include <cstring>
#include <new>
#include <stdexcept>

namespace cwrangler::web {
namespace {

/// From here on V8 takes the memory over; below, a copy costs less than what that needs.
constexpr size_t LARGE = 4096;

}  // namespace

ResultBytes::ResultBytes(size_t size)
    : memory_(static_cast<uint8_t*>(std::malloc(std::max<size_t>(size, 1)))), size_(size) {
  if (memory_ == nullptr) throw std::bad_alloc();
}

v8::Local<v8::ArrayBuffer> ResultBytes::to_array_buffer(v8::Isolate* isolate) && {
  if (size_ < LARGE) {
    const v8::Local<v8::ArrayBuffer> copy = v8::ArrayBuffer::New(isolate, size_);
    std::memcpy(copy->GetBackingStore()->Data(), memory_.get(), size_);
    OPENSSL_cleanse(memory_.get(), size_);
    return copy;
  }
  return v8::ArrayBuffer::New(
      isolate, v8::ArrayBuffer::NewBackingStore(
                   memory_.release(), size_, [](void* memory, size_t, void*) { std::free(memory); },
                   nullptr));
}

const EVP_MD* digest_named(const std::string& name) {
  // Fetched once: a lookup by name takes longer than the digest of a short text.
  static const EVP_MD* const MD5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static const EVP_MD* const SHA1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const SHA256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const SHA384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  static const EVP_MD* const SHA512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  const EVP_MD* const digest = name == "SHA-256"   ? SHA256
                               : name == "SHA-1"   ? SHA1
                               : name == "SHA-384" ? SHA384
                               : name == "SHA-512" ? SHA512
                               : name == "MD5"     ? MD5
                                                   : nullptr;
  if (digest == nullptr) throw std::invalid_argument("there is no digest named " + name);
  return digest;
}

const EVP_MD* digest_argument(engine::Call call, int index) {
  return digest_named(engine::to_utf8(call.GetIsolate(), call[index]));
}

void refuse() {
  ERR_clear_error();
}

void return_key(engine::Call call, EvpKey key) {
  if (key == nullptr) return refuse();
  call.GetReturnValue().Set(engine::Isolate::from(call).state<NativeObjects>().wrap(
      std::make_unique<AsymmetricKey>(std::move(key))));
}

BigNumber to_number(std::span<const uint8_t> bytes) {
  BigNumber number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (number == nullptr) throw std::bad_alloc();
  return number;
}

}  // namespace cwrangler::web
