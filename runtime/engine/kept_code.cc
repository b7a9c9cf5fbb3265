#include "runtime/engine/kept_code.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/digest.h"

namespace cwrangler::engine {
namespace {

constexpr std::string_view kExtension = ".kept";

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::optional<std::string> KeptCode::find(const std::string& key) {
  const std::string digest = hex_digest(bytes_of(key));
  {
    const std::lock_guard lock(mutex_);
    const auto found = new_.find(digest);
    if (found != new_.end()) return found->second;
  }
  std::optional<std::string> code;
  files_.read(digest, kExtension, [&](std::string content) {
    code = std::move(content);
    return true;
  });
  return code;
}

void KeptCode::keep(const std::string& key, std::string code) {
  if (!files_.can_write()) return;
  const std::lock_guard lock(mutex_);
  new_.insert_or_assign(hex_digest(bytes_of(key)), std::move(code));
}

void KeptCode::save() {
  std::map<std::string, std::string> found;
  {
    const std::lock_guard lock(mutex_);
    found.swap(new_);
  }
  for (const auto& [digest, code] : found) files_.write(digest, kExtension, bytes_of(code));
}

}  // namespace cwrangler::engine
