#include "runtime/web/base64.h"

#include <array>

namespace cwrangler::web {
namespace {

constexpr std::string_view ALPHABET =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t SPACE = 64;
constexpr uint8_t BAD = 65;

/// What each byte stands for: 0-63, SPACE or BAD.
constexpr std::array<uint8_t, 256> VALUES = [] {
  std::array<uint8_t, 256> values{};
  values.fill(BAD);
  for (size_t i = 0; i < ALPHABET.size(); ++i) {
    values[static_cast<uint8_t>(ALPHABET[i])] = static_cast<uint8_t>(i);
  }
  for (const char space : {' ', '\t', '\n', '\f', '\r'})
    values[static_cast<uint8_t>(space)] = SPACE;
  return values;
}();

bool is_space(char c) {
  return VALUES[static_cast<uint8_t>(c)] == SPACE;
}

/// Takes white space and at most two "=" off the end. Returns how many "=".
size_t strip_padding(std::string_view& text) {
  size_t padding = 0;
  while (!text.empty()) {
    if (text.back() == '=' && padding < 2) {
      ++padding;
    } else if (!is_space(text.back())) {
      break;
    }
    text.remove_suffix(1);
  }
  return padding;
}

}  // namespace

std::string base64_encode(std::span<const uint8_t> bytes) {
  std::string text;
  text.resize((bytes.size() + 2) / 3 * 4);
  char* out = text.data();
  size_t i = 0;
  for (; i + 2 < bytes.size(); i += 3) {
    const uint32_t group = uint32_t{bytes[i]} << 16 | uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
    *out++ = ALPHABET[group >> 18];
    *out++ = ALPHABET[group >> 12 & 63];
    *out++ = ALPHABET[group >> 6 & 63];
    *out++ = ALPHABET[group & 63];
  }
  if (i < bytes.size()) {
    const bool two = i + 1 < bytes.size();
    const uint32_t group = uint32_t{bytes[i]} << 16 | (two ? uint32_t{bytes[i + 1]} << 8 : 0);
    *out++ = ALPHABET[group >> 18];
    *out++ = ALPHABET[group >> 12 & 63];
    *out++ = two ? ALPHABET[group >> 6 & 63] : '=';
    *out++ = '=';
  }
  return text;
}

std::optional<std::vector<uint8_t>> base64_decode_forgiving(std::string_view text) {
  const size_t padding = strip_padding(text);
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() * 3 / 4 + 2);
  uint32_t group = 0;
  size_t count = 0;
  for (const char c : text) {
    const uint8_t value = VALUES[static_cast<uint8_t>(c)];
    if (value == SPACE) continue;
    if (value == BAD) return std::nullopt;
    group = group << 6 | value;
    if (++count % 4 == 0) {
      bytes.push_back(static_cast<uint8_t>(group >> 16));
      bytes.push_back(static_cast<uint8_t>(group >> 8));
      bytes.push_back(static_cast<uint8_t>(group));
      group = 0;
    }
  }
  // Padding only counts where it completes a group; one character alone holds no byte.
  if (count % 4 == 1 || (padding > 0 && (count + padding) % 4 != 0)) return std::nullopt;
  if (count % 4 >= 2) bytes.push_back(static_cast<uint8_t>(group >> (count % 4 == 2 ? 4 : 10)));
  if (count % 4 == 3) bytes.push_back(static_cast<uint8_t>(group >> 2));
  return bytes;
}

}  // namespace cwrangler::web
