#include "storage/checksums.h"

// The low-level digests of libcrypto: all that a static link takes of it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <string>

#include "base/error.h"

namespace cwrangler::storage {
namespace {

template <class Context, int (*init)(Context*), int (*update)(Context*, const void*, size_t),
          int (*final)(unsigned char*, Context*), size_t length>
class Algorithm : public Checksum {
 public:
  Algorithm() { init(&context_); }
  void add(std::span<const uint8_t> bytes) override {
    update(&context_, bytes.data(), bytes.size());
  }
  std::vector<uint8_t> finish() override {
    std::vector<uint8_t> digest(length);
    final(digest.data(), &context_);
    return digest;
  }

 private:
  Context context_;
};

using Md5 = Algorithm<MD5_CTX, MD5_Init, MD5_Update, MD5_Final, MD5_DIGEST_LENGTH>;
using Sha1 = Algorithm<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final, SHA_DIGEST_LENGTH>;
using Sha256 =
    Algorithm<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final, SHA256_DIGEST_LENGTH>;
using Sha384 =
    Algorithm<SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final, SHA384_DIGEST_LENGTH>;
using Sha512 =
    Algorithm<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final, SHA512_DIGEST_LENGTH>;

}  // namespace

std::unique_ptr<Checksum> make_checksum(std::string_view name) {
  if (name == "md5") return std::make_unique<Md5>();
  if (name == "sha1") return std::make_unique<Sha1>();
  if (name == "sha256") return std::make_unique<Sha256>();
  if (name == "sha384") return std::make_unique<Sha384>();
  if (name == "sha512") return std::make_unique<Sha512>();
  throw Error("there is no checksum \"" + std::string(name) + "\"");
}

}  // namespace cwrangler::storage
