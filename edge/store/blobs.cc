#include "edge/store/blobs.h"

#include <openssl/sha.h>

#include <array>

#include "base/files.h"
#include "base/hex.h"

namespace cwrangler::edge {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex(digest);
}

Blobs::Blobs(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
}

std::string Blobs::keep(std::string_view content) {
  const std::string name = sha256_hex(content);
  const std::filesystem::path file = path(name);
  std::error_code missing;
  if (std::filesystem::file_size(file, missing) == content.size() && !missing) return name;
  std::filesystem::create_directories(file.parent_path());
  write_file_atomically(file, content, 0600);
  return name;
}

std::filesystem::path Blobs::path(const std::string& name) const {
  return folder_ / name.substr(0, 2) / name.substr(2);
}

void Blobs::sweep(const std::set<std::string, std::less<>>& used) {
  for (const auto& folder : std::filesystem::directory_iterator(folder_)) {
    if (!folder.is_directory()) continue;
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
      const std::string name = folder.path().filename().string() + file.path().filename().string();
      if (!used.contains(name)) std::filesystem::remove(file.path());
    }
  }
}

}  // namespace cwrangler::edge
