#include "runtime/engine/code_files.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <v8.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <atomic>
#include <cstring>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/files.h"
#include "base/private_file.h"

namespace cwrangler::engine {
namespace {

namespace fs = std::filesystem;

/// Before the code in its file. The digest finds what a crash or a disk has done to the file, which
/// V8 would run.
struct Header {
  std::array<char, 8> magic;
  uint64_t digest;  ///< XXH3 of the code
};
constexpr std::array<char, 8> kMagic{'C', 'W', 'W', 'C', 'O', 'D', 'E', '1'};

fs::path path_of(const fs::path& folder, const std::string& key, std::string_view extension) {
  return folder / (key + "-" + v8::V8::GetVersion()).append(extension);
}

/// The code in the file; nothing when there is none that can be trusted.
std::optional<std::string> read_code(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !is_private(status)) return std::nullopt;
  std::string content;
  try {
    content = read_file(path);
  } catch (const Error& error) {
    spdlog::debug("{}", error.what());
    return std::nullopt;
  }
  Header header;
  if (content.size() <= sizeof(header)) return std::nullopt;
  std::memcpy(&header, content.data(), sizeof(header));
  content.erase(0, sizeof(header));
  if (header.magic != kMagic || header.digest != XXH3_64bits(content.data(), content.size())) {
    spdlog::debug("{} is damaged, and is not used", path.string());
    return std::nullopt;
  }
  return content;
}

/// Looking through the folder takes as long as to write some files: not before each of them.
bool is_time_for_room() {
  constexpr unsigned kInterval = 64;
  static std::atomic<unsigned> writes{0};
  return writes.fetch_add(1, std::memory_order_relaxed) % kInterval == 0;
}

}  // namespace

bool CodeFiles::contains(const std::string& key, std::string_view extension) const {
  std::error_code failed;
  for (const fs::path& folder : {folders_.own, folders_.installed}) {
    if (!folder.empty() && fs::exists(path_of(folder, key, extension), failed)) return true;
  }
  return false;
}

bool CodeFiles::read(const std::string& key, std::string_view extension,
                     const std::function<bool(std::string code)>& use) const {
  for (const fs::path& folder : {folders_.own, folders_.installed}) {
    if (folder.empty()) continue;
    const fs::path path = path_of(folder, key, extension);
    std::optional<std::string> code = read_code(path);
    if (!code) continue;
    if (use(std::move(*code))) {
      if (folder == folders_.own) mark_used(path);
      return true;
    }
    spdlog::debug("{} is of no use here", path.string());
    // Another build has made it. That it is looked at by each start costs more than to make it
    // anew.
    std::error_code failed;
    if (folder == folders_.own) fs::remove(path, failed);
  }
  return false;
}

void CodeFiles::write(const std::string& key, std::string_view extension,
                      std::span<const uint8_t> code) const {
  const fs::path path = path_of(folders_.own, key, extension);
  const Header header{kMagic, XXH3_64bits(code.data(), code.size())};
  std::string content(sizeof(header) + code.size(), '\0');
  std::memcpy(content.data(), &header, sizeof(header));
  std::memcpy(content.data() + sizeof(header), code.data(), code.size());
  try {
    fs::create_directories(path.parent_path());
    fs::permissions(path.parent_path(), fs::perms::owner_all);
    if (is_time_for_room()) make_room(path.parent_path(), code_cache_limit());
    write_file_atomically(path, content, 0600, Flush::no);
    spdlog::debug("kept {} bytes of compiled code in {}", code.size(), path.string());
  } catch (const std::exception& error) {
    spdlog::debug("the compiled code could not be kept: {}", error.what());
  }
}

}  // namespace cwrangler::engine
