// The content types under which modules are uploaded.

#pragma once

#include <optional>
#include <string_view>

#include "base/worker_config.h"

namespace cwrangler::edge {

inline constexpr std::string_view kPythonModule = "text/x-python";
inline constexpr std::string_view kJavaScriptModule = "application/javascript+module";
/// Of JavaScript that was made of something else: no module.
inline constexpr std::string_view kSourceMap = "application/source-map";

/// Nothing for a type that no module has.
inline std::optional<ModuleType> module_type_of(std::string_view content_type) {
  if (content_type == kPythonModule) return ModuleType::python;
  if (content_type == "text/plain") return ModuleType::text;
  if (content_type == "application/octet-stream") return ModuleType::data;
  if (content_type == "application/json") return ModuleType::json;
  if (content_type == kJavaScriptModule) return ModuleType::esm;
  if (content_type == "application/javascript") return ModuleType::commonjs;
  if (content_type == "application/wasm") return ModuleType::wasm;
  return std::nullopt;
}

}  // namespace cwrangler::edge
