// Files that are part of the executable (cmake/Embed.cmake).

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

/// Declares what `cwrangler_embed(target name file)` defines, as `embedded_NAME()`.
#define CWRANGLER_EMBEDDED(name)                                         \
  extern "C" const char cwrangler_embedded_##name[];                     \
  extern "C" const char cwrangler_embedded_##name##_end[];               \
  inline std::span<const char> embedded_##name() {                       \
    return {cwrangler_embedded_##name, cwrangler_embedded_##name##_end}; \
  }                                                                      \
  static_assert(true, "")
