// AES in its modes: https://w3c.github.io/webcrypto/#aes-cbc and those beside it. Sizes and ranges
// are checked by js/crypto/aes.js; each op returns undefined when OpenSSL refuses, as it does for a
// wrong tag or padding.

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "runtime/web/crypto/op_tables.h"
#include "runtime/web/crypto/openssl.h"

namespace cwrangler::web {
namespace {

constexpr size_t BLOCK = 16;  // bytes
/// What AES-KW adds: its integrity check.
constexpr size_t WRAP_OVERHEAD = 8;
/// EVP_CipherUpdate() counts with int.
constexpr size_t PIECE = size_t{1} << 30;

__extension__ typedef unsigned __int128 Counter;

enum class Mode { cbc, ctr, gcm, wrap };
enum class Direction { decrypt = 0, encrypt = 1 };

/// The cipher for a key's size; nullptr for a size that AES does not have.
const EVP_CIPHER* cipher_of(Mode mode, size_t key_size) {
  static const auto CIPHERS = [] {
    std::array<std::array<EVP_CIPHER*, 3>, 4> ciphers{};
    const char* const names[] = {"CBC", "CTR", "GCM", "WRAP"};
    for (size_t row = 0; row < ciphers.size(); ++row) {
      for (size_t size = 0; size < 3; ++size) {
        const std::string name = "AES-" + std::to_string(128 + 64 * size) + "-" + names[row];
        ciphers[row][size] = EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr);
      }
    }
    return ciphers;
  }();
  if (key_size != 16 && key_size != 24 && key_size != 32) return nullptr;
  return CIPHERS[static_cast<size_t>(mode)][key_size / 8 - 2];
}

/// One encryption or decryption. Every method is false when OpenSSL refuses.
class Cipher {
 public:
  Cipher() : context_(EVP_CIPHER_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
    EVP_CIPHER_CTX_set_flags(context_.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  }

  bool start(Mode mode, Direction direction, std::span<const uint8_t> key,
             std::span<const uint8_t> iv) {
    const EVP_CIPHER* const cipher = cipher_of(mode, key.size());
    const int encrypt = static_cast<int>(direction);
    if (cipher == nullptr ||
        EVP_CipherInit_ex2(context_.get(), cipher, nullptr, nullptr, encrypt, nullptr) != 1) {
      return false;
    }
    if (mode == Mode::gcm && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_IVLEN,
                                                 static_cast<int>(iv.size()), nullptr) != 1) {
      return false;
    }
    return EVP_CipherInit_ex2(context_.get(), nullptr, key.data(), iv.empty() ? nullptr : iv.data(),
                              encrypt, nullptr) == 1;
  }

  bool authenticate(std::span<const uint8_t> additional_data) {
    return update(additional_data, nullptr);
  }

  /// Appends to what was written. `output` null: the bytes are only authenticated.
  bool update(std::span<const uint8_t> input, uint8_t* output) {
    while (!input.empty()) {
      const auto piece = input.first(std::min(input.size(), PIECE));
      int length = 0;
      if (EVP_CipherUpdate(context_.get(), output == nullptr ? nullptr : output + written_, &length,
                           piece.data(), static_cast<int>(piece.size())) != 1) {
        return false;
      }
      if (output != nullptr) written_ += static_cast<size_t>(length);
      input = input.subspan(piece.size());
    }
    return true;
  }

  bool finish(uint8_t* output) {
    int length = 0;
    if (EVP_CipherFinal_ex(context_.get(), output + written_, &length) != 1) return false;
    written_ += static_cast<size_t>(length);
    return true;
  }

  bool take_tag(std::span<uint8_t> tag) {
    return EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                               tag.data()) == 1;
  }
  bool expect_tag(std::span<const uint8_t> tag) {
    return EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                               const_cast<uint8_t*>(tag.data())) == 1;
  }

  size_t written() const { return written_; }

 private:
  EvpCipherContext context_;
  size_t written_ = 0;
};

std::span<const uint8_t> key_argument(engine::Call call, int index) {
  return NativeObjects::unwrap<SecretKey>(call[index]).bytes();
}

Direction direction_argument(engine::Call call, int index) {
  return call[index]->IsTrue() ? Direction::encrypt : Direction::decrypt;
}

void return_bytes(engine::Call call, ResultBytes result, size_t size) {
  result.shrink(size);
  call.GetReturnValue().Set(std::move(result).to_array_buffer(call.GetIsolate()));
}

/// aesCbc(encrypt, key, iv, bytes) → ArrayBuffer
void aes_cbc(engine::Call call) {
  const std::span<const uint8_t> bytes = engine::bytes_of(call[3]);
  ResultBytes result(bytes.size() + BLOCK);
  Cipher cipher;
  if (!cipher.start(Mode::cbc, direction_argument(call, 0), key_argument(call, 1),
                    engine::bytes_of(call[2])) ||
      !cipher.update(bytes, result.data()) || !cipher.finish(result.data())) {
    return refuse();
  }
  return_bytes(call, std::move(result), cipher.written());
}

/// The counter block's low bits as a number, which wraps at 2 to the power of `bits`.
struct WrappingCounter {
  Counter value = 0;
  Counter mask = 0;

  WrappingCounter(std::span<const uint8_t> block, unsigned bits)
      : mask(bits == 128 ? ~Counter{0} : (Counter{1} << bits) - 1) {
    for (const uint8_t byte : block) value = value << 8 | byte;
    value &= mask;
  }

