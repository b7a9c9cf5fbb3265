// Text of protocols and configurations, whose letters are ASCII's.

#pragma once

#include <algorithm>
#include <string>

namespace cwrangler {

/// Not std::tolower: the answer must not depend on the process's locale.
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `text` with its ASCII letters in lower case.
inline std::string ascii_lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return ascii_lower(c); });
  return text;
}

}  // namespace cwrangler
