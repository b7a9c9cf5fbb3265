#include "edge/store/seal.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <memory>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"

namespace cwrangler::edge {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void check(int result) {
  if (result != 1) throw Error("OpenSSL refused to seal or open a secret");
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<size_t>(
      ::EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()))));
  return text;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string from_base64(std::string_view text) {
  std::string digits(text);
  while (digits.ends_with('=')) digits.pop_back();
  const size_t missing = (4 - digits.size() % 4) % 4;
  for (char& c : digits) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    // What the decoder would skip.
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') throw Error("this is no base64");
  }
  digits.append(missing, '=');
  std::string bytes(digits.size() / 4 * 3 + 1, '\0');
  const int length =
      ::EVP_DecodeBlock(bytes_of(bytes), bytes_of(digits), static_cast<int>(digits.size()));
  if (missing == 3 || length < 0) throw Error("this is no base64");
  bytes.resize(static_cast<size_t>(length) - missing);
  return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Seal::Seal(const std::filesystem::path& key_file) {
  const std::string activity = "reading the key of secrets, " + key_file.string();
  struct stat status {};
  if (::stat(key_file.c_str(), &status) != 0) {
    if (errno != ENOENT) throw system_error(activity);
    if (::RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
      throw Error("the system has no random bytes").while_doing("making a key for secrets");
    }
    write_file_atomically(
        key_file, std::string_view(reinterpret_cast<const char*>(key_.data()), key_.size()), 0600);
    return;
  }
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0) {
    throw Error("other users may read it, or write it")
        .while_doing(activity)
        .hint("chmod 600 " + key_file.string());
  }
  std::string content = read_file(key_file);
  if (content.size() != key_.size()) {
    throw Error("it holds no key of 32 bytes")
        .while_doing(activity)
        .hint("Put back the key that belongs to this folder; without it its secrets are lost.");
  }
  std::copy(content.begin(), content.end(), key_.begin());
  ::OPENSSL_cleanse(content.data(), content.size());
}

Seal::~Seal() {
  ::OPENSSL_cleanse(key_.data(), key_.size());
}

std::string Seal::close(std::string_view text, std::string_view context) const {
  std::string sealed(kNonceBytes + kTagBytes + text.size(), '\0');
  unsigned char* const nonce = bytes_of(sealed);
  unsigned char* const tag = nonce + kNonceBytes;
  if (::RAND_bytes(nonce, kNonceBytes) != 1) throw Error("the system has no random bytes");
  const Cipher cipher(::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free);
  int length = 0;
  check(::EVP_EncryptInit_ex(cipher.get(), ::EVP_aes_256_gcm(), nullptr, key_.data(), nonce));
  check(::EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context),
                            static_cast<int>(context.size())));
  check(::EVP_EncryptUpdate(cipher.get(), tag + kTagBytes, &length, bytes_of(text),
                            static_cast<int>(text.size())));
  check(::EVP_EncryptFinal_ex(cipher.get(), tag + kTagBytes + length, &length));
  check(::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag));
  return to_base64(sealed);
}

std::string Seal::open(std::string_view sealed_text, std::string_view context) const {
  std::string sealed = from_base64(sealed_text);
  if (sealed.size() < kNonceBytes + kTagBytes) throw Error("this is no sealed secret");
  unsigned char* const nonce = bytes_of(sealed);
  unsigned char* const tag = nonce + kNonceBytes;
  std::string text(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const Cipher cipher(::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free);
  int length = 0;
  check(::EVP_DecryptInit_ex(cipher.get(), ::EVP_aes_256_gcm(), nullptr, key_.data(), nonce));
  check(::EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context),
                            static_cast<int>(context.size())));
  check(::EVP_DecryptUpdate(cipher.get(), bytes_of(text), &length, tag + kTagBytes,
                            static_cast<int>(text.size())));
  check(::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag));
  if (::EVP_DecryptFinal_ex(cipher.get(), bytes_of(text) + length, &length) != 1) {
    throw Error("a secret was sealed with another key, or has been changed")
        .hint("The key file and the database belong together: restore both from one backup.");
  }
  return text;
}

std::string Seal::sign(std::string_view purpose, std::string_view text) const {
  std::string input(purpose);
  input += '\0';
  input += text;
  std::array<unsigned char, 32> derived;
  std::array<unsigned char, 32> signature;
  unsigned length = 0;
  constexpr std::string_view kSigning = "cwrangler edge: signing";
  ::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes_of(kSigning),
         kSigning.size(), derived.data(), &length);
  ::HMAC(::EVP_sha256(), derived.data(), static_cast<int>(derived.size()), bytes_of(input),
         input.size(), signature.data(), &length);
  return base64url({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

}  // namespace cwrangler::edge