  /// How many blocks there are before it starts again at zero.
  uint64_t blocks_to_wrap() const {
    const Counter left = mask - value;  // one less, so that all of 128 bits fit
    return left >= UINT64_MAX ? UINT64_MAX : static_cast<uint64_t>(left) + 1;
  }
  bool has_values_for(uint64_t blocks) const { return blocks == 0 || blocks - 1 <= mask; }
};

/// The counter block after a wrap: its low bits are zero.
std::array<uint8_t, BLOCK> wrapped(std::span<const uint8_t> block, unsigned bits) {
  std::array<uint8_t, BLOCK> result{};
  std::copy_n(block.begin(), BLOCK, result.begin());
  for (unsigned bit = 0; bit < bits; ++bit) {
    result[BLOCK - 1 - bit / 8] &= static_cast<uint8_t>(~(1U << bit % 8));
  }
  return result;
}

/// aesCtr(key, counter block, counter's bits, bytes) → ArrayBuffer. OpenSSL counts with all of the
/// block; WebCrypto's counter may be a part of it and wraps there.
void aes_ctr(engine::Call call) {
  const std::span<const uint8_t> key = key_argument(call, 0);
  const std::span<const uint8_t> block = engine::bytes_of(call[1]);
  const auto bits = static_cast<unsigned>(call[2].As<v8::Number>()->Value());
  const std::span<const uint8_t> bytes = engine::bytes_of(call[3]);
  const WrappingCounter counter(block, bits);
  const uint64_t blocks = bytes.size() / BLOCK + (bytes.size() % BLOCK != 0 ? 1 : 0);
  if (!counter.has_values_for(blocks)) return refuse();
  const size_t before_wrap = blocks <= counter.blocks_to_wrap()
                                 ? bytes.size()
                                 : static_cast<size_t>(counter.blocks_to_wrap() * BLOCK);
  ResultBytes result(bytes.size());
  Cipher first;
  if (!first.start(Mode::ctr, Direction::encrypt, key, block) ||
      !first.update(bytes.first(before_wrap), result.data())) {
    return refuse();
  }
  if (before_wrap < bytes.size()) {
    Cipher second;
    if (!second.start(Mode::ctr, Direction::encrypt, key, wrapped(block, bits)) ||
        !second.update(bytes.subspan(before_wrap), result.data() + before_wrap)) {
      return refuse();
    }
  }
  return_bytes(call, std::move(result), bytes.size());
}

/// aesGcmEncrypt(key, iv, additional data, tag's bytes, bytes) → ArrayBuffer, the tag at its end
void aes_gcm_encrypt(engine::Call call) {
  const auto tag_size = static_cast<size_t>(call[3].As<v8::Number>()->Value());
  const std::span<const uint8_t> bytes = engine::bytes_of(call[4]);
  ResultBytes result(bytes.size() + tag_size);
  Cipher cipher;
  if (!cipher.start(Mode::gcm, Direction::encrypt, key_argument(call, 0),
                    engine::bytes_of(call[1])) ||
      !cipher.authenticate(engine::bytes_of(call[2])) || !cipher.update(bytes, result.data()) ||
      !cipher.finish(result.data()) || !cipher.take_tag({result.data() + bytes.size(), tag_size})) {
    return refuse();
  }
  return_bytes(call, std::move(result), bytes.size() + tag_size);
}

/// aesGcmDecrypt(key, iv, additional data, tag's bytes, bytes with the tag at their end) →
/// ArrayBuffer
void aes_gcm_decrypt(engine::Call call) {
  const auto tag_size = static_cast<size_t>(call[3].As<v8::Number>()->Value());
  const std::span<const uint8_t> bytes = engine::bytes_of(call[4]);
  if (bytes.size() < tag_size) return refuse();
  const std::span<const uint8_t> text = bytes.first(bytes.size() - tag_size);
  ResultBytes result(text.size());
  Cipher cipher;
  if (!cipher.start(Mode::gcm, Direction::decrypt, key_argument(call, 0),
                    engine::bytes_of(call[1])) ||
      !cipher.authenticate(engine::bytes_of(call[2])) || !cipher.update(text, result.data()) ||
      !cipher.expect_tag(bytes.last(tag_size)) || !cipher.finish(result.data())) {
    return refuse();
  }
  return_bytes(call, std::move(result), text.size());
}

/// aesKeyWrap(wrap, key, bytes) → ArrayBuffer: RFC 3394
void aes_key_wrap(engine::Call call) {
  const Direction direction = direction_argument(call, 0);
  const std::span<const uint8_t> bytes = engine::bytes_of(call[2]);
  if (bytes.size() > PIECE) return refuse();
  ResultBytes result(bytes.size() + 2 * WRAP_OVERHEAD);
  Cipher cipher;
  if (!cipher.start(Mode::wrap, direction, key_argument(call, 1), {}) ||
      !cipher.update(bytes, result.data())) {
    return refuse();
  }
  return_bytes(call, std::move(result), cipher.written());
}

}  // namespace

std::span<const engine::Op> cipher_ops() {
  static constexpr engine::Op OPS[] = {
      {"aesCbc", engine::op<aes_cbc>},
      {"aesCtr", engine::op<aes_ctr>},
      {"aesGcmEncrypt", engine::op<aes_gcm_encrypt>},
      {"aesGcmDecrypt", engine::op<aes_gcm_decrypt>},
      {"aesKeyWrap", engine::op<aes_key_wrap>},
  };
  return OPS;
}

}  // namespace cwrangler::web
