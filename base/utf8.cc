#include "base/utf8.h"

namespace cwrangler {

size_t first_invalid_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    size_t length = 0;
    unsigned char lowest = 0x80;  // of the second byte
    unsigned char highest = 0xbf;
    if (lead < 0x80) {
      length = 1;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      length = 2;
    } else if ((lead & 0xf0) == 0xe0) {
      length = 3;
      if (lead == 0xe0) lowest = 0xa0;
      if (lead == 0xed) highest = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      length = 4;
      if (lead == 0xf0) lowest = 0x90;
      if (lead == 0xf4) highest = 0x8f;
    }
    if (length == 0 || at + length > text.size()) return at;
    for (size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if (byte < lowest || byte > highest) return at;
      lowest = 0x80;
      highest = 0xbf;
    }
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace cwrangler
